//! What outcomes must be to be worked on, looked at a run at a time by the thread that works on it, just before it does.
//!
//! The arrays are the caller's, who may write to them from one kernel to the next, so that a check cannot be kept. Looked at
//! here they are in the cache when they are needed, by all threads at once, and cost next to nothing.

use std::ops::Range;

use crate::error::{Error, Result};
use crate::matrix::check_offsets;

/// Checks that consecutive sets are not empty and lie within `n_entries` entries.
pub(super) fn check_sets(offsets: &[i64], n_entries: usize, sets: &Range<usize>) -> Result<()> {
    let [starts, ends] = edges(offsets, sets);
    let (first, last) = (starts.first(), ends.last());
    // Without a branch inside it the search is several times as fast, here and below.
    let outside =
        first.is_some_and(|&first| first < 0) || last.is_some_and(|&last| last > n_entries as i64);
    let is_empty = |(start, end): (&i64, &i64)| start >= end;
    let pairs = starts.iter().zip(ends);
    if !pairs.fold(outside, |wrong, pair| wrong | is_empty(pair)) {
        return Ok(());
    }
    check_offsets("offsets", offsets, n_entries)?;
    let empty = offsets.windows(2).position(|pair| pair[0] == pair[1]);
    Err(Error::Shape(match empty {
        Some(set) => format!("choice set {set} is empty"),
        None => "offsets must not be written to meanwhile".to_owned(),
    }))
}

/// Checks that `chosen` holds a position within each of some sets.
pub(super) fn check_chosen(offsets: &[i64], chosen: &[i32], sets: &Range<usize>) -> Result<()> {
    let [starts, ends] = edges(offsets, sets);
    let wrong = |at: i32, start: i64, end: i64| at < 0 || i64::from(at) >= end - start;
    match position(&chosen[sets.clone()], starts, ends, wrong) {
        Some(at) => Err(Error::Shape(format!(
            "chosen must be a position in its choice set: chosen[{}]={} of {}",
            sets.start + at,
            chosen[sets.start + at],
            ends[at] - starts[at]
        ))),
        None => Ok(()),
    }
}

/// Checks that those of some sets whose items are tied have two items.
pub(super) fn check_tied(
    offsets: &[i64],
    tied: Option<&[bool]>,
    sets: &Range<usize>,
) -> Result<()> {
    let Some(tied) = tied else { return Ok(()) };
    let [starts, ends] = edges(offsets, sets);
    let wrong = |tied: bool, start: i64, end: i64| tied && end - start != 2;
    match position(&tied[sets.clone()], starts, ends, wrong) {
        Some(at) => Err(Error::Shape(format!(
            "a tie takes two items: tied[{}] is of a choice set of {}",
            sets.start + at,
            ends[at] - starts[at]
        ))),
        None => Ok(()),
    }
}

/// Checks that `n_ranked` holds a number from 1 to the size of each of some sets.
pub(super) fn check_ranked(offsets: &[i64], n_ranked: &[i32], sets: &Range<usize>) -> Result<()> {
    let [starts, ends] = edges(offsets, sets);
    let wrong = |n: i32, start: i64, end: i64| n < 1 || i64::from(n) > end - start;
    match position(&n_ranked[sets.clone()], starts, ends, wrong) {
        Some(at) => Err(Error::Shape(format!(
            "n_ranked must be from 1 to the size of the set: n_ranked[{}]={} of {}",
            sets.start + at,
            n_ranked[sets.start + at],
            ends[at] - starts[at]
        ))),
        None => Ok(()),
    }
}

/// Where the entries of consecutive sets begin, and where they end.
fn edges<'a>(offsets: &'a [i64], sets: &Range<usize>) -> [&'a [i64]; 2] {
    let edges = &offsets[sets.start..=sets.end];
    [&edges[..sets.len()], &edges[1..]]
}

/// The first of some values that is wrong for its set.
fn position<T: Copy>(
    values: &[T],
    starts: &[i64],
    ends: &[i64],
    wrong: impl Fn(T, i64, i64) -> bool,
) -> Option<usize> {
    let all = || values.iter().zip(starts.iter().zip(ends));
    let any = all().fold(false, |any, (&value, (&start, &end))| {
        any | wrong(value, start, end)
    });
    if !any {
        return None;
    }
    all().position(|(&value, (&start, &end))| wrong(value, start, end))
}
