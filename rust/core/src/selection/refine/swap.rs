//! A swap of a chosen row for another: what an objective says of it, and whether the rules let it be.

use crate::selection::candidates::Candidates;
use crate::selection::rules::Kept;

/// Swaps a chosen row may see on average.
pub(super) const SWAPS_PER_ROW: usize = 100;

/// A row to put into a slot, and what that gains.
#[derive(Clone, Copy)]
pub(super) struct Swap {
    pub row: usize,
    pub slot: usize,
    pub gain: f64,
}

/// What an objective says of swaps.
pub(super) trait Objective: Sync {
    /// The value of the set.
    fn value(&self) -> f64;

    /// The best slot of each of the rows `first..`, the lowest of equals, and what the swap gains.
    fn best(
        &self,
        first: usize,
        gains: &mut [f64],
        slots: &mut [u32],
        may: &(dyn Fn(usize, usize) -> bool + Sync),
    );

    /// Takes in a swap, after which `of_slot` holds the new similarities.
    fn swap(&mut self, chosen: &[usize], of_slot: &[f64], slot: usize);

    /// Computes all anew; false where nothing had been updated.
    fn renew(&mut self, chosen: &[usize], of_slot: &[f64]) -> bool;
}

/// Whether the rules let a row take a slot.
#[inline(always)]
pub(super) fn may_swap(
    candidates: &Candidates<'_>,
    of_slot: &[f64],
    slots: &[usize],
    kept: &Kept,
    row: usize,
    slot: usize,
) -> bool {
    let (n, rules) = (candidates.len(), &candidates.rules);
    slot >= rules.n_included()
        && rules.may_swap(slots[slot], row, kept)
        && (rules.max_similarity == f64::INFINITY
            || (0..slots.len())
                .all(|other| other == slot || !rules.too_similar(of_slot[other * n + row])))
}
