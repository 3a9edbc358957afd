//! Bounds on the scores of candidates, from float32 products with what was chosen.
//!
//! With `e` the error of a product of unit vectors: a similarity is off by `e`; the projection on the span of `t` chosen,
//! taken on an orthonormal basis, by `e √t`; the similarity with a sum of chosen rows by `e` times the norm of the sum.

use super::screen::{Directions, error};
use crate::error::Result;
use crate::memory::{Growing, gathered, room};
use crate::selection::candidates::Candidates;
use crate::selection::greedy::dpp::RANK_TOLERANCE;
use crate::selection::logarithm::ln;
use crate::selection::method::{Method, Terms};

/// By how much less than this part of their terms float64 results may differ from the sums of the terms.
const ROUNDING: f64 = 1e-13;

/// What bounds need of those chosen.
pub(crate) struct Bounds {
    /// The unit vectors of those chosen; under dpp an orthonormal basis of them; under max_sum the sum of all.
    pub directions: Directions,
    method: Method,
    weight: f64,
    error: f64,
    n_features: usize,
    bonuses: Vec<f64>,
    bonus_sum: f64,
    /// The sum of their sizes: bonuses of either sign may cancel, and their roundings do not.
    bonus_size: f64,
    /// Under dpp the basis in float64; under max_sum the sums of the first 0, 1, 2, … chosen.
    exact: Vec<f64>,
    /// Under max_sum what bounds the similarity with the sum of all from that with the sum of the first `s`.
    drift: Vec<Drift>,
}

/// What was added to a sum since, split along the sum and across it: the similarity with the first part follows from that
/// with the sum, the similarity with the second is no larger than its length.
#[derive(Clone, Copy)]
struct Drift {
    scale: f64,
    slack: f64,
}

impl Bounds {
    pub(crate) fn new(candidates: &Candidates<'_>, k: usize) -> Result<Self> {
        let Terms { method, weight, .. } = candidates.terms;
        let mut bounds = Self {
            directions: Directions::new(candidates.n_features),
            method,
            weight,
            error: error(candidates.n_features),
            n_features: candidates.n_features,
            bonuses: room(k)?,
            bonus_sum: 0.0,
            bonus_size: 0.0,
            exact: Vec::new(),
            drift: Vec::new(),
        };
        if method == Method::MaxSum {
            bounds.exact.resized(candidates.n_features, 0.0)?;
            bounds.measure_drift();
        }
        Ok(bounds)
    }

    /// What is known of a candidate that has seen no choice.
    pub(crate) fn first_value(&self) -> f64 {
        match self.method {
            Method::Mmr => f64::NEG_INFINITY,
            Method::MaxMin => f64::INFINITY,
            _ => 0.0,
        }
    }

    /// The bound of a candidate that has seen no choice, as it is kept.
    pub(crate) fn first_bound(&self) -> f64 {
        if self.method == Method::MaxSum {
            0.0
        } else {
            f64::INFINITY
        }
    }

    /// The first direction that a candidate has not seen.
    pub(crate) fn first_unseen(&self, seen: usize) -> usize {
        if self.method == Method::MaxSum {
            0
        } else {
            seen
        }
    }

    /// Takes in the products with the directions `first..`.
    #[inline(always)]
    pub(crate) fn take_in(&self, value: &mut f64, first: usize, products: &[f32], scale: f64) {
        match self.method {
            Method::Dpp => {
                for &product in products {
                    let product = f64::from(product) * scale;
                    *value += product * product;
                }
            }
            Method::MaxSum => *value = f64::from(products[0]) * scale,
            Method::MaxMin => {
                for (&product, bonus) in products.iter().zip(&self.bonuses[first..]) {
                    let pair = bonus + self.weight * (1.0 - f64::from(product) * scale);
                    *value = if pair < *value { pair } else { *value };
                }
            }
            _ => {
                for &product in products {
                    let product = f64::from(product) * scale;
                    *value = if product > *value { product } else { *value };
                }
            }
        }
    }

    /// No score of the candidate is larger now.
    #[inline(always)]
    pub(crate) fn now(&self, kept: f64, terms: &Terms<'_>, row: usize, seen: usize) -> f64 {
        if self.method == Method::MaxSum {
            let Drift { scale, slack } = self.drift[seen];
            self.sum(kept * scale - slack, terms, row)
        } else {
            kept
        }
    }

    /// The score under max_sum for a similarity with the sum of all chosen, and what rounding may add.
    #[inline(always)]
    fn sum(&self, similarity: f64, terms: &Terms<'_>, row: usize) -> f64 {
        let (step, bonus) = (self.bonuses.len() as f64, terms.bonus_of(row));
        let rounding = ROUNDING * (step * bonus.abs() + self.bonus_size + self.weight * step);
        step * bonus + self.bonus_sum + self.weight * (step - similarity) + rounding
    }

    /// A score that the candidate reaches, and one that it does not exceed, from what is known after all choices.
    #[inline(always)]
    pub(crate) fn of(&self, value: f64, terms: &Terms<'_>, row: usize) -> (f64, f64) {
        let (weight, bonus) = (self.weight, terms.bonus_of(row));
        let step = self.bonuses.len();
        let (middle, off) = match self.method {
            Method::MaxSum => (self.sum(value, terms, row), weight * self.drift[step].slack),
            Method::MaxMin => (bonus + value, weight * self.error),
            Method::Dpp => return self.of_projection(value, terms, row),
            _ => (bonus - weight * value, weight * self.error),
        };
        let rounding = ROUNDING * (bonus.abs() + weight + middle.abs() * step as f64);
        (middle - off - rounding, middle + off + rounding)
    }

    #[inline(always)]
    fn of_projection(&self, squared: f64, terms: &Terms<'_>, row: usize) -> (f64, f64) {
        let off = self.error * (self.bonuses.len() as f64).sqrt() + 1e-9;
        let length = squared.sqrt();
        let residual = |length: f64| 1.0 - length * length;
        let (low, high) = (residual(length + off), residual((length - off).max(0.0)));
        let score = |residual: f64, rounding: f64| {
            if residual <= RANK_TOLERANCE {
                f64::NEG_INFINITY
            } else if terms.bonus.is_none() {
                residual
            } else {
                let score = terms.bonus_of(row) + self.weight * ln(residual);
                score + rounding * score.abs()
            }
        };
        (score(low, -ROUNDING), score(high, ROUNDING))
    }

    /// The bound that follows from a score that was computed exactly.
    pub(crate) fn of_exact(score: f64) -> f64 {
        if score == f64::NEG_INFINITY {
            return score;
        }
        score + ROUNDING * score.abs()
    }

    /// Takes in a choice.
    pub(crate) fn push(
        &mut self,
        candidates: &Candidates<'_>,
        inverse_norm: f64,
        row: usize,
    ) -> Result<()> {
        let bonus = candidates.terms.bonus_of(row);
        self.bonuses.push(bonus);
        self.bonus_sum += bonus;
        self.bonus_size += bonus.abs();
        let unit = candidates
            .row(row)
            .iter()
            .map(|&value| f64::from(value) * inverse_norm);
        match self.method {
            Method::Dpp => {
                let unit = gathered(unit)?;
                let direction = self.orthogonal(unit);
                self.directions.push(direction.iter().copied())?;
                self.exact.extended(&direction)?;
            }
            Method::MaxSum => {
                let last = &self.exact[self.exact.len() - self.n_features..];
                let sum = gathered(last.iter().zip(unit).map(|(sum, value)| sum + value))?;
                self.directions.clear();
                self.directions.push(sum.iter().copied())?;
                self.exact.extended(&sum)?;
                self.measure_drift();
            }
            _ => self.directions.push(unit)?,
        }
        Ok(())
    }

    /// What is left of a vector beside the span of the basis, at length 1.
    fn orthogonal(&self, mut vector: Vec<f64>) -> Vec<f64> {
        loop {
            let before = dot(&vector, &vector);
            for direction in self.exact.chunks_exact(self.n_features) {
                let along = dot(&vector, direction);
                for (value, direction) in vector.iter_mut().zip(direction) {
                    *value -= along * direction;
                }
            }
            let after = dot(&vector, &vector);
            // Where much was taken away, what is left is not yet orthogonal.
            if after > 0.1 * before || after == 0.0 {
                let scale = if after > 0.0 { 1.0 / after.sqrt() } else { 0.0 };
                for value in &mut vector {
                    *value *= scale;
                }
                return vector;
            }
        }
    }

    /// Compares every earlier sum with the last; the errors of the products are part of the slack.
    fn measure_drift(&mut self) {
        let last = &self.exact[self.exact.len() - self.n_features..];
        let squared = dot(last, last);
        self.drift.clear();
        for sum in self.exact.chunks_exact(self.n_features) {
            let (before, along) = (dot(sum, sum), dot(sum, last));
            // Sums as short as rounding errors have no direction.
            let scale = if before > 1e-6 { along / before } else { 1.0 };
            let across = (squared - 2.0 * scale * along + scale * scale * before).max(0.0);
            let slack = across.sqrt() + self.error * scale.abs() * before.sqrt();
            // The squares cancel to within their rounding.
            let rounding = 1e-7 * squared.max(before).sqrt() * scale.abs().max(1.0) + 1e-12;
            self.drift.push(Drift {
                scale,
                slack: slack + rounding,
            });
        }
    }
}

/// A dot product in eight lanes.
fn dot(left: &[f64], right: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let ((left, left_rest), (right, right_rest)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    for (left, right) in left.iter().zip(right) {
        for lane in 0..8 {
            lanes[lane] += left[lane] * right[lane];
        }
    }
    let rest: f64 = left_rest
        .iter()
        .zip(right_rest)
        .map(|(left, right)| left * right)
        .sum();
    lanes.iter().sum::<f64>() + rest
}
