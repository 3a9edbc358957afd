//! Sets of largest sum over pairs: a row that is one of `t` more adds at most half its `t - 1` largest pairs to theirs.

use super::tree::{Lanes, Tree, among, largest, most};

/// Where the search for a sum over pairs stands.
pub(super) struct Pairs<'a, const C: usize> {
    pair: &'a [Lanes<C>],
    /// The sum of the pairs of each row with those taken.
    state: Vec<Lanes<C>>,
    /// Half the sum of the 0, 1, 2, … largest pairs of each row.
    share: Vec<Lanes<C>>,
}

impl<'a, const C: usize> Pairs<'a, C> {
    #[inline(always)]
    pub(super) fn new(pair: &'a [Lanes<C>], eligible: u64, k: usize) -> Self {
        // The largest of each row, falling; a lane holds a row, and the columns come one after the other.
        let mut top = vec![[[f64::NEG_INFINITY; 8]; C]; k];
        for (column, values) in pair.iter().enumerate() {
            if eligible >> column & 1 == 0 {
                continue;
            }
            let mut values = *values;
            for top in top.iter_mut().skip(1) {
                // One loop for the larger, one for the smaller: together they would become branches.
                for (old, new) in top.iter_mut().zip(&mut values) {
                    let (before, after) = (*old, *new);
                    for lane in 0..8 {
                        old[lane] = after[lane].max(before[lane]);
                    }
                    for lane in 0..8 {
                        new[lane] = after[lane].min(before[lane]);
                    }
                }
            }
        }
        let mut share = top;
        let mut sum = [[0.0; 8]; C];
        for (n, share) in share.iter_mut().enumerate() {
            for c in 0..C {
                for lane in 0..8 {
                    sum[c][lane] += if n > 0 { share[c][lane] } else { 0.0 };
                    share[c][lane] = 0.5 * sum[c][lane];
                }
            }
        }
        Self {
            pair,
            state: vec![[[0.0; 8]; C]; k + 1],
            share,
        }
    }
}

impl<const C: usize> Tree<C> for Pairs<'_, C> {
    #[inline(always)]
    fn take(&mut self, depth: usize, row: usize) {
        let (mut state, pair) = (self.state[depth], &self.pair[row]);
        for c in 0..C {
            for lane in 0..8 {
                state[c][lane] += pair[c][lane];
            }
        }
        self.state[depth + 1] = state;
    }

    #[inline(always)]
    fn look(&self, depth: usize, n_left: usize, gain: &mut Lanes<C>, most: &mut Lanes<C>) {
        *gain = self.state[depth];
        let share = &self.share[n_left - 1];
        for c in 0..C {
            for lane in 0..8 {
                most[c][lane] = gain[c][lane] + share[c][lane];
            }
        }
    }

    #[inline(always)]
    fn two(&self, depth: usize, open: u64) -> f64 {
        let (state, mut rest) = (among(open, &self.state[depth]), open);
        let mut best = [[f64::NEG_INFINITY; 8]; C];
        while rest != 0 {
            let row = rest.trailing_zeros() as usize;
            rest &= rest - 1;
            let (mine, pair) = (self.state[depth].as_flattened()[row], &self.pair[row]);
            for c in 0..C {
                for lane in 0..8 {
                    let value = mine + (state[c][lane] + pair[c][lane]);
                    best[c][lane] = if value > best[c][lane] {
                        value
                    } else {
                        best[c][lane]
                    };
                }
            }
        }
        most(&best)
    }

    #[inline(always)]
    fn last(&self, depth: usize, open: u64) -> (usize, f64) {
        largest(open, self.state[depth].as_flattened())
    }
}
