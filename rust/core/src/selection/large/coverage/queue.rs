//! Candidates by the most that they can add, the lowest row of equals first.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A candidate and a bound on what it adds.
#[derive(Clone, Copy, PartialEq)]
pub(crate) struct Entry {
    pub bound: f64,
    pub row: usize,
}

impl Eq for Entry {}

impl Ord for Entry {
    fn cmp(&self, other: &Self) -> Ordering {
        let rows = Reverse(self.row).cmp(&Reverse(other.row));
        self.bound.total_cmp(&other.bound).then(rows)
    }
}

impl PartialOrd for Entry {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

pub(crate) type Queue = BinaryHeap<Entry>;

/// How a bound came about; all but the last are above what the candidate adds by some error.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Stage {
    /// At an earlier step.
    Stale,
    /// From products in the fastest narrow type.
    Rough,
    /// From products in float32.
    Close,
    /// It is what the candidate adds.
    Exact,
}
