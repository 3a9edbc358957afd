//! Wins sorted by winner: the rows of a sparse table of who won against whom.
//!
//! What a pair says of utilities depends on who won and who lost alone, so that passes may go through the losers to one
//! winner after the other: half of what they look up stays where it is. A tie is half a win for each of the two.

use std::ops::Range;

use super::counts::{Pairs, Row, refusal};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_finite, group, runs_of_groups};
use crate::memory::{Growing, filled, zeroed};
use crate::parallel::Workers;

/// Pairs that a thread takes at a time, at least.
const PAIRS_PER_TASK: usize = 1 << 16;

/// Rows of the largest table: they are int32.
const MOST_ITEMS: usize = i32::MAX as usize;

/// Wins that are alike are counted together where there is at most one for so many.
const WINS_A_CELL: usize = 2;

/// Who lost to whom: item `i` won against `loser[offsets[i]..offsets[i + 1]]`, each as often as `weight` says, or once.
#[derive(Debug, Default, PartialEq)]
pub struct Wins {
    /// Where the wins of each item begin, and where the last end.
    pub offsets: Vec<i64>,
    /// Rows of those who lost.
    pub loser: Vec<i32>,
    /// What each win counts; none where each counts 1.
    pub weight: Option<Vec<f64>>,
    /// How often each item won.
    pub won: Vec<f64>,
    /// How often each item lost.
    pub lost: Vec<f64>,
}

/// Sorts pairs by winner, and counts those together that are alike, if they are many.
///
/// # Errors
/// Refuses vectors of unequal length, rows that there are not, an item against itself, and weights that are not finite.
pub fn wins_by_winner<R: Row>(
    pairs: Pairs<'_, R>,
    n_items: usize,
    workers: &Workers<'_>,
) -> Result<Wins> {
    let n = pairs.check_lengths()?;
    ensure((1..=MOST_ITEMS).contains(&n_items), || {
        format!("n_items must lie between 1 and {MOST_ITEMS}, not {n_items}")
    })?;
    if let Some(weight) = pairs.weight {
        check_finite("weight", Matrix::new(weight, n, 1)?, workers)?;
    }
    let mut tally = Tally::new(n_items)?;
    let step = PAIRS_PER_TASK.max(4 * n_items);
    let tasks: Vec<Range<usize>> = (0..n)
        .step_by(step)
        .map(|first| first..n.min(first + step))
        .collect();
    workers.fold(
        tasks,
        |task| tallied(&pairs, n_items, task),
        |own| tally.add(&own),
    )?;
    let wins = sorted(&pairs, tally)?;
    counted_together(wins, n_items, workers)
}

/// How many entries each row will have, and what each item won and lost.
struct Tally {
    entries: Vec<usize>,
    sums: Vec<[f64; 2]>,
}

impl Tally {
    fn new(n_items: usize) -> Result<Self> {
        Ok(Self {
            entries: filled(0, n_items)?,
            sums: filled([0.0; 2], n_items)?,
        })
    }

    fn add(&mut self, other: &Self) {
        for (entries, more) in self.entries.iter_mut().zip(&other.entries) {
            *entries += more;
        }
        for (sums, more) in self.sums.iter_mut().zip(&other.sums) {
            sums[0] += more[0];
            sums[1] += more[1];
        }
    }
}

/// Checks some pairs and counts them.
fn tallied<R: Row>(pairs: &Pairs<'_, R>, n_items: usize, task: Range<usize>) -> Result<Tally> {
    let mut tally = Tally::new(n_items)?;
    let first = task.start;
    let (winner, loser) = (&pairs.winner[task.clone()], &pairs.loser[task]);
    for (at, (winner, loser)) in winner.iter().zip(loser).enumerate() {
        let (i, j) = (winner.index(), loser.index());
        if i >= n_items || j >= n_items || i == j {
            return Err(refusal(pairs, first + at, n_items));
        }
        let counts = pairs.weight.map_or(1.0, |weight| weight[first + at]);
        tally.entries[i] += 1;
        if pairs.tied.is_some_and(|tied| tied[first + at]) {
            tally.entries[j] += 1;
            for side in [i, j] {
                tally.sums[side][0] += counts / 2.0;
                tally.sums[side][1] += counts / 2.0;
            }
        } else {
            tally.sums[i][0] += counts;
            tally.sums[j][1] += counts;
        }
    }
    Ok(tally)
}

/// Writes the losers to each winner one after the other, in the order of the pairs.
fn sorted<R: Row>(pairs: &Pairs<'_, R>, tally: Tally) -> Result<Wins> {
    let mut next = tally.entries;
    let mut offsets = filled(0_i64, next.len() + 1)?;
    let mut end = 0;
    for (next, offset) in next.iter_mut().zip(&mut offsets[1..]) {
        let first = end;
        end += *next;
        *next = first;
        *offset = end as i64;
    }
    let mut loser = zeroed(end)?;
    let whole = pairs.weight.is_none() && pairs.tied.is_none();
    let mut weight = zeroed(if whole { 0 } else { end })?;
    let mut put = |i: usize, j: usize, counts: f64| {
        loser[next[i]] = j as i32;
        if !whole {
            weight[next[i]] = counts;
        }
        next[i] += 1;
    };
    for (at, (winner, loser)) in pairs.winner.iter().zip(pairs.loser).enumerate() {
        let counts = pairs.weight.map_or(1.0, |weight| weight[at]);
        if pairs.tied.is_some_and(|tied| tied[at]) {
            put(winner.index(), loser.index(), counts / 2.0);
            put(loser.index(), winner.index(), counts / 2.0);
        } else {
            put(winner.index(), loser.index(), counts);
        }
    }
    let mut won = filled(0.0, tally.sums.len())?;
    let mut lost = filled(0.0, tally.sums.len())?;
    for (sums, (won, lost)) in tally.sums.iter().zip(won.iter_mut().zip(&mut lost)) {
        [*won, *lost] = *sums;
    }
    Ok(Wins {
        offsets,
        loser,
        weight: (!whole).then_some(weight),
        won,
        lost,
    })
}

/// Some rows, their wins that are alike counted together.
#[derive(Default)]
struct Rows {
    sizes: Vec<usize>,
    loser: Vec<i32>,
    weight: Vec<f64>,
}

/// Counts wins of one item against another together, if that leaves few.
fn counted_together(wins: Wins, n_items: usize, workers: &Workers<'_>) -> Result<Wins> {
    let runs = runs_of_groups(&wins.offsets, PAIRS_PER_TASK.max(4 * n_items));
    let mut n_cells = 0;
    let count = |run| n_distinct(&wins, n_items, run);
    workers.fold(runs.clone(), count, |n| n_cells += n)?;
    if n_cells * WINS_A_CELL > wins.loser.len() {
        return Ok(wins);
    }
    let mut together = Rows::default();
    together.sizes.reserving(n_items)?;
    together.loser.reserving(n_cells)?;
    together.weight.reserving(n_cells)?;
    workers.fold(
        runs,
        |run| distinct_of(&wins, n_items, run),
        |rows| {
            together.sizes.extend(rows.sizes);
            together.loser.extend(rows.loser);
            together.weight.extend(rows.weight);
        },
    )?;
    let mut offsets = wins.offsets;
    let mut end = 0;
    for (size, offset) in together.sizes.iter().zip(&mut offsets[1..]) {
        end += size;
        *offset = end as i64;
    }
    Ok(Wins {
        offsets,
        loser: together.loser,
        weight: Some(together.weight),
        won: wins.won,
        lost: wins.lost,
    })
}

/// How many distinct losers there are in all of some rows together.
fn n_distinct(wins: &Wins, n_items: usize, run: Range<usize>) -> Result<usize> {
    let mut last_row = filled(0_u32, n_items)?;
    let mut n = 0;
    for row in run {
        let this = row as u32 + 1;
        for &loser in &wins.loser[group(&wins.offsets, row)] {
            let last = &mut last_row[loser as usize];
            n += usize::from(*last != this);
            *last = this;
        }
    }
    Ok(n)
}

/// The distinct losers in each of some rows, in the order in which they come first.
fn distinct_of(wins: &Wins, n_items: usize, run: Range<usize>) -> Result<Rows> {
    let mut rows = Rows::default();
    rows.sizes.reserving(run.len())?;
    // Where in the row an item stands, if that is it which stands there.
    let mut place = filled(0_u32, n_items)?;
    for row in run {
        let first = rows.loser.len();
        for at in group(&wins.offsets, row) {
            let loser = wins.loser[at];
            let counts = wins.weight.as_ref().map_or(1.0, |weight| weight[at]);
            let place = &mut place[loser as usize];
            let here = first + *place as usize;
            if rows.loser.get(here) == Some(&loser) {
                rows.weight[here] += counts;
            } else {
                *place = (rows.loser.len() - first) as u32;
                rows.loser.pushed(loser)?;
                rows.weight.pushed(counts)?;
            }
        }
        rows.sizes.push(rows.loser.len() - first);
    }
    Ok(rows)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wins_stand_in_the_rows_of_winners_and_ties_in_both() {
        let pairs = Pairs {
            winner: &[2_i64, 0, 2, 1],
            loser: &[0, 1, 1, 2],
            tied: Some(&[false, true, false, false]),
            weight: Some(&[1.0, 4.0, 0.5, 3.0]),
        };
        let wins = wins_by_winner(pairs, 3, &Workers::serial()).unwrap();
        assert_eq!(wins.offsets, [0, 1, 3, 5]);
        assert_eq!(wins.loser, [1, 0, 2, 0, 1]);
        assert_eq!(wins.weight, Some(vec![2.0, 2.0, 3.0, 1.0, 0.5]));
        assert_eq!(wins.won, [2.0, 5.0, 1.5]);
        assert_eq!(wins.lost, [3.0, 2.5, 3.0]);
    }

    #[test]
    fn wins_that_are_alike_are_counted_together_where_that_leaves_few() {
        let winner: Vec<i32> = (0..200_000).map(|i| (i % 7) * (i % 7) % 7).collect();
        let loser: Vec<i32> = winner.iter().map(|w| (w + 1 + w % 2) % 7).collect();
        let pairs = Pairs {
            winner: &winner,
            loser: &loser,
            tied: None,
            weight: None,
        };
        let one = wins_by_winner(pairs, 7, &Workers::serial()).unwrap();
        assert_eq!(one.loser.len(), 4);
        assert_eq!(one.weight.as_ref().unwrap().iter().sum::<f64>(), 200_000.0);
        let two = wins_by_winner(pairs, 7, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(one, two);
    }

    #[test]
    fn what_is_no_pair_of_items_is_refused() {
        let refused = |winner: &[i64], loser: &[i64], n_items| {
            let pairs = Pairs {
                winner,
                loser,
                tied: None,
                weight: None,
            };
            wins_by_winner(pairs, n_items, &Workers::serial())
                .unwrap_err()
                .to_string()
        };
        assert!(refused(&[0, -1], &[1, 0], 2).ends_with("winner[1]=-1"));
        assert!(refused(&[0, 1], &[1, 2], 2).ends_with("loser[1]=2"));
        assert!(refused(&[0, 1], &[1, 1], 2).ends_with("loser[1] are 1"));
        assert!(refused(&[0, 1], &[1], 2).contains("one entry a pair"));
        assert!(refused(&[0], &[1], 0).contains("n_items must lie between 1"));
    }
}
