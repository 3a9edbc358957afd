//! How far apart rows can be, and must be, by a product that is rounded: who may be the nearest is then computed exactly.

use super::super::real::Real;
use super::measure::Measure;

/// Turns products of rows into bounds of how far apart they are: 1 − cosine, or the squared distance.
#[derive(Clone, Copy)]
pub struct Bounds<R> {
    measure: Measure,
    /// What rounding may change, relative to the norms.
    share: R,
    /// What it may change however short the rows.
    least: R,
}

impl<R: Real> Bounds<R> {
    /// For sums over so many columns: in eight lanes, each product goes through an eighth as many additions. A sum is off by
    /// half of `EPSILON` an addition, relative to the norms (Higham 2002, section 3.1); the norms, and what follows, by as much.
    pub fn new(measure: Measure, n_columns: usize) -> Self {
        let share = R::EPSILON * (n_columns as f64 / 8.0 + 16.0);
        Self {
            measure,
            share: R::from_f64(share),
            least: R::from_f64(R::LEAST),
        }
    }

    /// What a row brings, of its squared norm.
    #[inline(always)]
    pub fn weight(&self, squared_norm: f64) -> R {
        R::from_f64(match self.measure {
            Measure::Cosine => 1.0 / squared_norm.sqrt(),
            Measure::SquaredDistance => squared_norm,
        })
    }

    /// Whether the bounds hold for a row of this squared norm.
    #[inline(always)]
    pub fn hold(&self, squared_norm: f64) -> bool {
        let (low, high) = R::SAFE;
        squared_norm <= high && (squared_norm >= low || self.measure == Measure::SquaredDistance)
    }

    /// The least and the most, given the product of two rows and the weights of both.
    #[inline(always)]
    pub fn of(&self, product: R, weights: (R, R)) -> (R, R) {
        match self.measure {
            Measure::Cosine => {
                let distance = R::from_f64(1.0) - product * weights.0 * weights.1;
                (distance - self.share, distance + self.share)
            }
            Measure::SquaredDistance => {
                let norms = weights.0 + weights.1;
                let distance = norms - (product + product);
                let error = norms * self.share + self.least;
                (distance - error, distance + error)
            }
        }
    }
}
