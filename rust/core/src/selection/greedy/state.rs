//! What the objectives over pairs know of a candidate, how they score it, and what a choice changes.
//!
//! The state of candidate i is under dpp its squared distance to the span of the chosen (`d_i²` of Chen, Zhang, Zhou
//! 2018, Algorithm 1; `c_i` is a column of `factor`), under mmr its largest similarity to one of them, under max_sum and
//! max_min the sum and the smallest of `bonus_j + weight (1 - s_ij)` over the chosen j.

use crate::selection::logarithm::ln;
use crate::selection::method::{Method, Terms};

/// A candidate closer than this to the span of the chosen ones (squared, of a unit vector) adds nothing to them.
pub(crate) const RANK_TOLERANCE: f64 = 1e-10;

/// The state of a candidate before any is chosen.
pub(crate) fn initial(method: Method) -> f64 {
    match method {
        Method::Dpp => 1.0,
        Method::MaxMin => f64::INFINITY,
        _ => 0.0,
    }
}

/// Where a candidate stands among the others; the highest is chosen. Negative infinity for one that adds nothing.
#[inline(always)]
pub(crate) fn score(terms: &Terms<'_>, row: usize, state: f64, step: usize) -> f64 {
    match terms.method {
        Method::Dpp if terms.weight == 0.0 => terms.bonus_of(row),
        Method::Dpp if state <= RANK_TOLERANCE => f64::NEG_INFINITY,
        // The logarithm rises with the state: it need not be taken to compare.
        Method::Dpp => terms.bonus.map_or(state, |_| gain(terms, row, state, step)),
        _ if step == 0 => terms.bonus_of(row),
        _ => gain(terms, row, state, step),
    }
}

/// What the choice of a candidate adds to the objective.
#[inline(always)]
pub(crate) fn gain(terms: &Terms<'_>, row: usize, state: f64, step: usize) -> f64 {
    let bonus = terms.bonus_of(row);
    match terms.method {
        Method::Dpp if terms.weight == 0.0 => bonus,
        Method::Dpp => bonus + terms.weight * ln(state),
        Method::MaxSum | Method::MaxMin if step == 0 => 0.0,
        Method::MaxSum => step as f64 * bonus + state,
        Method::MaxMin => bonus + state,
        _ => bonus - terms.weight * state,
    }
}

/// A candidate that has just been chosen.
pub(crate) struct Chosen<'a> {
    pub bonus: f64,
    pub state: f64,
    /// Its column of the factor: one value a step.
    pub column: &'a [f64],
    pub step: usize,
}

/// Brings states up to date with a choice, from the similarities with it.
///
/// `earlier` are the rows of the factor for the same candidates; the new one is left in `similarity`. No fused operations
/// here: they would round differently from one instruction set to the next.
#[inline(always)]
pub(crate) fn update<'a>(
    terms: &Terms<'_>,
    chosen: &Chosen<'_>,
    earlier: impl Iterator<Item = &'a [f64]>,
    similarity: &mut [f64],
    state: &mut [f64],
) {
    let pairs = similarity.iter().zip(state.iter_mut());
    match terms.method {
        Method::Dpp => condition(chosen, earlier, similarity, state),
        Method::MaxSum => {
            for (similarity, state) in pairs {
                *state += chosen.bonus + terms.weight * (1.0 - similarity);
            }
        }
        Method::MaxMin => {
            for (similarity, state) in pairs {
                let pair = chosen.bonus + terms.weight * (1.0 - similarity);
                *state = if pair < *state { pair } else { *state };
            }
        }
        _ if chosen.step == 0 => state.copy_from_slice(similarity),
        _ => {
            for (&similarity, state) in pairs {
                *state = if similarity > *state {
                    similarity
                } else {
                    *state
                };
            }
        }
    }
}

/// One step of the incremental Cholesky factorisation: `e_i = (s_ij - <c_j, c_i>) / d_j`, appended to `c_i`, and
/// `d_i² -= e_i²`.
#[inline(always)]
fn condition<'a>(
    chosen: &Chosen<'_>,
    earlier: impl Iterator<Item = &'a [f64]>,
    similarity: &mut [f64],
    residual: &mut [f64],
) {
    for (earlier, of_chosen) in earlier.zip(chosen.column) {
        for (value, earlier) in similarity.iter_mut().zip(earlier) {
            *value -= of_chosen * earlier;
        }
    }
    let scale = if chosen.state > RANK_TOLERANCE {
        1.0 / chosen.state.sqrt()
    } else {
        0.0
    };
    for (value, residual) in similarity.iter_mut().zip(residual.iter_mut()) {
        *value *= scale;
        *residual -= *value * *value;
    }
}
