//! Rankings, item by item: what `ranking.rs` says the probability of.

use std::ops::Range;

use super::entries::Entries;

/// Rankings; the first `n_ranked` items of each set stand in order, best first, before all others.
#[derive(Clone, Copy)]
pub(super) struct Rankings<'a> {
    pub(super) entries: Entries<'a>,
    pub(super) n_ranked: &'a [i32],
}

impl Rankings<'_> {
    /// Items and stages of every ranking; the last item left is no choice.
    #[inline(always)]
    pub(super) fn shapes(&self, outcomes: &Range<usize>) -> impl Iterator<Item = [usize; 2]> {
        self.entries
            .sizes(outcomes)
            .zip(&self.n_ranked[outcomes.clone()])
            .map(|(size, n_ranked)| [size, (*n_ranked as usize).min(size - 1)])
    }
}
