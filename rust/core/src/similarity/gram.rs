//! The Gram matrix of embeddings and the matrix of their cosines.

use crate::dot::squared_norms;
use crate::error::{Error, Result, ensure};
use crate::gemm::symmetric_product;
use crate::matrix::{Matrix, not_finite};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows whose norms a thread takes at a time.
const ROWS: usize = 1024;

/// The dot product of every two rows, row-major `(n, n)`, exactly symmetric.
///
/// # Errors
/// Refuses NaN and infinity, and rows so long that float32 cannot hold their product.
pub fn gram(x: Matrix<'_, f32>, workers: &Workers<'_>) -> Result<Vec<f32>> {
    let norms = squared_row_norms(x, workers)?;
    // By the Cauchy-Schwarz inequality no partial sum of any two rows is larger than the largest squared norm.
    if let Some(row) = norms.iter().position(|norm| *norm > f64::from(f32::MAX)) {
        return Err(Error::Overflow {
            argument: "X",
            row,
            norm: norms[row].sqrt(),
        });
    }
    let panel =
        |rows: std::ops::Range<usize>, out: &mut Vec<f32>| out.extend_from_slice(x.rows(rows));
    symmetric_product(
        x.n_rows(),
        x.n_columns(),
        panel,
        |_, _, product| product,
        workers,
    )
}

/// The cosine of every two rows, row-major `(n, n)`, exactly symmetric, with ones on the diagonal, within [-1, 1].
///
/// Rows are scaled as the blocks of the product are read: no normalised copy of `x` is made, and rows far from unit
/// length lose no accuracy.
///
/// # Errors
/// Refuses NaN, infinity and rows of zeros.
pub fn cosine(x: Matrix<'_, f32>, workers: &Workers<'_>) -> Result<Vec<f32>> {
    let mut norms = squared_row_norms(x, workers)?;
    if let Some(row) = norms.iter().position(|norm| *norm == 0.0) {
        return Err(Error::ZeroRow { argument: "X", row });
    }
    for norm in &mut norms {
        *norm = 1.0 / norm.sqrt();
    }
    let panel = |rows: std::ops::Range<usize>, out: &mut Vec<f32>| {
        for row in rows {
            let scale = norms[row];
            out.extend(
                x.row(row)
                    .iter()
                    .map(|value| (f64::from(*value) * scale) as f32),
            );
        }
    };
    let finish = |i, j, product: f32| {
        if i == j {
            1.0
        } else {
            product.clamp(-1.0, 1.0)
        }
    };
    symmetric_product(x.n_rows(), x.n_columns(), panel, finish, workers)
}

fn squared_row_norms(x: Matrix<'_, f32>, workers: &Workers<'_>) -> Result<Vec<f64>> {
    ensure(x.n_columns() > 0, || "X must have a column".to_owned())?;
    let mut norms = vec![0.0; x.n_rows()];
    workers.run(norms.chunks_mut(ROWS).enumerate(), |(chunk, out)| {
        let first = chunk * ROWS;
        let rows = x.rows(first..first + out.len());
        vectorize(Norms {
            n_features: x.n_columns(),
            rows,
            out,
        });
        Ok(())
    })?;
    match norms.iter().position(|norm| !norm.is_finite()) {
        Some(row) => Err(not_finite("X", row, x.row(row))),
        None => Ok(norms),
    }
}

struct Norms<'a> {
    n_features: usize,
    rows: &'a [f32],
    out: &'a mut [f64],
}

impl Vectorized for Norms<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        squared_norms::<T>(self.n_features, self.rows, self.out);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, n_columns: usize) -> Vec<f32> {
        (0..n * n_columns)
            .map(|at| ((at * 7919) % 1009) as f32 / 500.0 - 1.0)
            .collect()
    }

    #[test]
    fn gram_is_the_sum_of_products_and_symmetric_across_tiles() {
        let (n, d) = (600, 5);
        let values = rows(n, d);
        let x = Matrix::new(&values, n, d).unwrap();
        let out = gram(x, &Workers::new(2, &|| false)).unwrap();
        assert_eq!(out, gram(x, &Workers::serial()).unwrap());
        for i in (0..n).step_by(37) {
            for j in 0..n {
                let expected: f64 = x
                    .row(i)
                    .iter()
                    .zip(x.row(j))
                    .map(|(a, b)| f64::from(*a) * f64::from(*b))
                    .sum();
                assert!((f64::from(out[i * n + j]) - expected).abs() < 1e-5);
                assert_eq!(out[i * n + j].to_bits(), out[j * n + i].to_bits());
            }
        }
    }

    #[test]
    fn cosine_does_not_depend_on_length() {
        let x = [1e-30, 1e-30, 3e30, 3e30, 1.0, -1.0];
        let out = cosine(Matrix::new(&x, 3, 2).unwrap(), &Workers::serial()).unwrap();
        let expected = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        for (value, expected) in out.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{out:?}");
        }
    }

    #[test]
    fn products_beyond_float32_are_refused() {
        let x = [1.0, 1e20];
        let error = gram(Matrix::new(&x, 2, 1).unwrap(), &Workers::serial()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "float32 cannot hold the products: X[1] has norm 1.000e20"
        );
    }
}
