//! The search over all sets of a small pool: branch and bound, depth first, over rows in ascending order.
//!
//! A set is better only if its value exceeds that of the best so far by more than [`slack`], and a branch is cut only if
//! no set in it can be better. So the outcome does not depend on how tight the bounds are: among equals it is the greedy
//! choice, else the first in lexicographic order.

use super::together::Together;
use super::tree::{Best, Lanes, MOST_ROWS, Tree, slack};
use crate::error::{Error, Result};
use crate::parallel::Workers;

/// Branches between two looks at whether to stop.
const BRANCHES: u32 = 1 << 16;

/// Less by more than a sum in another order may be off.
fn surely(need: f64) -> f64 {
    need - 1e-12 * (1.0 + need.abs())
}

/// What is kept for each depth.
#[derive(Clone, Copy)]
struct Level<const C: usize> {
    value: f64,
    /// Rows that may still be taken, and those of them that were not yet tried.
    open: u64,
    untried: u64,
    gain: Lanes<C>,
    /// No set with this row and later ones adds more.
    within: Lanes<C>,
}

/// Looks for a set of `k` rows better than the best; `nothing` is the value of no rows.
#[inline(always)]
pub(super) fn search<const C: usize>(
    tree: &mut impl Tree<C>,
    together: &Together,
    k: usize,
    nothing: f64,
    best: &mut Best,
    workers: &Workers<'_>,
) -> Result<()> {
    let (mut chosen, mut mask, mut open) = ([0; MOST_ROWS], 0_u64, together.eligible);
    let (mut gain, mut most) = ([[0.0; 8]; C], [[0.0; 8]; C]);
    let mut value = nothing;
    let n_included = together.included.len();
    if n_included > k {
        return Ok(());
    }
    for (depth, &row) in together.included.iter().enumerate() {
        if mask & !together.with[row] != 0 {
            return Ok(());
        }
        tree.look(depth, 1, &mut gain, &mut most);
        value += gain.as_flattened()[row];
        if value == f64::NEG_INFINITY {
            return Ok(());
        }
        tree.take(depth, row);
        chosen[depth] = row;
        mask |= 1 << row;
        open &= together.with[row];
    }
    open = together.left_open(mask, open & !mask, k - n_included);
    if n_included == k {
        if together.is_kept(mask) && value > best.value + slack(best.value) {
            *best = Best {
                rows: chosen[..k].to_vec(),
                value,
            };
        }
        return Ok(());
    }
    let mut need = best.value + slack(best.value);
    let mut accept = |rows: &[usize], last: usize, value: f64| {
        best.rows.clear();
        best.rows.extend_from_slice(rows);
        best.rows.push(last);
        best.value = value;
        value + slack(value)
    };
    if n_included + 1 == k {
        let (row, added) = tree.last(n_included, open);
        if value + added > need {
            accept(&chosen[..n_included], row, value + added);
        }
        return Ok(());
    }
    let empty = Level {
        value: 0.0,
        open: 0,
        untried: 0,
        gain,
        within: gain,
    };
    let mut levels = vec![empty; k - 1];
    let mut depth = n_included;
    levels[depth].open_at(tree, depth, k, value, open);
    let mut n_branches = 0_u32;
    loop {
        let level = &mut levels[depth];
        if level.untried == 0 {
            if depth == n_included {
                return Ok(());
            }
            depth -= 1;
            mask &= !(1 << chosen[depth]);
            continue;
        }
        let row = level.untried.trailing_zeros() as usize;
        level.untried &= level.untried - 1;
        if level.value + level.within.as_flattened()[row] <= need {
            continue;
        }
        n_branches = n_branches.wrapping_add(1);
        if n_branches.is_multiple_of(BRANCHES) && workers.asked_to_stop() {
            return Err(Error::Interrupted);
        }
        let later = level.open & (!1 << row) & together.with[row];
        let n_left = k - depth - 1;
        let open = together.left_open(mask | 1 << row, later, n_left);
        if (open.count_ones() as usize) < n_left {
            continue;
        }
        let value = level.value + level.gain.as_flattened()[row];
        tree.take(depth, row);
        chosen[depth] = row;
        if n_left == 1 {
            let (last, added) = tree.last(depth + 1, open);
            if value + added > need {
                need = accept(&chosen[..=depth], last, value + added);
            }
        } else if n_left > 2 || value + tree.two(depth + 1, open) > surely(need) {
            mask |= 1 << row;
            depth += 1;
            levels[depth].open_at(tree, depth, k, value, open);
        }
    }
}

impl<const C: usize> Level<C> {
    /// Opens a branch: what its rows add, and what sets of each with later ones add at most.
    #[inline(always)]
    fn open_at(&mut self, tree: &mut impl Tree<C>, depth: usize, k: usize, value: f64, open: u64) {
        let n_left = k - depth;
        self.value = value;
        self.open = open;
        self.untried = open;
        let mut most = [[0.0; 8]; C];
        tree.look(depth, n_left, &mut self.gain, &mut most);
        let most = most.as_flattened();
        if n_left <= 3 {
            self.within_three(n_left, most);
            return;
        }
        // The largest of later rows, ascending, and their sum.
        let (mut top, mut n_top, mut sum) = ([0.0; MOST_ROWS], 0, 0.0);
        let mut rest = open;
        while rest != 0 {
            let row = 63 - rest.leading_zeros() as usize;
            rest &= !(1 << row);
            let mine = most[row];
            self.within.as_flattened_mut()[row] = if n_top + 1 < n_left || mine == f64::NEG_INFINITY
            {
                self.untried &= !(1 << row);
                f64::NEG_INFINITY
            } else {
                mine + sum
            };
            if mine == f64::NEG_INFINITY {
                self.open &= !(1 << row);
                continue;
            }
            if n_top + 1 == n_left {
                if mine <= top[0] {
                    continue;
                }
                sum += mine - top[0];
                let mut at = 0;
                while at + 1 < n_top && top[at + 1] < mine {
                    top[at] = top[at + 1];
                    at += 1;
                }
                top[at] = mine;
            } else {
                sum += mine;
                let mut at = n_top;
                while at > 0 && top[at - 1] > mine {
                    top[at] = top[at - 1];
                    at -= 1;
                }
                top[at] = mine;
                n_top += 1;
            }
        }
    }

    /// The same where no more than two rows follow; without a branch that depends on values.
    #[inline(always)]
    fn within_three(&mut self, n_left: usize, most: &[f64]) {
        let (mut first, mut second) = (f64::NEG_INFINITY, f64::NEG_INFINITY);
        let mut rest = self.open;
        while rest != 0 {
            let row = 63 - rest.leading_zeros() as usize;
            rest &= !(1 << row);
            let mine = most[row];
            let others = if n_left == 2 { first } else { first + second };
            self.within.as_flattened_mut()[row] = mine + others;
            let less = if mine < first { mine } else { first };
            first = if mine > first { mine } else { first };
            second = if less > second { less } else { second };
        }
    }
}
