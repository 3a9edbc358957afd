//! Which rows may be worth a swap with a medoid, from the lists of what they are near to.

use super::listing::list;
use super::near::Near;
use super::sparse::Sparse;
use super::units::Units;
use crate::error::Result;
use crate::memory::{Growing, gathered};
use crate::parallel::Workers;
use crate::selection::candidates::Candidates;
use crate::selection::greedy::medoids::Medoids;

/// How much lower than need be the bound of a row is set that has come to be too high: swaps move it up and down.
const MARGIN: f64 = 0.03;

/// No more pairs are listed than this, and than this part of all: of four bytes each.
const MOST_LISTED: usize = 32_000_000;
const PART: usize = 10;

/// Stands for similarities that do not matter.
const FAR: f64 = -2.0;

/// The rows near each candidate: all that are nearer to it than to their second medoid.
pub struct Swaps<'a> {
    units: &'a Units<'a>,
    near: Near,
    sparse: Sparse,
    /// For every slot what is won beside what all slots win.
    of_slot: Vec<f64>,
}

impl<'a> Swaps<'a> {
    /// None if too many rows are near.
    pub fn new(
        units: &'a Units<'a>,
        second: &[f64],
        workers: &Workers<'_>,
    ) -> Result<Option<Self>> {
        let bounds = gathered(second.iter().map(|second| second - MARGIN))?;
        let most = MOST_LISTED.min(second.len() * second.len() / PART);
        let near = list(units, &bounds, most, workers)?;
        Ok(near.map(|near| Self {
            units,
            near,
            sparse: Sparse::default(),
            of_slot: Vec::new(),
        }))
    }

    /// No slot gains more if a row takes it.
    pub fn bound(
        &mut self,
        candidates: &Candidates<'_>,
        row: usize,
        medoids: &Medoids,
        chosen: impl Iterator<Item = usize>,
    ) -> f64 {
        let terms = &candidates.terms;
        self.of_slot.clear();
        self.of_slot.extend(medoids.loss.iter().map(|loss| -loss));
        let (mut gain, of_slot) = (0.0, &mut self.of_slot);
        self.near.visit(row, false, |other, similarity| {
            let second = medoids.second[other];
            if similarity > second {
                let (first, near) = (medoids.first[other], medoids.near[other] as usize);
                if similarity > first {
                    gain += similarity - first;
                    of_slot[near] += first - second;
                } else {
                    of_slot[near] += similarity - second;
                }
            }
            true
        });
        let bonus = terms.bonus_of(row);
        let value = |(of_slot, chosen): (&f64, usize)| {
            terms.weight * (gain + of_slot) + (bonus - terms.bonus_of(chosen))
        };
        let values = self.of_slot.iter().zip(chosen).map(value);
        values.fold(f64::NEG_INFINITY, f64::max)
    }

    /// Writes the similarities of a row with the rows that are nearer to it than to their second medoid; others are far.
    pub fn measure(&mut self, row: usize, medoids: &Medoids, out: &mut [f64]) -> Result<()> {
        let rows = &mut self.sparse.rows;
        rows.clear();
        self.near.visit(row, false, |other, similarity| {
            if similarity > medoids.second[other] {
                rows.push(other as u32);
            }
            true
        });
        self.sparse.measure(self.units, row)?;
        out.fill(FAR);
        for (&other, &similarity) in self.sparse.rows.iter().zip(&self.sparse.similarity) {
            out[other as usize] = similarity;
        }
        Ok(())
    }

    /// Lists more of the rows whose second medoid has come to be further away than what is listed.
    pub fn follow(&mut self, second: &[f64], workers: &Workers<'_>) -> Result<()> {
        let further = |row: &usize| second[*row] < self.near.bounds[*row];
        let mut rows = Vec::new();
        for row in (0..second.len()).filter(further) {
            rows.pushed(row as u32)?;
        }
        if rows.is_empty() {
            return Ok(());
        }
        let bound = |&row: &u32| second[row as usize] - MARGIN;
        let bounds = gathered(rows.iter().map(bound))?;
        self.near.lower(self.units, &rows, &bounds, workers)
    }
}
