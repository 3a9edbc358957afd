//! Swaps of medoids until none helps: eager FasterPAM (Schubert, Rousseeuw 2021, Algorithm 3).
//!
//! A medoid stands in a slot. Of each row are kept the slot of its nearest medoid, its similarity to it and to the second
//! nearest; -1, the least there is, where there is none. The sums over rows are taken in the order of the rows.

use super::coverage::sum_in_lanes;
use crate::error::{Error, Result};
use crate::memory::{filled, product};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick};
use crate::selection::large::coverage::{Swaps, Units};
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

/// A swap must gain more than this: less may be rounding.
pub(crate) const LEAST_GAIN: f64 = 1e-9;

/// Rows between two looks at whether to stop: where bounds rule them out, nothing else looks.
const ROWS_A_POLL: usize = 256;

/// Swaps chosen rows for others, and takes what each then adds in the order of the slots. `units` are
/// given of a large pool.
pub(crate) fn improve(
    candidates: &Candidates<'_>,
    similarities: &Similarities<'_>,
    units: Option<&Units<'_>>,
    kept: &mut Kept,
    picks: &mut [Pick],
    workers: &Workers<'_>,
) -> Result<()> {
    let n = candidates.len();
    let medoids = Medoids::new(candidates, similarities, picks, workers)?;
    let swaps = match units {
        Some(units) if picks.len() > 1 => Swaps::new(units, &medoids.second, workers)?,
        _ => None,
    };
    let mut search = Search {
        candidates,
        similarities,
        workers,
        medoids,
        swaps,
        similarity: filled(0.0, n)?,
    };
    let (mut row, mut n_idle) = (0, 0);
    while n_idle < n {
        if row % ROWS_A_POLL == 0 && workers.asked_to_stop() {
            return Err(Error::Interrupted);
        }
        if candidates.rules.eligible(row)
            && picks.iter().all(|&(chosen, _)| chosen != row)
            && search.try_row(row, kept, picks)?
        {
            n_idle = 0;
        }
        n_idle += 1;
        row = if row + 1 < n { row + 1 } else { 0 };
    }
    search.medoids.gains(candidates, picks)?;
    Ok(())
}

struct Search<'a> {
    candidates: &'a Candidates<'a>,
    similarities: &'a Similarities<'a>,
    workers: &'a Workers<'a>,
    medoids: Medoids,
    swaps: Option<Swaps<'a>>,
    similarity: Vec<f64>,
}

impl Search<'_> {
    /// Puts a row in the slot where it gains most, if it gains anything.
    fn try_row(&mut self, row: usize, kept: &mut Kept, picks: &mut [Pick]) -> Result<bool> {
        let rules = &self.candidates.rules;
        // That rule asks for the similarities with all medoids.
        let mut measured = false;
        if let Some(swaps) = &mut self.swaps {
            let chosen = picks.iter().map(|&(chosen, _)| chosen);
            if swaps.bound(self.candidates, row, &self.medoids, chosen) <= LEAST_GAIN / 2.0 {
                return Ok(false);
            }
            if rules.max_similarity == f64::INFINITY {
                swaps.measure(row, &self.medoids, &mut self.similarity)?;
                measured = true;
            }
        }
        if !measured {
            self.measure(row)?;
        }
        let (slot, gain) =
            self.medoids
                .best_swap(self.candidates, row, &self.similarity, kept, picks);
        if gain <= LEAST_GAIN {
            return Ok(false);
        }
        if measured {
            self.measure(row)?;
        }
        rules.swap(picks[slot].0, row, kept);
        picks[slot].0 = row;
        self.medoids.replace(slot, &self.similarity);
        self.follow()?;
        Ok(true)
    }

    /// Takes the similarities of a row with all others.
    fn measure(&mut self, row: usize) -> Result<()> {
        let out = &mut self.similarity;
        self.similarities
            .of_row(self.candidates, row, out, self.workers)
    }

    fn follow(&mut self) -> Result<()> {
        match &mut self.swaps {
            Some(swaps) => swaps.follow(&self.medoids.second, self.workers),
            None => Ok(()),
        }
    }
}

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
    fn new(
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
    fn best_swap(
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
    fn replace(&mut self, slot: usize, similarity: &[f64]) {
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
    fn gains(&self, candidates: &Candidates<'_>, picks: &mut [Pick]) -> Result<()> {
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
