//! Sets whose smallest pair is largest: k rows of which every two are more than the best so far, while there are any.

use super::together::Together;
use super::tree::{Best, Lanes, MOST_ROWS, slack};
use crate::error::{Error, Result};
use crate::parallel::Workers;

/// Branches between two looks at whether to stop.
const BRANCHES: u32 = 1 << 16;

/// Looks for a set of `k` rows better than the best.
#[inline(always)]
pub(super) fn search<const C: usize>(
    pair: &[Lanes<C>],
    together: &Together,
    k: usize,
    best: &mut Best,
    workers: &Workers<'_>,
) -> Result<()> {
    loop {
        let need = best.value + slack(best.value);
        let mut with = together.with;
        for (with, pair) in with.iter_mut().zip(pair) {
            *with &= above(pair, need);
        }
        let Some(rows) = clique(&with, together, k, workers)? else {
            return Ok(());
        };
        let mut value = f64::INFINITY;
        for (at, &row) in rows.iter().enumerate() {
            for &other in &rows[..at] {
                value = value.min(pair[row].as_flattened()[other]);
            }
        }
        let value = if rows.len() < 2 { 0.0 } else { value };
        if value <= need {
            return Ok(());
        }
        *best = Best { rows, value };
    }
}

/// The rows whose values are larger.
#[inline(always)]
fn above<const C: usize>(values: &Lanes<C>, than: f64) -> u64 {
    let values = values.as_flattened().iter().enumerate();
    values.fold(0, |bits, (row, &value)| {
        bits | u64::from(value > than) << row
    })
}

/// The first set of `k` rows, in lexicographic order, of which every two go together.
#[inline(always)]
fn clique(
    with: &[u64; MOST_ROWS],
    together: &Together,
    k: usize,
    workers: &Workers<'_>,
) -> Result<Option<Vec<usize>>> {
    let (mut chosen, mut mask, mut open) = ([0; MOST_ROWS], 0_u64, together.eligible);
    let n_included = together.included.len();
    if n_included > k {
        return Ok(None);
    }
    for (step, &row) in together.included.iter().enumerate() {
        if mask & !with[row] != 0 {
            return Ok(None);
        }
        chosen[step] = row;
        mask |= 1 << row;
        open &= with[row];
    }
    let mut untried = [0_u64; MOST_ROWS + 1];
    let mut depth = n_included;
    untried[depth] = together.left_open(mask, open & !mask, k - depth);
    let mut n_branches = 0_u32;
    loop {
        if depth == k {
            return Ok(together.is_kept(mask).then(|| chosen[..k].to_vec()));
        }
        if (untried[depth].count_ones() as usize) < k - depth {
            if depth == n_included {
                return Ok(None);
            }
            depth -= 1;
            mask &= !(1 << chosen[depth]);
            continue;
        }
        n_branches = n_branches.wrapping_add(1);
        if n_branches.is_multiple_of(BRANCHES) && workers.asked_to_stop() {
            return Err(Error::Interrupted);
        }
        let row = untried[depth].trailing_zeros() as usize;
        untried[depth] &= untried[depth] - 1;
        let later = untried[depth] & with[row];
        let n_left = k - depth - 1;
        let open = together.left_open(mask | 1 << row, later, n_left);
        if (open.count_ones() as usize) >= n_left {
            chosen[depth] = row;
            mask |= 1 << row;
            depth += 1;
            untried[depth] = open;
        }
    }
}
