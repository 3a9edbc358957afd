//! Utilities linear in the features of an item: one dense product a pass, however many choice sets an item is in.

use super::products::{panels_of, utilities};
use super::row_sums::rows_at_once;
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, split_rows};
use crate::memory::{filled, gathered, product};
use crate::outer_products::SIDE;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Items that a thread takes at a time.
const ITEMS_PER_TASK: usize = 4096;

/// The utility table `features · coefᵀ`, `(n_items, n_classes)`, summed in float64.
///
/// # Errors
/// Refuses coefficients that are not one row a class and one column a feature.
pub fn linear_utility<E: Element>(
    features: Matrix<'_, E>,
    coef: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    ensure(
        coef.n_columns() == features.n_columns() && coef.n_rows() > 0,
        || {
            format!(
                "coef must have shape (n_classes, {}), not ({}, {})",
                features.n_columns(),
                coef.n_rows(),
                coef.n_columns()
            )
        },
    )?;
    let (n_items, n_classes) = (features.n_rows(), coef.n_rows());
    let mut out = filled(0.0, product([n_items, n_classes])?)?;
    let panels = panels_of(coef)?;
    let runs: Vec<_> = (0..n_items)
        .step_by(ITEMS_PER_TASK)
        .map(|first| first..n_items.min(first + ITEMS_PER_TASK))
        .collect();
    let pieces = split_rows(&mut out, n_classes, &runs);
    workers.run(runs.iter().cloned().zip(pieces), |(run, out)| {
        vectorize(Task {
            features: features.part(run),
            panels: &panels,
            n_classes,
            out,
        })
    })?;
    Ok(out)
}

struct Task<'a, E> {
    features: Matrix<'a, E>,
    panels: &'a [[f64; SIDE]],
    n_classes: usize,
    out: &'a mut [f64],
}

impl<E: Element> Vectorized for Task<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        // Few enough rows at a time that several groups of classes find them in the cache.
        let at_once = rows_at_once::<E>(self.features.n_columns()).min(self.features.n_rows());
        let items = gathered((0..self.features.n_rows()).map(|item| item as i32))?;
        let outs = self.out.chunks_mut((at_once * self.n_classes).max(1));
        for (items, out) in items.chunks(at_once.max(1)).zip(outs) {
            utilities::<T, E>(self.features, items, self.panels, self.n_classes, out);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn utility_is_the_product_for_every_shape() {
        for (n_items, n_features, n_classes) in [(1, 1, 1), (3, 8, 4), (5, 19, 5), (4, 33, 9)] {
            let features: Vec<f32> = (0..n_items * n_features)
                .map(|at| (at % 13) as f32 - 6.0)
                .collect();
            let coef: Vec<f64> = (0..n_classes * n_features)
                .map(|at| (at % 7) as f64 / 3.0 - 1.0)
                .collect();
            let x = Matrix::new(&features, n_items, n_features).unwrap();
            let c = Matrix::new(&coef, n_classes, n_features).unwrap();
            let out = linear_utility(x, c, &Workers::serial()).unwrap();
            for item in 0..n_items {
                for class in 0..n_classes {
                    let exact: f64 = x
                        .row(item)
                        .iter()
                        .zip(c.row(class))
                        .map(|(x, c)| f64::from(*x) * c)
                        .sum();
                    assert!((out[item * n_classes + class] - exact).abs() < 1e-12);
                }
            }
        }
    }
}
