//! Pairs that were found, and what says which of them count.

use crate::error::Result;
use crate::memory::{Growing, room};
use crate::similarity::exact::Score;

/// Pairs of rows, the lower first, and their scores.
pub type Pairs = (Vec<[i32; 2]>, Vec<f64>);

/// Two rows, the lower first, and their score, of which more is better.
#[derive(Clone, Copy)]
pub(super) struct Found {
    pub rows: [i32; 2],
    pub score: f64,
}

/// Says which pairs count, and takes them.
pub(super) trait Collector: Sync {
    /// The score, of which more is better, that a pair must reach; it only rises.
    fn least(&self) -> f64;

    /// Whether nothing depends on this pair any more.
    #[inline(always)]
    fn is_settled(&self, _: [usize; 2]) -> bool {
        false
    }

    /// The row with which all of these are settled, if there is one.
    fn settled_with(&self, _: &mut dyn Iterator<Item = usize>) -> Option<usize> {
        None
    }

    /// Takes a pair that reaches the least, or puts it to those that are taken together.
    ///
    /// # Errors
    /// If there is not the memory.
    #[inline(always)]
    fn meet(&self, found: Found, together: &mut Vec<Found>) -> Result<()> {
        together.pushed(found)
    }

    /// Takes pairs together.
    ///
    /// # Errors
    /// What the collector refuses.
    fn take(&self, found: &[Found]) -> Result<()>;
}

/// The rows and the scores as they are.
pub(super) fn split(found: &[Found], kind: Score) -> Result<Pairs> {
    let (mut pairs, mut scores) = (room(found.len())?, room(found.len())?);
    for Found { rows, score } in found {
        pairs.push(*rows);
        scores.push(kind.given(*score));
    }
    Ok((pairs, scores))
}
