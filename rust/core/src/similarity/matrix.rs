//! The matrix of similarities or distances of rows, in one pass: scaled, multiplied, turned into the metric, mirrored.

use crate::error::{Result, ensure};
use crate::exponential::exp_of_negative;
use crate::matrix::Matrix;
use crate::parallel::Workers;
use crate::product::{Corner, Finish, Sides, product_into};
use crate::simd::Target;

use super::exact::{scaled_squared_distance, squared_distance};
use super::real::{Embedding, Real};
use super::rows::{Argument, Scaled, column_means};

/// What is computed of two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Cosine of the angle, within [-1, 1].
    Cosine,
    /// Dot product.
    Dot,
    /// The angle as a share of half a turn, within [0, 1].
    Angular,
    /// Euclidean distance.
    Euclidean,
    /// Squared Euclidean distance.
    SquaredEuclidean,
    /// exp(−γ d²), d the Euclidean distance.
    Rbf {
        /// The factor γ.
        gamma: f64,
    },
}

/// Blocks read the norms of as many rows and columns as they are long, also where they hang over the edge.
const LONGEST_BLOCK: usize = 32;

/// Writes the metric of every row of `x` with every row of `y`, or of `x`, to `out`, row-major.
///
/// With `x` alone only half is computed, and the result is exactly symmetric, its diagonal exact. Rows are shifted and scaled
/// while they are packed: no copy of `x` is made. Distances far smaller than the rows are long, and angles near zero or half
/// a turn, are computed again from the differences of the rows.
///
/// # Errors
/// Refuses NaN and infinity, rows of zeros where a direction is needed, and rows so long that a result might not fit.
pub fn similarity_matrix<E: Embedding>(
    x: Matrix<'_, E>,
    y: Option<Matrix<'_, E>>,
    metric: Metric,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    ensure(y.is_none_or(|y| y.n_columns() == x.n_columns()), || {
        format!(
            "X and Y must have as many columns: {} and {}",
            x.n_columns(),
            y.map_or(0, |y| y.n_columns())
        )
    })?;
    let x = Argument { name: "X", rows: x };
    let y = y.map(|rows| Argument { name: "Y", rows });
    match metric {
        Metric::Cosine | Metric::Angular => directions(x, y, metric, out, workers),
        Metric::Dot => dots(x, y, out, workers),
        _ => distances(x, y, metric, out, workers),
    }
}

/// One or two arguments, with what belongs to each of their rows.
struct Both<'a, E> {
    x: (Argument<'a, E>, Vec<f64>),
    y: Option<(Argument<'a, E>, Vec<f64>)>,
}

impl<'a, E: Embedding> Both<'a, E> {
    fn new(
        x: Argument<'a, E>,
        y: Option<Argument<'a, E>>,
        of_rows: impl Fn(Argument<'a, E>) -> Result<Vec<f64>>,
    ) -> Result<Self> {
        Ok(Self {
            x: (x, of_rows(x)?),
            y: y.map(|y| Ok((y, of_rows(y)?))).transpose()?,
        })
    }

    fn right(&self) -> &(Argument<'a, E>, Vec<f64>) {
        self.y.as_ref().unwrap_or(&self.x)
    }

    /// Multiplies the rows, shifted and scaled, and finishes the products.
    fn multiply(
        &self,
        center: &[f64],
        scales: (&[f64], &[f64]),
        finish: &impl Finish<E::Real>,
        out: &mut [E::Real],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let source = |rows, scales| Scaled {
            rows,
            center,
            scales,
        };
        let left = source(self.x.0.rows, scales.0);
        let right = source(self.right().0.rows, scales.1);
        let sides = match self.y {
            Some(_) => Sides::Two(&left, &right),
            None => Sides::One(&left),
        };
        product_into(E::Real::ARITHMETIC, &sides, finish, out, workers)
    }
}

fn dots<E: Embedding>(
    x: Argument<'_, E>,
    y: Option<Argument<'_, E>>,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    let both = Both::new(x, y, |rows| rows.squared_norms(workers))?;
    // By the Cauchy-Schwarz inequality no sum on the way to a product is larger than that of the norms.
    let limit = match &both.y {
        Some((_, norms)) => E::Real::LARGEST / longest(norms).max(1.0),
        None => E::Real::LARGEST.sqrt(),
    };
    x.refuse_longer(&both.x.1, limit, "products")?;
    let ones = vec![1.0; both.x.1.len().max(both.right().1.len())];
    both.multiply(&[], (&ones, &ones), &Products, out, workers)
}

/// The products as they are.
struct Products;

impl<R: Real> Finish<R> for Products {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(&self, _: Corner, _: &mut [[R; N]; M]) {}
}

fn directions<E: Embedding>(
    x: Argument<'_, E>,
    y: Option<Argument<'_, E>>,
    metric: Metric,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    let both = Both::new(x, y, |rows| {
        let mut norms = rows.squared_norms(workers)?;
        rows.refuse_zeros(&norms)?;
        for norm in &mut norms {
            *norm = 1.0 / norm.sqrt();
        }
        Ok(norms)
    })?;
    let inverse_norms = (&both.x.1[..], &both.right().1[..]);
    if metric == Metric::Cosine {
        let finish = Cosines {
            triangular: y.is_none(),
        };
        return both.multiply(&[], inverse_norms, &finish, out, workers);
    }
    let finish = Angles {
        rows: (x.rows, both.right().0.rows),
        inverse_norms,
        triangular: y.is_none(),
    };
    both.multiply(&[], inverse_norms, &finish, out, workers)
}

/// The products of unit rows, within [-1, 1].
struct Cosines {
    triangular: bool,
}

impl<R: Real> Finish<R> for Cosines {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[R; N]; M],
    ) {
        for row in block.iter_mut() {
            let values = *row;
            for n in 0..N {
                row[n] = values[n].within_one();
            }
        }
        if self.triangular {
            set_diagonal(corner, block, R::from_f64(1.0));
        }
    }
}

#[inline(always)]
fn set_diagonal<R: Real, const M: usize, const N: usize>(
    corner: Corner,
    block: &mut [[R; N]; M],
    value: R,
) {
    if corner.column < corner.row + M && corner.row < corner.column + N {
        for (i, row) in (corner.row..).zip(block) {
            for (j, entry) in (corner.column..).zip(row) {
                if i == j {
                    *entry = value;
                }
            }
        }
    }
}

/// From the products of unit rows their angles.
struct Angles<'a, E> {
    rows: (Matrix<'a, E>, Matrix<'a, E>),
    inverse_norms: (&'a [f64], &'a [f64]),
    triangular: bool,
}

/// Cosines beyond this say little about the angle: half of the digits are lost.
const NEARLY_PARALLEL: f64 = 0.99;

impl<E: Embedding> Finish<E::Real> for Angles<'_, E> {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[E::Real; N]; M],
    ) {
        let limit = E::Real::from_f64(NEARLY_PARALLEL);
        let per_half_turn = E::Real::from_f64(std::f64::consts::FRAC_1_PI);
        for (i, row) in (corner.row..).zip(block.iter_mut()) {
            let cosines = *row;
            let mut parallel = false;
            for (angle, &cosine) in row.iter_mut().zip(&cosines) {
                let cosine = cosine.within_one();
                parallel |= cosine.absolute() >= limit;
                *angle = cosine.arc_cosine() * per_half_turn;
            }
            if parallel && i < corner.row + corner.n_rows {
                for j in self.columns(i, corner) {
                    let cosine = cosines[j - corner.column];
                    if cosine.absolute() >= limit {
                        row[j - corner.column] =
                            E::Real::from_f64(self.angle::<T>(i, j, cosine.to_f64()));
                    }
                }
            }
        }
        if self.triangular {
            set_diagonal(corner, block, E::Real::default());
        }
    }
}

impl<E: Embedding> Angles<'_, E> {
    /// Columns of the block in row `i` that count.
    #[inline(always)]
    fn columns(&self, i: usize, corner: Corner) -> std::ops::Range<usize> {
        corner.columns(i, self.triangular)
    }

    /// From the chord between the unit vectors, or between one and the opposite of the other.
    #[inline(always)]
    fn angle<T: Target>(&self, i: usize, j: usize, cosine: f64) -> f64 {
        let sign = cosine.signum();
        let factors = (self.inverse_norms.0[i], sign * self.inverse_norms.1[j]);
        let (left, right) = (self.rows.0.row(i), self.rows.1.row(j));
        let chord = scaled_squared_distance::<T, E>(left, right, factors).sqrt();
        let angle = 2.0 * (chord / 2.0).min(1.0).asin() * std::f64::consts::FRAC_1_PI;
        if sign > 0.0 { angle } else { 1.0 - angle }
    }
}

fn distances<E: Embedding>(
    x: Argument<'_, E>,
    y: Option<Argument<'_, E>>,
    metric: Metric,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    // Only to refuse what is not finite.
    Both::new(x, y, |rows| rows.squared_norms(workers))?;
    // Distances do not change with the origin, and products near the middle of the rows cancel least.
    let center = column_means(x.rows, |_| 1.0, workers)?;
    let both = Both::new(x, y, |rows| rows.squared_distances(&center, workers))?;
    let reach = longest(&both.x.1).max(longest(&both.right().1));
    let largest = E::Real::LARGEST;
    let limit = match metric {
        Metric::Euclidean => largest / 2.0,
        Metric::SquaredEuclidean => largest.sqrt() / 2.0,
        _ => f64::INFINITY,
    };
    x.refuse_longer(&both.x.1, limit, "distances")?;
    both.right()
        .0
        .refuse_longer(&both.right().1, limit, "distances")?;
    // A power of two, so that scaling rounds nothing: squares of very long or short rows would not fit.
    let unit = if reach > 0.0 {
        2.0_f64.powi(reach.log2().floor() as i32)
    } else {
        1.0
    };
    let scaled = |norms: &[f64]| -> Vec<E::Real> {
        let padding = std::iter::repeat_n(E::Real::default(), LONGEST_BLOCK);
        norms
            .iter()
            .map(|norm| E::Real::from_f64(norm / (unit * unit)))
            .chain(padding)
            .collect()
    };
    let finish = Distances {
        rows: (x.rows, both.right().0.rows),
        squared_norms: (scaled(&both.x.1), scaled(&both.right().1)),
        unit,
        metric,
        triangular: y.is_none(),
    };
    let scales = vec![1.0 / unit; both.x.1.len().max(both.right().1.len())];
    both.multiply(&center, (&scales, &scales), &finish, out, workers)
}

/// The largest norm, given its square.
fn longest(squared_norms: &[f64]) -> f64 {
    squared_norms.iter().copied().fold(0.0, f64::max).sqrt()
}

/// d² = ‖x‖² + ‖y‖² − 2 x·y, and what follows from it; all but the result in squares of `unit`.
struct Distances<'a, E: Embedding> {
    rows: (Matrix<'a, E>, Matrix<'a, E>),
    squared_norms: (Vec<E::Real>, Vec<E::Real>),
    unit: f64,
    metric: Metric,
    triangular: bool,
}

/// Of a squared distance below this share of the squared norms too many digits have cancelled.
const CANCELLED: f64 = 0.05;

impl<E: Embedding> Finish<E::Real> for Distances<'_, E> {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[E::Real; N]; M],
    ) {
        let (columns, _) = self.squared_norms.1[corner.column..].as_chunks::<N>();
        let columns = &columns[0];
        let (two, share) = (E::Real::from_f64(2.0), E::Real::from_f64(CANCELLED));
        for (i, row) in (corner.row..).zip(block.iter_mut()) {
            let own = self.squared_norms.0[i];
            let mut squares = [E::Real::default(); N];
            let mut cancelled = false;
            for n in 0..N {
                let norms = own + columns[n];
                squares[n] = norms - two * row[n];
                cancelled |= squares[n] <= share * norms;
            }
            self.convert::<T, N>(&squares, row);
            if cancelled && i < corner.row + corner.n_rows {
                for j in corner.columns(i, self.triangular) {
                    let n = j - corner.column;
                    if squares[n] <= share * (own + columns[n]) {
                        row[n] = E::Real::from_f64(self.exact::<T>(i, j));
                    }
                }
            }
        }
    }
}

impl<E: Embedding> Distances<'_, E> {
    #[inline(always)]
    fn convert<T: Target, const N: usize>(&self, squares: &[E::Real; N], out: &mut [E::Real; N]) {
        let zero = E::Real::default();
        let positive = |square: E::Real| if square > zero { square } else { zero };
        match self.metric {
            Metric::Rbf { gamma } => {
                let factor = -gamma * self.unit * self.unit;
                let (squares, _) = squares.as_chunks::<8>();
                let (out, _) = out.as_chunks_mut::<8>();
                for (out, squares) in out.iter_mut().zip(squares) {
                    let exponents = squares.map(|square| factor * positive(square).to_f64());
                    *out = exp_of_negative::<T, 8>(exponents).map(E::Real::from_f64);
                }
            }
            Metric::SquaredEuclidean => {
                let factor = E::Real::from_f64(self.unit * self.unit);
                for (out, &square) in out.iter_mut().zip(squares) {
                    *out = positive(square) * factor;
                }
            }
            _ => {
                let factor = E::Real::from_f64(self.unit);
                for (out, &square) in out.iter_mut().zip(squares) {
                    *out = positive(square).square_root() * factor;
                }
            }
        }
    }

    #[inline(always)]
    fn exact<T: Target>(&self, i: usize, j: usize) -> f64 {
        let square = squared_distance::<T, E, E>(self.rows.0.row(i), self.rows.1.row(j));
        match self.metric {
            Metric::Rbf { gamma } => (-gamma * square).exp(),
            Metric::SquaredEuclidean => square,
            _ => square.sqrt(),
        }
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

    fn matrix_of<E: Embedding>(
        (x, n): (&[E], usize),
        y: Option<(&[E], usize)>,
        metric: Metric,
    ) -> Vec<E::Real> {
        let d = x.len() / n;
        let rows = |(values, n)| Matrix::new(values, n, d).unwrap();
        let mut out = vec![E::Real::default(); n * y.map_or(n, |(_, m)| m)];
        let workers = Workers::new(2, &|| false);
        similarity_matrix(rows((x, n)), y.map(rows), metric, &mut out, &workers).unwrap();
        out
    }

    fn dot(a: &[f32], b: &[f32]) -> f64 {
        a.iter()
            .zip(b)
            .map(|(a, b)| f64::from(*a) * f64::from(*b))
            .sum()
    }

    #[test]
    fn dots_are_sums_of_products_and_symmetric_across_tiles() {
        let (n, d) = (600, 5);
        let x = rows(n, d);
        let out = matrix_of((&x, n), None, Metric::Dot);
        for i in (0..n).step_by(37) {
            for j in 0..n {
                let expected = dot(&x[i * d..][..d], &x[j * d..][..d]);
                assert!((f64::from(out[i * n + j]) - expected).abs() < 1e-5);
                assert_eq!(out[i * n + j].to_bits(), out[j * n + i].to_bits());
            }
        }
    }

    #[test]
    fn one_side_and_two_sides_agree_in_every_metric() {
        let (n, d) = (211, 7);
        let x = rows(n, d);
        for metric in [
            Metric::Cosine,
            Metric::Dot,
            Metric::Angular,
            Metric::Euclidean,
            Metric::SquaredEuclidean,
            Metric::Rbf { gamma: 0.3 },
        ] {
            let one = matrix_of((&x, n), None, metric);
            let two = matrix_of((&x, n), Some((&x, n)), metric);
            for (one, two) in one.iter().zip(&two) {
                assert!((one - two).abs() < 2e-6, "{metric:?}: {one} and {two}");
            }
        }
    }

    #[test]
    fn distances_of_near_rows_keep_their_digits() {
        let x = [1000.0_f32, 1.0, 1000.0, 1.0001, 3.0, 4.0];
        let out = matrix_of((&x, 3), None, Metric::Euclidean);
        let exact = f64::from(x[3]) - 1.0;
        assert!((f64::from(out[1]) / exact - 1.0).abs() < 1e-6);
        assert_eq!([out[0], out[4], out[8]], [0.0; 3]);
    }

    #[test]
    fn angles_of_near_and_opposite_rows_keep_their_digits() {
        let x = [1.0_f64, 0.0, 1.0, 1e-9, -1.0, 1e-9];
        let out = matrix_of((&x, 3), None, Metric::Angular);
        let small = 1e-9 / std::f64::consts::PI;
        assert!((out[1] / small - 1.0).abs() < 1e-6);
        assert!(((1.0 - out[2]) / small - 1.0).abs() < 1e-6);
    }

    #[test]
    fn cosine_does_not_depend_on_length() {
        let x = [1e-30_f32, 1e-30, 3e30, 3e30, 1.0, -1.0];
        let out = matrix_of((&x, 3), None, Metric::Cosine);
        let expected = [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0];
        for (value, expected) in out.iter().zip(expected) {
            assert!((value - expected).abs() < 1e-6, "{out:?}");
        }
    }

    #[test]
    fn results_beyond_float32_are_refused() {
        let x = Matrix::new(&[1.0_f32, 1e20], 2, 1).unwrap();
        let error = similarity_matrix(x, None, Metric::Dot, &mut [0.0; 4], &Workers::serial());
        assert_eq!(
            error.unwrap_err().to_string(),
            "float32 cannot hold the products: X[1] has norm 1.000e20"
        );
    }
}
