//! Euclidean distances and what follows from them: products of rows moved to their middle.

use crate::error::Result;
use crate::exponential::exp_of_negative;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::product::{Corner, Finish};
use crate::simd::{Target, Vectorized, vectorize};

use super::both::Both;
use super::exact::squared_distance;
use super::metric::Metric;
use super::real::{Embedding, Real};
use super::rows::{Argument, column_means, longest};

/// Blocks read the norms of as many rows and columns as they are long, also where they hang over the edge.
const LONGEST_BLOCK: usize = 32;

/// Writes distances, their squares, or exp(−γ d²).
///
/// # Errors
/// Refuses NaN, infinity and rows so long that a distance might not fit.
pub(super) fn distances<E: Embedding>(
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
    let scaled = |norms: &[f64]| -> Result<Vec<E::Real>> {
        let mut out = filled(E::Real::default(), norms.len() + LONGEST_BLOCK)?;
        for (out, norm) in out.iter_mut().zip(norms) {
            *out = E::Real::from_f64(norm / (unit * unit));
        }
        Ok(out)
    };
    let (left, right) = (x.rows, both.right().0.rows);
    let exact = |i: usize, j: usize| {
        vectorize(Exact {
            left: left.row(i),
            right: right.row(j),
        })
    };
    let finish = Distances {
        exact: &exact,
        squared_norms: (scaled(&both.x.1)?, scaled(&both.right().1)?),
        unit,
        metric,
        triangular: y.is_none(),
    };
    let scales = filled(1.0 / unit, both.x.1.len().max(both.right().1.len()))?;
    both.multiply(&center, (&scales, &scales), &finish, out, workers)
}

/// d² = ‖x‖² + ‖y‖² − 2 x·y, and what follows from it; all but the result in squares of `unit`.
struct Distances<'a, R> {
    /// The square, exactly.
    exact: &'a (dyn Fn(usize, usize) -> f64 + Sync),
    squared_norms: (Vec<R>, Vec<R>),
    unit: f64,
    metric: Metric,
    triangular: bool,
}

/// Of a squared distance below this share of the squared norms too many digits have cancelled.
const CANCELLED: f64 = 0.05;

impl<R: Real> Finish<R> for Distances<'_, R> {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[R; N]; M],
    ) {
        let (columns, _) = self.squared_norms.1[corner.column..].as_chunks::<N>();
        let columns = &columns[0];
        let (two, share) = (R::from_f64(2.0), R::from_f64(CANCELLED));
        for (i, row) in (corner.row..).zip(block.iter_mut()) {
            let own = self.squared_norms.0[i];
            let mut squares = [R::default(); N];
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
                        row[n] = R::from_f64(self.exact(i, j));
                    }
                }
            }
        }
    }
}

impl<R: Real> Distances<'_, R> {
    #[inline(always)]
    fn convert<T: Target, const N: usize>(&self, squares: &[R; N], out: &mut [R; N]) {
        let zero = R::default();
        let positive = |square: R| if square > zero { square } else { zero };
        match self.metric {
            Metric::Rbf { gamma } => {
                let factor = -gamma * self.unit * self.unit;
                let (squares, _) = squares.as_chunks::<8>();
                let (out, _) = out.as_chunks_mut::<8>();
                for (out, squares) in out.iter_mut().zip(squares) {
                    let exponents = squares.map(|square| factor * positive(square).to_f64());
                    *out = exp_of_negative::<T, 8>(exponents).map(R::from_f64);
                }
            }
            Metric::SquaredEuclidean => {
                let factor = R::from_f64(self.unit * self.unit);
                for (out, &square) in out.iter_mut().zip(squares) {
                    *out = positive(square) * factor;
                }
            }
            _ => {
                let factor = R::from_f64(self.unit);
                for (out, &square) in out.iter_mut().zip(squares) {
                    *out = positive(square).square_root() * factor;
                }
            }
        }
    }

    fn exact(&self, i: usize, j: usize) -> f64 {
        let square = (self.exact)(i, j);
        match self.metric {
            Metric::Rbf { gamma } => (-gamma * square).exp(),
            Metric::SquaredEuclidean => square,
            _ => square.sqrt(),
        }
    }
}

/// The squared distance of two rows.
struct Exact<'a, E> {
    left: &'a [E],
    right: &'a [E],
}

impl<E: Embedding> Vectorized for Exact<'_, E> {
    type Output = f64;

    #[inline(always)]
    fn run<T: Target>(self) -> f64 {
        squared_distance::<T, E, E>(self.left, self.right)
    }
}
