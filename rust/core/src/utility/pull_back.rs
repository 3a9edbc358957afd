//! From a gradient on the utility table to one in the coefficients: features transposed times the table.

use std::ops::Range;

use super::row_sums::{WeightedRows, prefetch, rows_at_once};
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix};
use crate::memory::{filled, product, room};
use crate::outer_products::SIDE;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Items that a thread takes at a time.
const ITEMS_PER_TASK: usize = 4096;

/// `of_tableᵀ · features`, `(n_classes, d)`, summed in float64; rows of `of_table` that are zero are not read.
///
/// # Errors
/// Refuses a table that has not one row an item.
pub fn linear_pull_back<E: Element>(
    features: Matrix<'_, E>,
    of_table: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let (n_items, d) = (features.n_rows(), features.n_columns());
    let n_classes = of_table.n_columns();
    ensure(of_table.n_rows() == n_items && n_classes > 0, || {
        let n_rows = of_table.n_rows();
        format!(
            "of_table must have a row for each of {n_items} items and a column a class, not shape ({n_rows}, {n_classes})"
        )
    })?;
    let n_panels = d.div_ceil(SIDE);
    let n_sums = product([n_classes, n_panels])?;
    let mut total = filled([0.0; SIDE], n_sums)?;
    let tasks = (0..n_items)
        .step_by(ITEMS_PER_TASK)
        .map(|first| first..n_items.min(first + ITEMS_PER_TASK));
    let work = |items: Range<usize>| {
        let mut sums = filled([0.0; SIDE], n_sums)?;
        vectorize(Task {
            features: features.part(items.clone()),
            of_table: of_table.part(items),
            sums: &mut sums,
        })?;
        Ok(sums)
    };
    workers.fold(tasks, work, |sums| {
        let terms = sums.as_flattened();
        let total = total.as_flattened_mut().iter_mut();
        total.zip(terms).for_each(|(sum, term)| *sum += term);
    })?;
    let mut out = room(n_classes * d)?;
    for panels in total.chunks_exact(n_panels.max(1)) {
        out.extend_from_slice(&panels.as_flattened()[..d]);
    }
    Ok(out)
}

struct Task<'a, E> {
    features: Matrix<'a, E>,
    of_table: Matrix<'a, f64>,
    sums: &'a mut [[f64; SIDE]],
}

impl<E: Element> Vectorized for Task<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            features,
            of_table,
            sums,
        } = self;
        let n_classes = of_table.n_columns();
        let at_once = rows_at_once::<E>(features.n_columns()).min(features.n_rows());
        let mut rows = room(at_once)?;
        let mut weights = room(product([at_once, n_classes])?)?;
        for item in 0..features.n_rows() {
            let row = of_table.row(item);
            if row.iter().any(|weight| *weight != 0.0) {
                prefetch::<T, E>(features.row(item));
                rows.push(item as i32);
                weights.extend_from_slice(row);
            }
            if rows.len() == at_once || item + 1 == features.n_rows() {
                WeightedRows {
                    features,
                    rows: &rows,
                    weights: &weights,
                    n_classes,
                }
                .add::<T>(0..n_classes, sums);
                rows.clear();
                weights.clear();
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_product_on_any_number_of_threads() {
        for (n, d, n_classes) in [
            (1, 1, 1),
            (3, 8, 7),
            (900, 19, 5),
            (9000, 3, 2),
            (60, 700, 13),
        ] {
            let features: Vec<f32> = (0..n * d).map(|at| (at % 13) as f32 - 6.0).collect();
            let table: Vec<f64> = (0..n * n_classes)
                .map(|at| {
                    if at / n_classes % 3 == 1 {
                        0.0
                    } else {
                        (at % 7) as f64 - 2.5
                    }
                })
                .collect();
            let x = Matrix::new(&features, n, d).unwrap();
            let g = Matrix::new(&table, n, n_classes).unwrap();
            let out = linear_pull_back(x, g, &Workers::serial()).unwrap();
            for class in 0..n_classes {
                for j in 0..d {
                    let exact: f64 = (0..n)
                        .map(|i| f64::from(x.row(i)[j]) * g.row(i)[class])
                        .sum();
                    assert!((out[class * d + j] - exact).abs() < 1e-8);
                }
            }
            let on_three = linear_pull_back(x, g, &Workers::new(3, &|| false)).unwrap();
            assert_eq!(out, on_three);
        }
    }

    #[test]
    fn rows_of_zeros_are_not_read() {
        let x = Matrix::new(&[f32::NAN, 1.0, 2.0], 3, 1).unwrap();
        let g = Matrix::new(&[0.0, 3.0, 0.5], 3, 1).unwrap();
        let out = linear_pull_back(x, g, &Workers::serial()).unwrap();
        assert_eq!(out, [4.0]);
    }
}
