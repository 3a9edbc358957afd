//! What the objectives over pairs know of a candidate, how they score it, and what a choice changes: each in its own file.

use super::{dpp, max_min, max_sum, mmr};
use crate::selection::method::{Method, Terms};

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
        Method::Dpp if state <= dpp::RANK_TOLERANCE => f64::NEG_INFINITY,
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
        Method::Dpp => dpp::gain(bonus, terms.weight, state),
        Method::MaxSum | Method::MaxMin if step == 0 => 0.0,
        Method::MaxSum => max_sum::gain(bonus, state, step),
        Method::MaxMin => max_min::gain(bonus, state),
        _ => mmr::gain(bonus, terms.weight, state),
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
    match terms.method {
        Method::Dpp => dpp::update(chosen.state, chosen.column, earlier, similarity, state),
        Method::MaxSum => max_sum::update(chosen.bonus, terms.weight, similarity, state),
        Method::MaxMin => max_min::update(chosen.bonus, terms.weight, similarity, state),
        _ => mmr::update(chosen.step, similarity, state),
    }
}
