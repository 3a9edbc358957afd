//! How far the row that is worst off in each pool is from the nearest selected one.

use std::ops::Range;

use super::super::real::Embedding;
use super::figure::{Figure, figures};
use super::measure::Measure;
use super::nearest::{Nearest, ROWS, Scratch};
use super::pieces::{ROWS_PER_TASK, check_groups};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};
use crate::parallel::Workers;
use crate::simd::Target;

/// The largest distance of a row of each pool to the nearest of the rows selected from it: the squared distance, or 1 − cosine.
///
/// Pool `p` holds the rows `offsets[p]..offsets[p + 1]`, and of these `selected[selected_offsets[p]..selected_offsets[p + 1]]`
/// are selected. Rows whose distance might be the largest are compared in float64.
///
/// # Errors
/// Refuses selected rows outside their pool, pools without one, NaN and infinity, and rows of zeros where a direction counts.
pub fn coverage<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: &[i64],
    selected: &[i64],
    selected_offsets: &[i64],
    measure: Measure,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let n_pools = check_groups(x, offsets)?;
    let n_selections = check_offsets("selected_offsets", selected_offsets, selected.len())?;
    ensure(n_selections == n_pools, || {
        format!("selected_offsets must be as long as offsets: {n_selections} pools, not {n_pools}")
    })?;
    for p in 0..n_pools {
        let (rows, of_pool) = (group(offsets, p), group(selected_offsets, p));
        ensure(!of_pool.is_empty(), || {
            format!("every pool needs a selected row: pool {p} has none")
        })?;
        for at in of_pool {
            let row = selected[at];
            ensure(
                usize::try_from(row).is_ok_and(|row| rows.contains(&row)),
                || {
                    format!(
                        "selected rows must be of their pool: selected[{at}]={row} is not of pool {p}"
                    )
                },
            )?;
        }
    }
    let coverage = Coverage {
        nearest: Nearest::new(x, measure),
        selected,
        selected_offsets,
    };
    figures(&coverage, offsets, workers)
}

struct Coverage<'a, E: Embedding> {
    nearest: Nearest<'a, E>,
    selected: &'a [i64],
    selected_offsets: &'a [i64],
}

/// Pairs that a thread compares at a time.
const COMPARED: usize = 1 << 22;

impl<E: Embedding> Figure for Coverage<'_, E> {
    type Part = f64;

    fn rows_at_a_time(&self, pool: usize) -> usize {
        (COMPARED / group(self.selected_offsets, pool).len().max(1)).clamp(ROWS, ROWS_PER_TASK)
    }

    #[inline(always)]
    fn part<T: Target>(&self, pool: usize, rows: Range<usize>) -> Result<f64> {
        let mut scratch = Scratch::default();
        let (mut selected, mut largest) = (None, 0.0);
        for first in rows.clone().step_by(ROWS) {
            let rows = first..rows.end.min(first + ROWS);
            let norms = self.nearest.squared_norms::<T>(rows.clone())?;
            let selected = match &mut selected {
                Some(selected) => selected,
                none => none.insert(self.nearest.gather::<T>(
                    &self.selected[group(self.selected_offsets, pool)],
                    &(rows.clone(), &norms),
                )?),
            };
            largest = self
                .nearest
                .largest::<T>((rows, &norms), selected, largest, &mut scratch)?;
        }
        Ok(largest)
    }

    fn join(first: &mut f64, after: f64) {
        *first = first.max(after);
    }

    fn finish(_: usize, whole: f64) -> f64 {
        whole
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found<E: Embedding>(
        x: &[E],
        n_columns: usize,
        (offsets, selected, selected_offsets): (&[i64], &[i64], &[i64]),
        measure: Measure,
    ) -> Result<Vec<f64>> {
        let x = Matrix::new(x, x.len() / n_columns, n_columns)?;
        let workers = Workers::new(2, &|| false);
        coverage(x, offsets, selected, selected_offsets, measure, &workers)
    }

    #[test]
    fn the_row_farthest_from_the_nearest_selected_one_counts() {
        let x = [0.0_f32, 1.0, 0.0, 3.0, 4.0, 3.0, 1.0, 1.0, 2.0, 2.0];
        let pools: (&[i64], &[i64], &[i64]) = (&[0, 3, 5], &[0, 1, 4], &[0, 2, 3]);
        let distances = found(&x, 2, pools, Measure::SquaredDistance).unwrap();
        assert_eq!(distances, [16.0, 2.0]);
        let cosines = found(&x, 2, pools, Measure::Cosine).unwrap();
        assert!((cosines[0] - 0.4).abs() < 1e-15);
        assert_eq!(cosines[1], 0.0);
    }

    #[test]
    fn a_large_pool_is_what_comparing_all_gives() {
        let (n, d) = (5000, 11);
        let x: Vec<f64> = (0..n * d)
            .map(|at| ((at * 7919) % 1009) as f64 - 500.0)
            .collect();
        let selected: Vec<i64> = (0..n as i64).step_by(31).collect();
        let offsets = ([0, n as i64], [0, selected.len() as i64]);
        let pools: (&[i64], &[i64], &[i64]) = (&offsets.0, &selected, &offsets.1);
        let row = |at: usize| &x[at * d..(at + 1) * d];
        let distances = |at: usize| {
            selected.iter().map(move |&other| {
                let pairs = row(at).iter().zip(row(other as usize));
                pairs.map(|(a, b)| (a - b) * (a - b)).sum::<f64>()
            })
        };
        let nearest = (0..n).map(|at| distances(at).fold(f64::INFINITY, f64::min));
        let expected = nearest.fold(0.0, f64::max);
        let out = found(&x, d, pools, Measure::SquaredDistance).unwrap();
        assert_eq!(out, [expected]);
        let long: Vec<f64> = x.iter().map(|value| value * 2.0_f64.powi(490)).collect();
        let out = found(&long, d, pools, Measure::SquaredDistance).unwrap();
        assert_eq!(out, [expected * 2.0_f64.powi(980)]);
    }

    #[test]
    fn selections_that_do_not_fit_are_named() {
        let refused = |selected: &[i64], selected_offsets: &[i64]| {
            let pools: (&[i64], &[i64], &[i64]) = (&[0, 2, 3], selected, selected_offsets);
            let found = found(&[1.0_f32, 2.0, 3.0], 1, pools, Measure::Cosine);
            found.unwrap_err().to_string()
        };
        assert_eq!(
            refused(&[0, 1], &[0, 1, 2]),
            "selected rows must be of their pool: selected[1]=1 is not of pool 1"
        );
        assert_eq!(
            refused(&[0, 1], &[0, 2, 2]),
            "every pool needs a selected row: pool 1 has none"
        );
        assert_eq!(
            refused(&[0], &[0, 1]),
            "selected_offsets must be as long as offsets: 1 pools, not 2"
        );
    }
}
