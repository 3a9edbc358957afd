//! Swaps of medoids in a small pool, as in `medoids` to the bit: what eight candidates would gain is summed side by side.

use super::held::{Held, LANES};
use super::medoids::LEAST_GAIN;
use super::term::sum_in_lanes;
use crate::error::Result;
use crate::memory::Growing;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::rules::Kept;
use crate::simd::{Target, Vectorized, vectorize};

/// What is known of each row and each slot; kept from pool to pool for its memory.
#[derive(Default)]
pub(crate) struct Swaps {
    near: Vec<u32>,
    first: Vec<f64>,
    second: Vec<f64>,
    /// By how much the value falls where a slot is emptied.
    loss: Vec<f64>,
    gain: [f64; LANES],
    /// What each of eight candidates gains beyond `gain` in a slot.
    of_slot: Vec<[f64; LANES]>,
    best: Vec<f64>,
}

impl Swaps {
    /// Swaps chosen rows for others, and takes what each then adds in the order of the slots.
    pub(crate) fn improve(
        &mut self,
        candidates: &Candidates<'_>,
        held: &Held,
        kept: &mut Kept,
        picks: &mut [Pick],
    ) -> Result<()> {
        let n = held.n;
        self.look(held, picks)?;
        let (mut row, mut n_idle, mut weighed) = (0, 0, None);
        while n_idle < n {
            if candidates.rules.eligible(row) && picks.iter().all(|&(chosen, _)| chosen != row) {
                if weighed != Some(row / LANES) {
                    self.weigh(held, row / LANES);
                    weighed = Some(row / LANES);
                }
                let (slot, gain) = self.best_swap(candidates, row, held.row(row), kept, picks);
                if gain > LEAST_GAIN {
                    candidates.rules.swap(picks[slot].0, row, kept);
                    picks[slot].0 = row;
                    self.look(held, picks)?;
                    (n_idle, weighed) = (0, None);
                }
            }
            n_idle += 1;
            row = if row + 1 < n { row + 1 } else { 0 };
        }
        self.gains(candidates, held, picks)
    }

    /// Finds the two nearest medoids of every row, the lowest slot of equals first, and what the slots are worth.
    fn look(&mut self, held: &Held, picks: &[Pick]) -> Result<()> {
        let n = held.n;
        self.near.clear();
        self.near.resized(n, 0)?;
        self.second.clear();
        self.second.resized(n, -1.0)?;
        self.first.clear();
        for (slot, &(medoid, _)) in (0_u32..).zip(picks) {
            let similarity = held.row(medoid).iter().map(|value| value.max(-1.0));
            if slot == 0 {
                self.first.extend(similarity);
                continue;
            }
            for (row, similarity) in similarity.enumerate() {
                let (first, second) = (self.first[row], self.second[row]);
                let nearer = similarity > first;
                self.near[row] = if nearer { slot } else { self.near[row] };
                self.first[row] = if nearer { similarity } else { first };
                let next = if nearer { first } else { similarity };
                self.second[row] = if next > second { next } else { second };
            }
        }
        self.loss.clear();
        self.loss.resized(picks.len(), 0.0)?;
        for ((&near, first), second) in self.near.iter().zip(&self.first).zip(&self.second) {
            self.loss[near as usize] += first - second;
        }
        Ok(())
    }

    /// Sums what eight candidates gain, row after row.
    fn weigh(&mut self, held: &Held, block: usize) {
        self.of_slot.clear();
        self.of_slot
            .extend(self.loss.iter().map(|loss| [-loss; LANES]));
        self.gain = [0.0; LANES];
        vectorize(Weigh {
            held,
            block,
            swaps: self,
        });
    }

    /// The slot that a row best takes, the lowest of equals, and what that gains.
    fn best_swap(
        &self,
        candidates: &Candidates<'_>,
        row: usize,
        similarity: &[f64],
        kept: &Kept,
        picks: &[Pick],
    ) -> Pick {
        let (terms, rules) = (&candidates.terms, &candidates.rules);
        let close = |slot: usize| rules.too_similar(similarity[picks[slot].0]);
        let n_close = (0..picks.len()).filter(|&slot| close(slot)).count();
        let (lane, mut best) = (row % LANES, (0, f64::NEG_INFINITY));
        for (slot, &(chosen, _)) in picks.iter().enumerate().skip(rules.n_included()) {
            let clear = n_close == 0 || (n_close == 1 && close(slot));
            if clear && rules.may_swap(chosen, row, kept) {
                let value = terms.weight * (self.gain[lane] + self.of_slot[slot][lane])
                    + (terms.bonus_of(row) - terms.bonus_of(chosen));
                if value > best.1 {
                    best = (slot, value);
                }
            }
        }
        best
    }

    /// What each medoid adds to those in the slots before.
    fn gains(
        &mut self,
        candidates: &Candidates<'_>,
        held: &Held,
        picks: &mut [Pick],
    ) -> Result<()> {
        let terms = &candidates.terms;
        self.best.clear();
        self.best.resized(held.n, -1.0)?;
        for (slot, (row, gain)) in picks.iter_mut().enumerate() {
            let similarity = held.row(*row);
            let added = sum_in_lanes(similarity, &self.best, |similarity, best| {
                (similarity - best).max(0.0)
            });
            *gain = terms.bonus_of(*row) + terms.weight * added;
            if slot == 0 {
                *gain -= terms.weight * held.n as f64;
            }
            for (best, &similarity) in self.best.iter_mut().zip(similarity) {
                *best = similarity.max(*best);
            }
        }
        Ok(())
    }
}

struct Weigh<'a> {
    held: &'a Held,
    block: usize,
    swaps: &'a mut Swaps,
}

impl Vectorized for Weigh<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Swaps {
            near,
            first,
            second,
            gain,
            of_slot,
            ..
        } = self.swaps;
        let rows = near.iter().zip(first.iter().zip(second.iter()));
        let mut gains = *gain;
        for (similarity, (&near, (&first, &second))) in self.held.of_block(self.block).zip(rows) {
            let of_slot = &mut of_slot[near as usize];
            for candidate in 0..LANES {
                let similarity = similarity[candidate];
                let more = similarity - first;
                gains[candidate] += if more > 0.0 { more } else { 0.0 };
                // A row no nearer than the second is still its own; one nearer than the first leaves the slot.
                let least = if similarity > second {
                    similarity
                } else {
                    second
                };
                let within = if least > first { first } else { least };
                of_slot[candidate] += within - second;
            }
        }
        *gain = gains;
    }
}
