//! Bounds of candidates brought up to date by products with all rows, while too many pairs matter to be listed.

use super::queue::{Entry, Stage};
use super::search::Search;
use super::totals::excesses;
use super::units::Narrow;
use crate::error::Result;
use crate::memory::{Growing, gathered};

/// How many times as many are brought up to date the next time.
const GROWTH: usize = 4;

/// More candidates than this that may be best are first compared in float32.
const FEW: usize = 6;

impl Search<'_> {
    /// Brings the candidates closer that may be better than what was reached: if they are many, in float32.
    pub(crate) fn compare(&mut self, top: Entry) -> Result<()> {
        let mut entries = vec![top];
        while let Some(&next) = self.queue.peek()
            && next.bound > self.now.reached
            && self.stage(next.row) == Stage::Rough
        {
            entries.pushed(next)?;
            self.queue.pop();
        }
        if entries.len() > FEW && !matches!(self.units.fast, Narrow::Floats) {
            return self.multiply(&entries, Narrow::Floats, Stage::Close);
        }
        // Each waits for its turn: what is reached may rise above it.
        for Entry { bound, row } in entries {
            self.put(row, bound, Stage::Close);
        }
        Ok(())
    }

    /// Brings candidates up to date whose bounds exceed those that are, and with them the first of all.
    pub(crate) fn refresh(&mut self, top: Entry) -> Result<()> {
        let highest = if self.now.reached > f64::NEG_INFINITY {
            self.now.reached
        } else {
            self.now.highest
        };
        if highest > f64::NEG_INFINITY {
            let waits =
                |entry: &&Entry| entry.bound > highest && self.stage(entry.row) == Stage::Stale;
            if 2 * self.queue.iter().filter(waits).count() > self.candidates.len() {
                self.queue.push(top);
                let excesses =
                    excesses(self.units, None, &self.room, self.units.fast, self.workers)?;
                let value = |(row, excess)| self.value(row, excess);
                let bounds = gathered(excesses.into_iter().enumerate().map(value))?;
                self.replace(self.now.step, &bounds);
                return Ok(());
            }
        }
        let (mut entries, mut others) = (vec![top], Vec::new());
        while entries.len() < self.now.batch
            && let Some(&next) = self.queue.peek()
            && next.bound > highest
        {
            self.queue.pop();
            match self.stage(next.row) {
                Stage::Stale if self.kept.allowed[next.row] => entries.pushed(next)?,
                Stage::Stale => {}
                _ => others.pushed(next)?,
            }
        }
        self.queue.extend(others);
        self.now.batch *= GROWTH;
        self.multiply(&entries, self.units.fast, Stage::Rough)
    }

    /// Bounds some candidates by products with all rows.
    pub(crate) fn multiply(
        &mut self,
        entries: &[Entry],
        narrow: Narrow,
        stage: Stage,
    ) -> Result<()> {
        let rows = gathered(entries.iter().map(|entry| entry.row as u32))?;
        let excesses = excesses(self.units, Some(&rows), &self.room, narrow, self.workers)?;
        for (entry, excess) in entries.iter().zip(excesses) {
            let bound = self.value(entry.row, excess).min(entry.bound);
            self.put(entry.row, bound, stage);
        }
        Ok(())
    }

    /// Takes in bounds of all candidates for a step.
    pub(crate) fn replace(&mut self, step: usize, bounds: &[f64]) {
        let entries = std::mem::take(&mut self.queue).into_vec();
        self.stages.fill((step as u32, Stage::Rough));
        let lower = |Entry { bound, row }: Entry| Entry {
            bound: bound.min(bounds[row]),
            row,
        };
        self.queue = entries.into_iter().map(lower).collect();
        self.now.highest = self.queue.peek().map_or(f64::NEG_INFINITY, |top| top.bound);
    }
}
