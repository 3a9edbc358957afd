//! Pairs counted in a table of all pairs of items.

use std::ops::Range;

use crate::blocks::{Blocks, add_all};
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_finite};
use crate::memory::filled;
use crate::parallel::Workers;

/// Pairs that a thread takes at a time, at least: as many as a table has cells, so that adding it up costs less.
const PAIRS_PER_TASK: usize = 1 << 16;

/// Rows of the largest table.
const MOST_ITEMS: usize = 1 << 15;

/// A row of an item, as the caller has it.
pub trait Row: Copy + Sync {
    /// The row, or a number that no table has so many rows as.
    fn index(self) -> usize;
    /// The row as it is written.
    fn written(self) -> i64;
}

impl Row for i32 {
    #[inline(always)]
    fn index(self) -> usize {
        self as u32 as usize
    }
    fn written(self) -> i64 {
        self.into()
    }
}

impl Row for i64 {
    #[inline(always)]
    fn index(self) -> usize {
        self as u64 as usize
    }
    fn written(self) -> i64 {
        self
    }
}

/// Pairs in two vectors, the row of the winner in one and that of the loser in the other.
#[derive(Clone, Copy)]
pub struct Pairs<'a, R> {
    /// Who won, or one of a tie.
    pub winner: &'a [R],
    /// Who lost, or the other.
    pub loser: &'a [R],
    /// Which pairs are ties.
    pub tied: Option<&'a [bool]>,
    /// What each counts, 1 by default.
    pub weight: Option<&'a [f64]>,
}

impl<R> Pairs<'_, R> {
    /// The number of pairs.
    ///
    /// # Errors
    /// Refuses vectors of unequal length.
    pub(super) fn check_lengths(&self) -> Result<usize> {
        let n = self.winner.len();
        let same = |length: usize| length == n;
        ensure(
            same(self.loser.len())
                && self.tied.is_none_or(|tied| same(tied.len()))
                && self.weight.is_none_or(|weight| same(weight.len())),
            || format!("loser, tied and weight must have one entry a pair, as winner has {n}"),
        )?;
        Ok(n)
    }
}

/// How often the row won against the column, and where there are ties, how often the two tied, each `(n_items, n_items)`.
///
/// # Errors
/// Refuses vectors of unequal length, rows that there are not, an item against itself, and weights that are not finite.
pub fn count_pairs<R: Row>(
    pairs: Pairs<'_, R>,
    n_items: usize,
    workers: &Workers<'_>,
) -> Result<(Vec<f64>, Option<Vec<f64>>)> {
    let n = pairs.check_lengths()?;
    ensure((1..=MOST_ITEMS).contains(&n_items), || {
        format!("n_items must lie between 1 and {MOST_ITEMS}, not {n_items}")
    })?;
    if let Some(weight) = pairs.weight {
        check_finite("weight", Matrix::new(weight, n, 1)?, workers)?;
    }
    let size = n_items * n_items;
    let n_tables = 1 + usize::from(pairs.tied.is_some());
    let step = PAIRS_PER_TASK.max(n_tables * size);
    let blocks = Blocks::of_rows(None, n, step)?;
    let total = workers.reduce(
        &blocks,
        blocks.pieces().iter().cloned(),
        |task| counted(&pairs, n_items, n_tables * size, task),
        |sums, terms| add_all(sums, &terms),
    )?;
    let mut total = total.map_or_else(|| filled(0.0, n_tables * size), Ok)?;
    let ties = pairs.tied.map(|_| total.split_off(size));
    Ok((total, ties))
}

/// The tables of some pairs, one after the other.
fn counted<R: Row>(
    pairs: &Pairs<'_, R>,
    n_items: usize,
    size: usize,
    task: Range<usize>,
) -> Result<Vec<f64>> {
    let (winner, loser) = (&pairs.winner[task.clone()], &pairs.loser[task.clone()]);
    let cells = winner.iter().zip(loser).map(|(winner, loser)| {
        let (winner, loser) = (winner.index(), loser.index());
        (winner < n_items && loser < n_items && winner != loser).then(|| winner * n_items + loser)
    });
    let ties = |at: usize| {
        pairs
            .tied
            .map_or(0, |tied| usize::from(tied[at]) * n_items * n_items)
    };
    let first = task.start;
    let mut own = filled(0.0, size)?;
    let refused = |at: usize| refusal(pairs, first + at, n_items);
    match (pairs.weight, pairs.tied) {
        (None, None) => {
            // Whole numbers are added sooner.
            let mut counts = filled(0_u32, size)?;
            for (at, cell) in cells.enumerate() {
                counts[cell.ok_or_else(|| refused(at))?] += 1;
            }
            for (own, count) in own.iter_mut().zip(counts) {
                *own = f64::from(count);
            }
        }
        (weight, _) => {
            for (at, cell) in cells.enumerate() {
                let cell = cell.ok_or_else(|| refused(at))? + ties(first + at);
                own[cell] += weight.map_or(1.0, |weight| weight[first + at]);
            }
        }
    }
    Ok(own)
}

/// What is wrong with a pair.
pub(super) fn refusal<R: Row>(pairs: &Pairs<'_, R>, at: usize, n_items: usize) -> Error {
    for (name, rows) in [("winner", pairs.winner), ("loser", pairs.loser)] {
        if rows[at].index() >= n_items {
            return Error::Shape(format!(
                "{name} must be below the {n_items} items and not negative: {name}[{at}]={}",
                rows[at].written()
            ));
        }
    }
    Error::Shape(format!(
        "the same item twice in a pair: winner[{at}] and loser[{at}] are {}",
        pairs.winner[at].written()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wins_and_ties_are_counted_by_row_and_column() {
        let pairs = Pairs {
            winner: &[0_i32, 2, 0, 1],
            loser: &[1, 0, 1, 2],
            tied: Some(&[false, true, false, false]),
            weight: Some(&[1.0, 2.0, 0.5, 3.0]),
        };
        let (wins, ties) = count_pairs(pairs, 3, &Workers::serial()).unwrap();
        assert_eq!(wins, [0.0, 1.5, 0.0, 0.0, 0.0, 3.0, 0.0, 0.0, 0.0]);
        assert_eq!(ties.unwrap(), [0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 2.0, 0.0, 0.0]);
    }

    #[test]
    fn threads_do_not_matter() {
        let winner: Vec<i64> = (0..300_000).map(|i| i * i % 7).collect();
        let loser: Vec<i64> = winner.iter().map(|w| (w + 1) % 7).collect();
        let weight: Vec<f64> = (0..300_000).map(|i| f64::from(i % 13) * 0.1).collect();
        let pairs = Pairs {
            winner: &winner,
            loser: &loser,
            tied: None,
            weight: Some(&weight),
        };
        let one = count_pairs(pairs, 7, &Workers::serial()).unwrap();
        assert_eq!(
            one,
            count_pairs(pairs, 7, &Workers::new(3, &|| false)).unwrap()
        );
        let total: f64 = weight.iter().sum();
        assert!((one.0.iter().sum::<f64>() - total).abs() < 1e-6);
    }

    #[test]
    fn rows_that_there_are_not_are_refused() {
        let refused = |winner: &[i64], loser: &[i64]| {
            let pairs = Pairs {
                winner,
                loser,
                tied: None,
                weight: None,
            };
            count_pairs(pairs, 2, &Workers::serial())
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&[0, -1], &[1, 0]).ends_with("winner[1]=-1"));
        assert!(refused(&[0, 1], &[1, 2]).ends_with("loser[1]=2"));
        assert!(refused(&[0, 1], &[1, 1]).ends_with("loser[1] are 1"));
        assert!(refused(&[0, 1], &[1]).contains("one entry a pair"));
    }
}
