//! Swaps under facility location and saturated coverage: each row in turn takes the slot where it gains most.

use super::swap::{SWAPS_PER_ROW, may_swap};
use crate::error::{Error, Result};
use crate::memory::{filled, gathered};
use crate::parallel::Workers;
use crate::selection::candidates::Candidates;
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

/// Swaps rows until none has helped for a whole round, or too many were made.
pub(super) fn improve_cover(
    candidates: &Candidates<'_>,
    similarities: &Similarities<'_>,
    of_slot: &mut [f64],
    slots: &mut [usize],
    kept: &mut Kept,
    asked: usize,
    workers: &Workers<'_>,
    caller: &Workers<'_>,
) -> Result<()> {
    let (n, k, terms) = (candidates.len(), slots.len(), &candidates.terms);
    let mut enough = filled(0.0, n)?;
    let mut similarity = filled(0.0, n)?;
    if terms.method == Method::SaturatedCoverage {
        let share = (asked as f64 / n as f64).min(1.0);
        for row in 0..n {
            if caller.asked_to_stop() {
                return Err(Error::Interrupted);
            }
            similarities.of_row(candidates, row, &mut similarity, workers)?;
            for (enough, s) in enough.iter_mut().zip(&similarity) {
                *enough += share * s.max(0.0);
            }
        }
    }
    let mut losses = Losses::new(n, k)?;
    losses.look(terms.method, of_slot);
    let (mut row, mut n_idle, mut n_swaps) = (0, 0, 0);
    while n_idle < n && n_swaps < SWAPS_PER_ROW * k {
        if candidates.rules.eligible(row) && !slots.contains(&row) {
            if caller.asked_to_stop() {
                return Err(Error::Interrupted);
            }
            similarities.of_row(candidates, row, &mut similarity, workers)?;
            let gains = if terms.method == Method::SaturatedCoverage {
                losses.saturated(of_slot, &enough, &similarity)?
            } else {
                losses.facility(&similarity)?
            };
            let (mut best, mut best_gain) = (0, f64::NEG_INFINITY);
            for (slot, gain) in gains.iter().enumerate() {
                let bonus = terms.bonus_of(row) - terms.bonus_of(slots[slot]);
                let gain = terms.weight * gain + bonus;
                if gain > best_gain && may_swap(candidates, of_slot, slots, kept, row, slot) {
                    (best, best_gain) = (slot, gain);
                }
            }
            if best_gain > 1e-9 * (1.0 + terms.weight * n as f64) {
                candidates.rules.swap(slots[best], row, kept);
                slots[best] = row;
                of_slot[best * n..(best + 1) * n].copy_from_slice(&similarity);
                losses.look(terms.method, of_slot);
                (n_idle, n_swaps) = (0, n_swaps + 1);
            }
        }
        n_idle += 1;
        row = if row + 1 < n { row + 1 } else { 0 };
    }
    Ok(())
}

/// How well each row is covered: by the nearest slot and the second, or by all together.
struct Losses {
    n: usize,
    k: usize,
    near: Vec<usize>,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Losses {
    fn new(n: usize, k: usize) -> Result<Self> {
        Ok(Self {
            n,
            k,
            near: filled(0, n)?,
            first: filled(0.0, n)?,
            second: filled(0.0, n)?,
        })
    }

    fn look(&mut self, method: Method, of_slot: &[f64]) {
        self.near.fill(0);
        self.first.fill(0.0);
        self.second.fill(0.0);
        for (slot, of_slot) in of_slot.chunks_exact(self.n).enumerate() {
            for (row, &s) in of_slot.iter().enumerate() {
                if method == Method::SaturatedCoverage {
                    self.first[row] += s.max(0.0);
                } else if s > self.first[row] {
                    self.second[row] = self.first[row];
                    (self.near[row], self.first[row]) = (slot, s);
                } else if s > self.second[row] {
                    self.second[row] = s;
                }
            }
        }
    }

    /// What a row of these similarities gains in each slot.
    fn facility(&self, similarity: &[f64]) -> Result<Vec<f64>> {
        let (mut shared, mut gains) = (0.0, filled(0.0, self.k)?);
        for (row, &s) in similarity.iter().enumerate() {
            let (first, second) = (self.first[row], self.second[row]);
            if s > first {
                shared += s - first;
            } else {
                gains[self.near[row]] += s.max(second) - first;
            }
        }
        for gain in &mut gains {
            *gain += shared;
        }
        Ok(gains)
    }

    fn saturated(&self, of_slot: &[f64], enough: &[f64], similarity: &[f64]) -> Result<Vec<f64>> {
        let slots = of_slot.chunks_exact(self.n);
        gathered(slots.map(|of_slot| {
            let mut gain = 0.0;
            for row in 0..self.n {
                let (now, enough) = (self.first[row], enough[row]);
                let then = now - of_slot[row].max(0.0) + similarity[row].max(0.0);
                gain += then.min(enough) - now.min(enough);
            }
            gain
        }))
    }
}
