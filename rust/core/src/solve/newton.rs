//! Newton directions: one small positive definite system a class, by Cholesky factorisation.

use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Ridge, relative to the largest diagonal entry, that a system gets when it is singular to working precision; grown by
/// `RIDGE_GROWTH` until the factorisation succeeds.
const RIDGE: f64 = 1e-13;
const RIDGE_GROWTH: f64 = 100.0;

/// Solves `hessian[z] · direction[z] = gradient[z]` for every class z.
///
/// `gradient` is `(n_classes, d)`, `hessian` (n_classes, d · d), symmetric and positive semidefinite. Where a direction is
/// not determined by the data the solution stays small there.
///
/// # Errors
/// Refuses shapes that do not belong together.
pub fn newton_direction(
    gradient: Matrix<'_, f64>,
    hessian: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let d = gradient.n_columns();
    ensure(
        hessian.n_rows() == gradient.n_rows() && hessian.n_columns() == d * d && d > 0,
        || format!("hessian must have shape ({}, {d}, {d})", gradient.n_rows()),
    )?;
    let mut out = gradient.values().to_vec();
    workers.run(out.chunks_exact_mut(d).enumerate(), |(class, direction)| {
        solve(hessian.row(class), d, direction);
        Ok(())
    })?;
    Ok(out)
}

fn solve(matrix: &[f64], d: usize, right: &mut [f64]) {
    let largest = (0..d).map(|i| matrix[i * d + i]).fold(0.0, f64::max);
    if largest == 0.0 {
        // No data in this class and no penalty: nothing says where to go.
        right.fill(0.0);
        return;
    }
    let mut ridge = 0.0;
    let mut factor = matrix.to_vec();
    while !vectorize(Cholesky {
        factor: &mut factor,
        d,
        smallest: largest * RIDGE,
    }) {
        ridge = if ridge == 0.0 {
            largest * RIDGE
        } else {
            ridge * RIDGE_GROWTH
        };
        factor.copy_from_slice(matrix);
        for i in 0..d {
            factor[i * d + i] += ridge;
        }
        if ridge > largest * 1e6 {
            right.fill(0.0);
            return;
        }
    }
    for i in 0..d {
        let sum: f64 = factor[i * d..i * d + i]
            .iter()
            .zip(&*right)
            .map(|(l, y)| l * y)
            .sum();
        right[i] = (right[i] - sum) / factor[i * d + i];
    }
    for i in (0..d).rev() {
        right[i] /= factor[i * d + i];
        let solved = right[i];
        for (j, l) in factor[i * d..i * d + i].iter().enumerate() {
            right[j] -= l * solved;
        }
    }
}

/// Replaces the lower triangle of a matrix by its Cholesky factor; false if a pivot falls below `smallest`.
struct Cholesky<'a> {
    factor: &'a mut [f64],
    d: usize,
    smallest: f64,
}

impl Vectorized for Cholesky<'_> {
    type Output = bool;

    #[inline(always)]
    fn run<T: Target>(self) -> bool {
        let Self {
            factor,
            d,
            smallest,
        } = self;
        for i in 0..d {
            let (done, row) = factor.split_at_mut(i * d);
            for j in 0..i {
                let earlier = &done[j * d..=j * d + j];
                row[j] = (row[j] - dot::<T>(&row[..j], &earlier[..j])) / earlier[j];
            }
            let pivot = row[i] - dot::<T>(&row[..i], &row[..i]);
            if pivot.is_nan() || pivot <= smallest {
                return false;
            }
            row[i] = pivot.sqrt();
        }
        true
    }
}

#[inline(always)]
fn dot<T: Target>(left: &[f64], right: &[f64]) -> f64 {
    const LANES: usize = 16;
    let mut lanes = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (a, b) in left.iter().zip(right) {
        for lane in 0..LANES {
            lanes[lane] = T::mul_add(a[lane], b[lane], lanes[lane]);
        }
    }
    for (lane, (a, b)) in left_rest.iter().zip(right_rest).enumerate() {
        lanes[lane] = T::mul_add(*a, *b, lanes[lane]);
    }
    lanes.iter().sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn solution_solves_the_system() {
        let d = 37;
        let root: Vec<f64> = (0..d * d)
            .map(|at| ((at * 31) % 17) as f64 / 17.0 - 0.4)
            .collect();
        let mut matrix = vec![0.0; d * d];
        for i in 0..d {
            for j in 0..d {
                matrix[i * d + j] = (0..d).map(|k| root[i * d + k] * root[j * d + k]).sum();
            }
            matrix[i * d + i] += 0.5;
        }
        let right: Vec<f64> = (0..d).map(|i| (i as f64).sin()).collect();
        let solution = newton_direction(
            Matrix::new(&right, 1, d).unwrap(),
            Matrix::new(&matrix, 1, d * d).unwrap(),
            &Workers::serial(),
        )
        .unwrap();
        for i in 0..d {
            let product: f64 = (0..d).map(|j| matrix[i * d + j] * solution[j]).sum();
            assert!((product - right[i]).abs() < 1e-10);
        }
    }

    #[test]
    fn an_undetermined_direction_stays_finite_and_an_empty_class_still() {
        let singular = [1.0, -1.0, -1.0, 1.0, 0.0, 0.0, 0.0, 0.0];
        let gradient = [2.0, -2.0, 0.0, 0.0];
        let direction = newton_direction(
            Matrix::new(&gradient, 2, 2).unwrap(),
            Matrix::new(&singular, 2, 4).unwrap(),
            &Workers::serial(),
        )
        .unwrap();
        assert!(
            (direction[0] - direction[1] - 2.0).abs() < 1e-6,
            "{direction:?}"
        );
        assert!(direction.iter().all(|value| value.abs() < 10.0));
        assert_eq!(direction[2..], [0.0, 0.0]);
    }
}
