//! Utilities linear in the features of an item: one dense product a pass, however many choice sets an item is in.

use std::array::from_fn;

use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, split_rows};
use crate::memory::{filled, gathered, product};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Items that a thread takes at a time.
const ITEMS_PER_TASK: usize = 4096;

/// Partial sums of a product, so that one addition need not wait for the last.
const SUMS: usize = 4;

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
    let runs: Vec<_> = (0..n_items)
        .step_by(ITEMS_PER_TASK)
        .map(|first| first..n_items.min(first + ITEMS_PER_TASK))
        .collect();
    let pieces = split_rows(&mut out, n_classes, &runs);
    workers.run(runs.iter().cloned().zip(pieces), |(run, out)| {
        vectorize(Product {
            features,
            coef,
            first: run.start,
            out,
        })
    })?;
    Ok(out)
}

struct Product<'a, E> {
    features: Matrix<'a, E>,
    coef: Matrix<'a, f64>,
    first: usize,
    out: &'a mut [f64],
}

impl<E: Element> Vectorized for Product<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            features,
            coef,
            first,
            out,
        } = self;
        let n_classes = coef.n_rows();
        let mut class = 0;
        while class < n_classes {
            class += match n_classes - class {
                8.. => products::<T, E, 8>(features, coef, first, class, out)?,
                4.. => products::<T, E, 4>(features, coef, first, class, out)?,
                2.. => products::<T, E, 2>(features, coef, first, class, out)?,
                _ => products::<T, E, 1>(features, coef, first, class, out)?,
            };
        }
        Ok(())
    }
}

/// The products of items from `first` with `W` classes from `class`, a vector of which is one operand: coefficients are read across classes, so that no sum
/// over a vector is needed. Returns `W`.
#[inline(always)]
fn products<T: Target, E: Element, const W: usize>(
    features: Matrix<'_, E>,
    coef: Matrix<'_, f64>,
    first: usize,
    class: usize,
    out: &mut [f64],
) -> Result<usize> {
    let n_classes = coef.n_rows();
    let coef: Vec<[f64; W]> =
        gathered((0..coef.n_columns()).map(|j| from_fn(|n| coef.row(class + n)[j])))?;
    let (coef, coef_rest) = coef.as_chunks::<SUMS>();
    let mut wide = filled(0.0, features.n_columns())?;
    for (item, out) in out.chunks_exact_mut(n_classes).enumerate() {
        for (wide, feature) in wide.iter_mut().zip(features.row(first + item)) {
            *wide = feature.widen();
        }
        let (x, x_rest) = wide.as_chunks::<SUMS>();
        let mut sums = [[0.0; W]; SUMS];
        for (x, coef) in x.iter().zip(coef) {
            for s in 0..SUMS {
                sums[s] = from_fn(|n| T::mul_add(x[s], coef[s][n], sums[s][n]));
            }
        }
        for (x, coef) in x_rest.iter().zip(coef_rest) {
            sums[0] = from_fn(|n| T::mul_add(*x, coef[n], sums[0][n]));
        }
        let total: [f64; W] = from_fn(|n| (sums[0][n] + sums[1][n]) + (sums[2][n] + sums[3][n]));
        out[class..class + W].copy_from_slice(&total);
    }
    Ok(W)
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
