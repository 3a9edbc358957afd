//! Cosines and angles: products of rows scaled to unit length.

use crate::error::Result;
use crate::parallel::Workers;
use crate::product::{Corner, Finish};
use crate::simd::{Target, Vectorized, vectorize};

use super::both::Both;
use super::exact::scaled_squared_distance;
use super::metric::Metric;
use super::real::{Embedding, Real};
use super::rows::Argument;

/// Writes cosines or angles.
///
/// # Errors
/// Refuses NaN, infinity and rows of zeros.
pub(super) fn directions<E: Embedding>(
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
    let (left, right) = (x.rows, both.right().0.rows);
    let chord = |i: usize, j: usize, sign: f64| {
        vectorize(Chord {
            left: left.row(i),
            right: right.row(j),
            factors: (inverse_norms.0[i], sign * inverse_norms.1[j]),
        })
    };
    let finish = Angles {
        chord: &chord,
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
struct Angles<'a> {
    chord: &'a (dyn Fn(usize, usize, f64) -> f64 + Sync),
    triangular: bool,
}

/// Cosines beyond this say little about the angle: half of the digits are lost.
const NEARLY_PARALLEL: f64 = 0.99;

impl<R: Real> Finish<R> for Angles<'_> {
    #[inline(always)]
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[R; N]; M],
    ) {
        let limit = R::from_f64(NEARLY_PARALLEL);
        let per_half_turn = R::from_f64(std::f64::consts::FRAC_1_PI);
        for (i, row) in (corner.row..).zip(block.iter_mut()) {
            let cosines = *row;
            let mut parallel = false;
            for (angle, &cosine) in row.iter_mut().zip(&cosines) {
                let cosine = cosine.within_one();
                parallel |= cosine.absolute() >= limit;
                *angle = cosine.arc_cosine() * per_half_turn;
            }
            if parallel && i < corner.row + corner.n_rows {
                for j in corner.columns(i, self.triangular) {
                    let n = j - corner.column;
                    if cosines[n].absolute() >= limit {
                        row[n] = R::from_f64(self.angle(i, j, cosines[n].to_f64().signum()));
                    }
                }
            }
        }
        if self.triangular {
            set_diagonal(corner, block, R::default());
        }
    }
}

impl Angles<'_> {
    /// From the chord between the unit vectors, or between one and the opposite of the other.
    fn angle(&self, i: usize, j: usize, sign: f64) -> f64 {
        let chord = (self.chord)(i, j, sign);
        let angle = 2.0 * (chord / 2.0).min(1.0).asin() * std::f64::consts::FRAC_1_PI;
        if sign > 0.0 { angle } else { 1.0 - angle }
    }
}

/// The distance of two rows, each multiplied by its factor.
struct Chord<'a, E> {
    left: &'a [E],
    right: &'a [E],
    factors: (f64, f64),
}

impl<E: Embedding> Vectorized for Chord<'_, E> {
    type Output = f64;

    #[inline(always)]
    fn run<T: Target>(self) -> f64 {
        scaled_squared_distance::<T, E>(self.left, self.right, self.factors).sqrt()
    }
}
