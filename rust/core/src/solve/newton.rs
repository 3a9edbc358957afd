//! Newton directions: one small positive definite system a class, by Cholesky factorisation.
//!
//! A system is factored in units in which its diagonal is 1, so that neither the ridge of a singular one nor the direction
//! depends on the units of the parameters. Units of powers of two change no bit.

use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_finite};
use crate::memory::{copied, filled, gathered};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// The share of a diagonal entry that the others must leave unexplained; and the ridge that a system gets where they do
/// not, grown by `RIDGE_GROWTH` until the factorisation succeeds, which it has to before the ridge outweighs all entries.
const RIDGE: f64 = 1e-13;
const RIDGE_GROWTH: f64 = 100.0;
const TRIES: usize = 10;

/// Rows of a factor between two looks at whether to stop: of thousands of columns some take milliseconds.
const ROWS_A_POLL: usize = 16;

/// Solves `hessian[z] · direction[z] = gradient[z]` for every class z.
///
/// `gradient` is `(n_classes, d)`, `hessian` (n_classes, d · d), symmetric and positive semidefinite. Where a direction is
/// not determined by the data the solution stays small there; it is 0 along parameters without curvature.
///
/// # Errors
/// Refuses shapes that do not belong together, and what is not finite.
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
    check_finite("gradient", gradient, workers)?;
    check_finite("hessian", hessian, workers)?;
    let mut out = copied(gradient.values())?;
    workers.run(out.chunks_exact_mut(d).enumerate(), |(class, direction)| {
        solve(hessian.row(class), d, direction, workers)
    })?;
    let found = Matrix::new(&out, gradient.n_rows(), d)?;
    check_finite("direction", found, workers)?;
    Ok(out)
}

fn solve(matrix: &[f64], d: usize, right: &mut [f64], workers: &Workers<'_>) -> Result<()> {
    let roots = gathered((0..d).map(|i| matrix[i * d + i].max(0.0).sqrt()))?;
    // Nothing says where to go along a parameter without curvature: its row is left out.
    let inverse = |root: &f64| if *root > 0.0 { 1.0 / root } else { 0.0 };
    let scales = gathered(roots.iter().map(inverse))?;
    let mut factor = filled(0.0, d * d)?;
    let mut ridge = 0.0;
    let mut found = false;
    for attempt in 0..TRIES {
        for (i, (row, entries)) in factor
            .chunks_exact_mut(d)
            .zip(matrix.chunks_exact(d))
            .enumerate()
        {
            for ((value, entry), scale) in row.iter_mut().zip(entries).zip(&scales).take(i) {
                *value = entry * scales[i] * scale;
            }
            row[i] = 1.0 + ridge;
        }
        let cholesky = Cholesky {
            factor: &mut factor,
            d,
            workers,
        };
        found = vectorize(cholesky)?;
        if found {
            break;
        }
        ridge = if attempt == 0 {
            RIDGE
        } else {
            ridge * RIDGE_GROWTH
        };
    }
    if !found {
        right.fill(0.0);
        return Ok(());
    }
    for (value, scale) in right.iter_mut().zip(&scales) {
        *value *= scale;
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
    for (value, scale) in right.iter_mut().zip(&scales) {
        *value *= scale;
    }
    Ok(())
}

/// Replaces the lower triangle of a matrix by its Cholesky factor; false if a pivot is not above `RIDGE`.
struct Cholesky<'a> {
    factor: &'a mut [f64],
    d: usize,
    workers: &'a Workers<'a>,
}

impl Vectorized for Cholesky<'_> {
    type Output = Result<bool>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<bool> {
        let Self { factor, d, workers } = self;
        for i in 0..d {
            if i % ROWS_A_POLL == ROWS_A_POLL - 1 && workers.asked_to_stop() {
                return Err(Error::Interrupted);
            }
            let (done, row) = factor.split_at_mut(i * d);
            for j in 0..i {
                let earlier = &done[j * d..=j * d + j];
                row[j] = (row[j] - dot::<T>(&row[..j], &earlier[..j])) / earlier[j];
            }
            let pivot = row[i] - dot::<T>(&row[..i], &row[..i]);
            if pivot.is_nan() || pivot <= RIDGE {
                return Ok(false);
            }
            row[i] = pivot.sqrt();
        }
        Ok(true)
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

    fn directions(gradient: &[f64], hessian: &[f64]) -> Result<Vec<f64>> {
        let d = gradient.len();
        newton_direction(
            Matrix::new(gradient, 1, d).unwrap(),
            Matrix::new(hessian, 1, d * d).unwrap(),
            &Workers::serial(),
        )
    }

    #[test]
    fn units_change_the_direction_and_nothing_else() {
        let (matrix, gradient) = ([2.0, 0.5, 0.5, 1.0], [1.0, -3.0]);
        let plain = directions(&gradient, &matrix).unwrap();
        for power in [-500, -300, -1, 40, 500] {
            let unit = 2_f64.powi(power);
            let scaled = [2.0 * unit * unit, 0.5 * unit, 0.5 * unit, 1.0];
            let found = directions(&[unit, -3.0], &scaled).unwrap();
            assert_eq!(found, [plain[0] / unit, plain[1]]);
        }
    }

    #[test]
    fn what_is_not_finite_is_refused_and_what_is_tiny_ends() {
        for bad in [f64::INFINITY, f64::NAN] {
            assert!(directions(&[1.0, 1.0], &[bad, 0.0, 0.0, 1.0]).is_err());
            assert!(directions(&[1.0, bad], &[1.0, 0.0, 0.0, 1.0]).is_err());
        }
        let tiny = directions(&[1e-312, 0.0], &[1e-312, -1e-312, -1e-312, 1e-312]).unwrap();
        assert!(tiny.iter().all(|value| value.is_finite()), "{tiny:?}");
        // Of curvature too small for its gradient no direction is finite.
        assert!(directions(&[1.0], &[1e-312]).is_err());
        let indefinite = [1.0, 4.0, 4.0, 1.0];
        assert!(directions(&[1.0, 2.0], &indefinite).unwrap()[0].is_finite());
    }
}
