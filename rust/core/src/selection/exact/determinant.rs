//! Sets of largest log-determinant: bounded by the product of what is left of each row beside those taken (Hadamard).
//!
//! Ko, Lee, Queyranne (1995), An exact algorithm for maximum entropy sampling, is the branch and bound; what is left of a
//! row is a diagonal value of the Schur complement, kept by the factor `s = Σ_t f_t f_t' / d_t` of those taken.

use super::tree::{Lanes, MOST_ROWS, Tree, among, largest, most};
use crate::selection::greedy::dpp::RANK_TOLERANCE;
use crate::selection::logarithm::ln;
use crate::selection::method::Terms;

/// Where the search for a log-determinant stands.
pub(super) struct Determinant<'a, const C: usize> {
    similarity: &'a [Lanes<C>],
    plain: bool,
    weight: f64,
    bonus: Lanes<C>,
    residual: Vec<Lanes<C>>,
    factor: Vec<Lanes<C>>,
    inverse: [f64; MOST_ROWS],
}

impl<'a, const C: usize> Determinant<'a, C> {
    #[inline(always)]
    pub(super) fn new(
        similarity: &'a [Lanes<C>],
        terms: &Terms<'_>,
        bonus: Lanes<C>,
        k: usize,
    ) -> Self {
        Self {
            similarity,
            plain: terms.bonus.is_none(),
            weight: terms.weight,
            bonus,
            residual: vec![[[1.0; 8]; C]; k + 1],
            factor: vec![[[0.0; 8]; C]; k],
            inverse: [0.0; MOST_ROWS],
        }
    }
}

impl<const C: usize> Tree<C> for Determinant<'_, C> {
    #[inline(always)]
    fn take(&mut self, depth: usize, row: usize) {
        let mut value = self.similarity[row];
        for (factor, inverse) in self.factor[..depth].iter().zip(&self.inverse) {
            let scale = factor.as_flattened()[row] * inverse;
            for c in 0..C {
                for lane in 0..8 {
                    value[c][lane] -= scale * factor[c][lane];
                }
            }
        }
        let inverse = 1.0 / self.residual[depth].as_flattened()[row];
        let mut residual = self.residual[depth];
        for c in 0..C {
            for lane in 0..8 {
                residual[c][lane] -= value[c][lane] * value[c][lane] * inverse;
            }
        }
        self.inverse[depth] = inverse;
        self.factor[depth] = value;
        self.residual[depth + 1] = residual;
    }

    #[inline(always)]
    fn look(&self, depth: usize, _: usize, gain: &mut Lanes<C>, most: &mut Lanes<C>) {
        if self.weight == 0.0 {
            *gain = self.bonus;
        } else {
            let residual = &self.residual[depth];
            for c in 0..C {
                for lane in 0..8 {
                    let left = residual[c][lane];
                    let value = self.bonus[c][lane] + self.weight * ln(left);
                    gain[c][lane] = if left > RANK_TOLERANCE {
                        value
                    } else {
                        f64::NEG_INFINITY
                    };
                }
            }
        }
        *most = *gain;
    }

    /// The largest minor of two rows in the Schur complement, without quality.
    #[inline(always)]
    fn two(&self, depth: usize, open: u64) -> f64 {
        if !self.plain || self.weight == 0.0 {
            return f64::INFINITY;
        }
        let (left, mut rest) = (among(open, &self.residual[depth]), open);
        let mut best = [[0.0; 8]; C];
        while rest != 0 {
            let row = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let mine = self.residual[depth].as_flattened()[row];
            let mut value = self.similarity[row];
            for (factor, inverse) in self.factor[..depth].iter().zip(&self.inverse) {
                let scale = factor.as_flattened()[row] * inverse;
                for c in 0..C {
                    for lane in 0..8 {
                        value[c][lane] -= scale * factor[c][lane];
                    }
                }
            }
            for c in 0..C {
                for lane in 0..8 {
                    let minor = mine * left[c][lane] - value[c][lane] * value[c][lane];
                    best[c][lane] = if minor > best[c][lane] {
                        minor
                    } else {
                        best[c][lane]
                    };
                }
            }
        }
        // The difference may be off by a few roundings of the products.
        self.weight * ln(most(&best) + 1e-14)
    }

    #[inline(always)]
    fn last(&self, depth: usize, open: u64) -> (usize, f64) {
        if self.plain && self.weight > 0.0 {
            // The logarithm rises with what is left: it need not be taken to compare.
            let (row, left) = largest(open, self.residual[depth].as_flattened());
            if left <= RANK_TOLERANCE {
                return (row, f64::NEG_INFINITY);
            }
            return (row, self.weight * ln(left));
        }
        let (mut gain, mut most) = ([[0.0; 8]; C], [[0.0; 8]; C]);
        self.look(depth, 1, &mut gain, &mut most);
        largest(open, gain.as_flattened())
    }
}
