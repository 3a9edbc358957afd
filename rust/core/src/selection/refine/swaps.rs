//! The best swap of all, again and again.

use super::covering::improve_cover;
use super::determinant::Inverse;
use super::pairs::OfPairs;
use super::swap::{Objective, SWAPS_PER_ROW, Swap, may_swap};
use crate::error::{Error, Result};
use crate::memory::{Growing, filled, product};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates};
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

/// What a search keeps from pool to pool for its memory.
#[derive(Default)]
pub(super) struct Swaps {
    inverse_norm: Vec<f64>,
    products: Vec<f64>,
    /// The similarities of all rows with the row of each slot, slot after slot.
    pub of_slot: Vec<f64>,
    kept: Kept,
}

impl Swaps {
    pub(super) fn refine(
        &mut self,
        candidates: &Candidates<'_>,
        asked: usize,
        chosen: &mut [i32],
        workers: &Workers<'_>,
        caller: &Workers<'_>,
    ) -> Result<()> {
        let (n, rules, terms) = (candidates.len(), &candidates.rules, &candidates.terms);
        if chosen.len() == n || chosen.len() <= rules.n_included() {
            return Ok(());
        }
        self.products.resized(n, 0.0)?;
        candidates.measure(None, &mut self.inverse_norm, &mut self.products, workers)?;
        rules.start(n, &mut self.kept)?;
        let mut slots: Vec<usize> = chosen.iter().map(|&row| row as usize).collect();
        for &row in &slots {
            rules.choose(row, &mut self.kept);
        }
        let similarities = Similarities {
            inverse_norm: &self.inverse_norm,
            held: &[],
        };
        self.of_slot.resized(product([n, slots.len()])?, 0.0)?;
        for (of_slot, &row) in self.of_slot.chunks_exact_mut(n).zip(&slots) {
            similarities.of_row(candidates, row, of_slot, workers)?;
        }
        match terms.method {
            Method::Mmr | Method::KMedoids => return Ok(()),
            Method::MaxSum | Method::MaxMin => {
                let mut objective = OfPairs::new(terms, &slots, &self.of_slot)?;
                self.improve(candidates, &mut objective, &mut slots, workers, caller)?;
            }
            Method::Dpp => {
                let mut objective = Inverse::new(terms, &slots, &self.of_slot)?;
                self.improve(candidates, &mut objective, &mut slots, workers, caller)?;
            }
            Method::FacilityLocation | Method::SaturatedCoverage => improve_cover(
                candidates,
                &similarities,
                &mut self.of_slot,
                &mut slots,
                &mut self.kept,
                asked,
                workers,
                caller,
            )?,
        }
        for (chosen, row) in chosen.iter_mut().zip(slots) {
            *chosen = row as i32;
        }
        Ok(())
    }

    fn improve(
        &mut self,
        candidates: &Candidates<'_>,
        objective: &mut impl Objective,
        slots: &mut [usize],
        workers: &Workers<'_>,
        caller: &Workers<'_>,
    ) -> Result<()> {
        let n = candidates.len();
        for _ in 0..SWAPS_PER_ROW * slots.len() {
            if caller.asked_to_stop() {
                return Err(Error::Interrupted);
            }
            let mut best = self.best(candidates, objective, slots, workers)?;
            let least = |value: f64| 1e-9 * (1.0 + value.abs());
            if best.is_none_or(|best| best.gain <= least(objective.value()))
                && objective.renew(slots, &self.of_slot)
            {
                best = self.best(candidates, objective, slots, workers)?;
            }
            let Some(best) = best.filter(|best| best.gain > least(objective.value())) else {
                return Ok(());
            };
            candidates
                .rules
                .swap(slots[best.slot], best.row, &mut self.kept);
            slots[best.slot] = best.row;
            let of_slot = &mut self.of_slot[best.slot * n..(best.slot + 1) * n];
            let similarities = Similarities {
                inverse_norm: &self.inverse_norm,
                held: &[],
            };
            similarities.of_row(candidates, best.row, of_slot, workers)?;
            objective.swap(slots, &self.of_slot, best.slot);
        }
        Ok(())
    }

    /// The swap that gains most, of equals that of the lowest row and slot.
    fn best(
        &self,
        candidates: &Candidates<'_>,
        objective: &impl Objective,
        slots: &[usize],
        workers: &Workers<'_>,
    ) -> Result<Option<Swap>> {
        let (n, rules) = (candidates.len(), &candidates.rules);
        let may = |row: usize, slot: usize| {
            may_swap(candidates, &self.of_slot, slots, &self.kept, row, slot)
        };
        let mut best: Option<Swap> = None;
        workers.fold(
            (0..n).step_by(BLOCK),
            |first| {
                let length = BLOCK.min(n - first);
                let (mut gains, mut of) =
                    (filled(f64::NEG_INFINITY, length)?, filled(0_u32, length)?);
                objective.best(first, &mut gains, &mut of, &may);
                let mut best: Option<Swap> = None;
                for (at, (&gain, &slot)) in gains.iter().zip(&of).enumerate() {
                    let row = first + at;
                    if gain > best.map_or(f64::NEG_INFINITY, |best| best.gain)
                        && rules.eligible(row)
                        && !slots.contains(&row)
                    {
                        let slot = slot as usize;
                        best = Some(Swap { row, slot, gain });
                    }
                }
                Ok(best)
            },
            |of_block: Option<Swap>| {
                if let Some(swap) = of_block
                    && best.is_none_or(|best| swap.gain > best.gain)
                {
                    best = Some(swap);
                }
            },
        )?;
        Ok(best)
    }
}
