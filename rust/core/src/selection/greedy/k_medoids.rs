//! Swaps of medoids until none helps: eager FasterPAM (Schubert, Rousseeuw 2021, Algorithm 3).

use super::medoids::{LEAST_GAIN, Medoids};
use crate::error::{Error, Result};
use crate::memory::filled;
use crate::parallel::Workers;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::large::coverage::swaps::Swaps;
use crate::selection::large::coverage::units::Units;
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

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
