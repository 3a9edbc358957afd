//! The greedy choice where gains are sums over all rows of the pool: facility location, saturated coverage, and the first
//! medoids.
//!
//! `room` says what a row can still gain: how well it is covered, or under saturated coverage how far it is from being
//! covered enough. Gains never rise, so that those of earlier steps are bounds and only the best are computed anew (Minoux
//! 1978). The terms of a gain are summed in blocks of 1,024 rows, each in eight lanes.

use super::k_medoids::improve;
use super::term::{Term, room_at_first, sum_in_lanes};
use crate::error::Result;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick};
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::similarities::{Similarities, hold};
use crate::simd::{Target, Vectorized, vectorize};

/// What the search knows of each row; kept from pool to pool for its memory.
#[derive(Default)]
pub(crate) struct Cover {
    inverse_norm: Vec<f64>,
    /// All similarities of a pool that is not large.
    held: Vec<f64>,
    room: Vec<f64>,
    /// Gains of earlier steps.
    stale: Vec<f64>,
    fresh: Vec<bool>,
    similarity: Vec<f64>,
    kept: Kept,
}

/// Chooses up to `k` candidates; fewer where the rules allow no more. Ties go to the lowest row.
pub(crate) fn greedy(
    candidates: &Candidates<'_>,
    k: usize,
    workers: &Workers<'_>,
    cover: &mut Cover,
    picks: &mut Vec<Pick>,
) -> Result<()> {
    picks.clear();
    let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
    rules.start(n, &mut cover.kept)?;
    cover.similarity.resized(n, 0.0)?;
    candidates.measure(
        None,
        &mut cover.inverse_norm,
        &mut cover.similarity,
        workers,
    )?;
    hold(candidates, &cover.inverse_norm, &mut cover.held, workers)?;
    cover.start(candidates, k, workers)?;
    while picks.len() < k {
        let step = picks.len();
        let Some((best, mut gain)) = cover.best(candidates, k, step, workers)? else {
            match rules.included(step) {
                Some(row) => return Err(candidates.refuse_included(row)),
                None => break,
            }
        };
        if terms.method == Method::KMedoids && step == 0 {
            gain -= terms.weight * n as f64;
        }
        picks.push((best, gain));
        rules.choose(best, &mut cover.kept);
        if step + 1 < k {
            cover.take_in(candidates, best, workers)?;
        }
    }
    if terms.method == Method::KMedoids && !picks.is_empty() {
        let similarities = Similarities {
            inverse_norm: &cover.inverse_norm,
            held: &cover.held,
        };
        improve(
            candidates,
            &similarities,
            None,
            &mut cover.kept,
            picks,
            workers,
        )?;
    }
    Ok(())
}

impl Cover {
    /// The room of each row before any candidate is chosen, and no bound on the gains.
    fn start(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        workers: &Workers<'_>,
    ) -> Result<()> {
        let (n, method) = (candidates.len(), candidates.terms.method);
        self.room.clear();
        self.room.resized(n, room_at_first(method))?;
        self.stale.clear();
        self.stale.resized(n, f64::INFINITY)?;
        self.fresh.resized(n, false)?;
        if method == Method::SaturatedCoverage {
            let enough = (k as f64 / n as f64).min(1.0);
            for row in 0..n {
                self.room[row] = enough * self.gain(candidates, row, Term::Positive, workers)?;
            }
        }
        Ok(())
    }

    /// The candidate that adds most, the lowest row of equals, and what it adds.
    fn best(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        step: usize,
        workers: &Workers<'_>,
    ) -> Result<Option<Pick>> {
        let (terms, rules) = (&candidates.terms, &candidates.rules);
        let term = Term::of(terms.method);
        self.fresh.fill(false);
        loop {
            let (mut best, mut bound) = (None, f64::NEG_INFINITY);
            if let Some(row) = rules.included(step) {
                (best, bound) = (Some(row), self.stale[row]);
            } else {
                for (row, &stale) in self.stale.iter().enumerate() {
                    if stale > bound && rules.open(row, k - step, &self.kept) {
                        (best, bound) = (Some(row), stale);
                    }
                }
            }
            let Some(row) = best else { return Ok(None) };
            if self.fresh[row] {
                return Ok(Some((row, bound)));
            }
            let gain = self.gain(candidates, row, term, workers)?;
            self.stale[row] = terms.bonus_of(row) + terms.weight * gain;
            self.fresh[row] = true;
        }
    }

    /// The sum of what every row gains from a candidate.
    fn gain(
        &mut self,
        candidates: &Candidates<'_>,
        row: usize,
        term: Term,
        workers: &Workers<'_>,
    ) -> Result<f64> {
        let similarities = Similarities {
            inverse_norm: &self.inverse_norm,
            held: &self.held,
        };
        let similarity = similarities.row(candidates, row, &mut self.similarity, workers)?;
        Ok(vectorize(Sum {
            similarity,
            room: &self.room,
            term,
        }))
    }

    /// Takes in that a candidate was chosen.
    fn take_in(
        &mut self,
        candidates: &Candidates<'_>,
        row: usize,
        workers: &Workers<'_>,
    ) -> Result<()> {
        let similarities = Similarities {
            inverse_norm: &self.inverse_norm,
            held: &self.held,
        };
        let similarity = similarities.row(candidates, row, &mut self.similarity, workers)?;
        let term = Term::of(candidates.terms.method);
        for (room, &similarity) in self.room.iter_mut().zip(similarity) {
            term.take_in(similarity, room);
        }
        candidates
            .rules
            .close_similar(similarity, &mut self.kept.allowed);
        Ok(())
    }
}

/// The sum of the terms of all rows, block after block.
struct Sum<'a> {
    similarity: &'a [f64],
    room: &'a [f64],
    term: Term,
}

impl Vectorized for Sum<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<T: Target>(self) -> f64 {
        match self.term {
            Term::Excess => self.in_blocks(|s, room| Term::Excess.value(s, room)),
            Term::Fitting => self.in_blocks(|s, room| Term::Fitting.value(s, room)),
            Term::Positive => self.in_blocks(|s, room| Term::Positive.value(s, room)),
        }
    }
}

impl Sum<'_> {
    #[inline(always)]
    fn in_blocks(&self, term: impl Fn(f64, f64) -> f64 + Copy) -> f64 {
        let blocks = self.similarity.chunks(BLOCK).zip(self.room.chunks(BLOCK));
        blocks.fold(0.0, |sum, (similarity, room)| {
            sum + sum_in_lanes(similarity, room, term)
        })
    }
}
