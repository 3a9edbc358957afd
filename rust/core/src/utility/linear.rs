//! Utilities linear in the features of an item: one dense product a pass, however many choice sets an item is in.

use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, split_rows};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Items that a thread takes at a time.
const ITEMS_PER_TASK: usize = 4096;

/// Partial sums of a product, so that one addition need not wait for the last.
const LANES: usize = 8;

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
    let mut out = vec![0.0; n_items * n_classes];
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
        });
        Ok(())
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
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            features,
            coef,
            first,
            out,
        } = self;
        let n_classes = coef.n_rows();
        let (fours, _) = (0..n_classes).step_by(4).size_hint();
        for (item, out) in out.chunks_exact_mut(n_classes).enumerate() {
            let row = features.row(first + item);
            for four in 0..fours {
                let class = four * 4;
                // A class beyond the last repeats it: the registers are there, the result is not stored.
                let coef: [&[f64]; 4] =
                    std::array::from_fn(|n| coef.row((class + n).min(n_classes - 1)));
                let values = dots::<T, E>(row, coef);
                for (out, value) in out[class..].iter_mut().zip(values) {
                    *out = value;
                }
            }
        }
    }
}

/// The dot product of one row of features with four of coefficients.
#[inline(always)]
fn dots<T: Target, E: Element>(row: &[E], coef: [&[f64]; 4]) -> [f64; 4] {
    let whole = row.len() - row.len() % LANES;
    let mut lanes = [[0.0; LANES]; 4];
    for start in (0..whole).step_by(LANES) {
        let x = &row[start..start + LANES];
        for n in 0..4 {
            let c = &coef[n][start..start + LANES];
            for lane in 0..LANES {
                lanes[n][lane] = T::mul_add(x[lane].widen(), c[lane], lanes[n][lane]);
            }
        }
    }
    for (lane, x) in row[whole..].iter().enumerate() {
        for n in 0..4 {
            lanes[n][lane] = T::mul_add(x.widen(), coef[n][whole + lane], lanes[n][lane]);
        }
    }
    lanes.map(|lanes| {
        let [a, b, c, d, e, f, g, h] = lanes;
        ((a + e) + (c + g)) + ((b + f) + (d + h))
    })
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
