//! The score of each unit, an annotator or a judgement: its features times its residuals.

use std::ops::Range;

use super::row_sums::{WeightedRows, prefetch, rows_at_once};
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, check_offsets, group, runs_of_groups, split_rows};
use crate::memory::{filled, product, zeroed};
use crate::observation::check_rows;
use crate::outer_products::SIDE;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Values of features that a thread takes at a time.
const VALUES_PER_TASK: usize = 1 << 18;

/// Σ residuals[e, z] · features[items[e]] over the entries e of each unit h, `entry_offsets[h]..entry_offsets[h + 1]`:
/// `(n_units, n_classes, d)`, summed in float64.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn linear_scores<E: Element>(
    features: Matrix<'_, E>,
    items: &[i32],
    residuals: Matrix<'_, f64>,
    entry_offsets: &[i64],
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let n_units = check_offsets("entry_offsets", entry_offsets, items.len())?;
    let (n_classes, d) = (residuals.n_columns(), features.n_columns());
    ensure(residuals.n_rows() == items.len() && n_classes > 0, || {
        let (n_entries, n_rows) = (items.len(), residuals.n_rows());
        format!(
            "residuals must have a row for each of {n_entries} entries and a column a class, not shape ({n_rows}, {n_classes})"
        )
    })?;
    check_rows("items", items, features.n_rows(), 0)?;
    let mut out = zeroed(product([n_units, n_classes, d])?)?;
    let runs = runs_of_groups(entry_offsets, VALUES_PER_TASK.div_ceil(d.max(1)));
    let pieces = split_rows(&mut out, n_classes * d, &runs);
    workers.run(runs.iter().cloned().zip(pieces), |(units, out)| {
        vectorize(Task {
            features,
            items,
            residuals,
            entry_offsets,
            units,
            out,
        })
    })?;
    Ok(out)
}

struct Task<'a, E> {
    features: Matrix<'a, E>,
    items: &'a [i32],
    residuals: Matrix<'a, f64>,
    entry_offsets: &'a [i64],
    units: Range<usize>,
    out: &'a mut [f64],
}

impl<E: Element> Vectorized for Task<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let (n_classes, d) = (self.residuals.n_columns(), self.features.n_columns());
        if d == 0 {
            return Ok(());
        }
        let n_panels = d.div_ceil(SIDE);
        let mut sums = filled([0.0; SIDE], product([n_classes, n_panels])?)?;
        let at_once = rows_at_once::<E>(d);
        let end = self.entry_offsets[self.units.end] as usize;
        for (unit, out) in self.units.zip(self.out.chunks_exact_mut(n_classes * d)) {
            sums.fill([0.0; SIDE]);
            let entries = group(self.entry_offsets, unit);
            for first in entries.clone().step_by(at_once) {
                let last = entries.end.min(first + at_once);
                for &item in &self.items[last..end.min(2 * last - first)] {
                    prefetch::<T, E>(self.features.row(item as usize));
                }
                WeightedRows {
                    features: self.features,
                    rows: &self.items[first..last],
                    weights: self.residuals.rows(first..last),
                    n_classes,
                }
                .add::<T>(0..n_classes, &mut sums);
            }
            let classes = out.chunks_exact_mut(d);
            for (out, sums) in classes.zip(sums.chunks_exact(n_panels)) {
                out.copy_from_slice(&sums.as_flattened()[..d]);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_sums_over_the_entries_of_each_unit() {
        let offsets = [0, 2, 2, 5, 900, 904];
        for (d, n_classes) in [(1, 1), (8, 2), (19, 5), (130, 7)] {
            let features: Vec<f32> = (0..50 * d).map(|at| (at % 13) as f32 - 6.0).collect();
            let items: Vec<i32> = (0..904).map(|at| at * 7 % 50).collect();
            let residuals: Vec<f64> = (0..904 * n_classes)
                .map(|at| (at % 11) as f64 / 4.0 - 1.0)
                .collect();
            let x = Matrix::new(&features, 50, d).unwrap();
            let r = Matrix::new(&residuals, 904, n_classes).unwrap();
            let workers = Workers::new(2, &|| false);
            let out = linear_scores(x, &items, r, &offsets, &workers).unwrap();
            for unit in 0..5 {
                for class in 0..n_classes {
                    for j in 0..d {
                        let exact: f64 = group(&offsets, unit)
                            .map(|e| r.row(e)[class] * f64::from(x.row(items[e] as usize)[j]))
                            .sum();
                        let value = out[(unit * n_classes + class) * d + j];
                        assert!((value - exact).abs() < 1e-9);
                    }
                }
            }
        }
    }
}
