//! What is known of the rows of a pool while medoids are swapped.
//!
//! A medoid stands in a slot. Of each row are kept the slot of its nearest medoid, its similarity to it and to the second
//! nearest; -1, the least there is, where there is none. The sums over rows are taken in the order of the rows.

use super::term::sum_in_lanes;
use crate::error::Result;
use crate::memory::{filled, product};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick};
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

/// A swap must gain more than this: less may be rounding.
pub(crate) const LEAST_GAIN: f64 = 1e-9;

/// What is known of every row.
pub(crate) struct Medoids {
    n: usize,
    /// The similarities of all rows with each medoid, slot after slot.
    of_slot: Vec<f64>,
    pub near: Vec<u32>,
    pub first: Vec<f64>,
    pub second: Vec<f64>,
    /// By how much the value falls where a slot is emptied.
    pub loss: Vec<f64>,
}

impl Medoids {
    pub(super) fn new(
        candidates: &Candidates<'_>,
        similarities: &Similarities<'_>,
        picks: &[Pick],
        workers: &Workers<'_>,
    ) -> Result<Self> {
        let n = candidates.len();
        let mut medoids = Self {
            n,
            of_slot: filled(0.0, product([n, picks.len()])?)?,
            near: filled(0, n)?,
            first: filled(0.0, n)?,
            second: filled(0.0, n)?,
            loss: filled(0.0, picks.len())?,
        };
        for (of_slot, &(row, _)) in medoids.of_slot.chunks_mut(n).zip(picks) {
            similarities.of_row(candidates, row, of_slot, workers)?;
        }
        for row in 0..n {
            medoids.look(row);
        }
        medoids.sum_losses();
        Ok(medoids)
    }

    /// Finds the two nearest medoids of a row, the lowest slot of equals first.
    fn look(&mut self, row: usize) {
        let (mut near, mut first, mut second) = (None, -1.0, -1.0);
        for (slot, of_slot) in self.of_slot.chunks(self.n).enumerate() {
            let similarity = of_slot[row].max(-1.0);
            if near.is_none() || similarity > first {
                second = if near.is_some() { first } else { second };
                (near, first) = (Some(slot), similarity);
            } else if similarity > second {
                second = similarity;
            }
        }
        self.near[row] = near.unwrap_or(0) as u32;
        (self.first[row], self.second[row]) = (first, second);
    }

    fn sum_losses(&mut self) {
        self.loss.fill(0.0);
        for ((&near, first), second) in self.near.iter().zip(&self.first).zip(&self.second) {
            self.loss[near as usize] += first - second;
        }
    }

    /// The slot that a row best takes, the lowest of equals, and what that gains.
    pub(super) fn best_swap(
        &self,
        candidates: &Candidates<'_>,
        row: usize,
        similarity: &[f64],
        kept: &Kept,
        picks: &[Pick],
    ) -> (usize, f64) {
        let (terms, rules) = (&candidates.terms, &candidates.rules);
        let (mut gain, mut of_slot) = (0.0, self.loss.iter().map(|loss| -loss).collect::<Vec<_>>());
        for (other, &similarity) in similarity.iter().enumerate() {
            let (first, second) = (self.first[other], self.second[other]);
            if similarity > second {
                let near = self.near[other] as usize;
                if similarity > first {
                    gain += similarity - first;
                    of_slot[near] += first - second;
                } else {
                    of_slot[near] += similarity - second;
                }
            }
        }
        let close = |slot: usize| rules.too_similar(similarity[picks[slot].0]);
        let n_close = (0..picks.len()).filter(|&slot| close(slot)).count();
        let mut best = (0, f64::NEG_INFINITY);
        for slot in rules.n_included()..picks.len() {
            let chosen = picks[slot].0;
            let clear = n_close == 0 || (n_close == 1 && close(slot));
            if clear && rules.may_swap(chosen, row, kept) {
                let value = terms.weight * (gain + of_slot[slot])
                    + (terms.bonus_of(row) - terms.bonus_of(chosen));
                if value > best.1 {
                    best = (slot, value);
                }
            }
        }
        best
    }

    /// Puts another medoid into a slot.
    pub(super) fn replace(&mut self, slot: usize, similarity: &[f64]) {
        for (row, &new) in similarity.iter().enumerate() {
            let old = std::mem::replace(&mut self.of_slot[slot * self.n + row], new);
            // One that is and was further than the two nearest changes nothing.
            if new >= self.second[row] || old >= self.second[row] || self.near[row] as usize == slot
            {
                self.look(row);
            }
        }
        self.sum_losses();
    }

    /// What each medoid adds to those in the slots before.
    pub(super) fn gains(&self, candidates: &Candidates<'_>, picks: &mut [Pick]) -> Result<()> {
        let terms = &candidates.terms;
        let mut best = filled(-1.0, self.n)?;
        for (slot, (of_slot, (row, gain))) in self.of_slot.chunks(self.n).zip(picks).enumerate() {
            let added: f64 = of_slot
                .chunks(BLOCK)
                .zip(best.chunks(BLOCK))
                .map(|(similarity, best)| {
                    sum_in_lanes(similarity, best, |similarity, best| {
                        (similarity - best).max(0.0)
                    })
                })
                .sum();
            *gain = terms.bonus_of(*row) + terms.weight * added;
            if slot == 0 {
                *gain -= terms.weight * self.n as f64;
            }
            for (best, &similarity) in best.iter_mut().zip(of_slot) {
                *best = similarity.max(*best);
            }
        }
        Ok(())
    }
}
