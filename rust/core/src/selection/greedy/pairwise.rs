//! The greedy choice where gains follow from the similarities to those chosen: dpp, mmr, max_sum, max_min.
//!
//! Only the similarities with chosen candidates are ever computed.

use super::state::{Chosen, gain, initial, score, update};
use crate::error::Result;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick, normalize, similarities};
use crate::selection::method::Method;
use crate::selection::prefetch::{fetch, part};
use crate::selection::rules::Kept;
use crate::simd::{Target, Vectorized, vectorize};

/// Rows whose products are taken before more of the next pool is asked for.
const GROUP: usize = 4;

/// What the search knows of each candidate; kept from pool to pool for its memory.
#[derive(Default)]
pub(crate) struct Search {
    inverse_norm: Vec<f64>,
    state: Vec<f64>,
    /// One stretch of `len` values a step; of dpp alone.
    factor: Vec<f64>,
    similarity: Vec<f64>,
    kept: Kept,
    column: Vec<f64>,
}

/// Chooses up to `k` candidates; fewer where the rules or, under dpp, their dimension allow no more.
///
/// Ties go to the lowest row. The result does not depend on the number of threads.
pub(crate) fn greedy(
    candidates: &Candidates<'_>,
    k: usize,
    workers: &Workers<'_>,
    search: &mut Search,
    picks: &mut Vec<Pick>,
) -> Result<()> {
    picks.clear();
    let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
    search.reset(n, terms.method)?;
    rules.start(n, &mut search.kept)?;
    // The first choice is known before any row is read: one pass over the rows takes their norms and products with it.
    let first = if k > 0 {
        search.best(candidates, k, 0)
    } else {
        None
    };
    candidates.measure(
        first,
        &mut search.inverse_norm,
        &mut search.similarity,
        workers,
    )?;
    while picks.len() < k {
        let step = picks.len();
        let Some(best) = search.best(candidates, k, step) else {
            return match rules.included(step) {
                Some(row) => Err(candidates.refuse_included(row)),
                None => Ok(()),
            };
        };
        picks.push((best, gain(terms, best, search.state[best], step)));
        rules.choose(best, &mut search.kept);
        if step + 1 < k {
            let next = part(candidates.next, step.saturating_sub(1), k.saturating_sub(2));
            search.take_in(candidates, best, step, next, workers)?;
        }
    }
    Ok(())
}

impl Search {
    fn reset(&mut self, n: usize, method: Method) -> Result<()> {
        self.factor.clear();
        self.state.clear();
        self.state.resized(n, initial(method))?;
        self.similarity.resized(n, 0.0)?;
        Ok(())
    }

    /// The candidate of the highest score among those that are open; None if there is none.
    fn best(&self, candidates: &Candidates<'_>, k: usize, step: usize) -> Option<usize> {
        let (terms, rules) = (&candidates.terms, &candidates.rules);
        let (mut best, mut best_score) = (None, f64::NEG_INFINITY);
        let mut consider = |row: usize, state: f64| {
            let score = score(terms, row, state, step);
            if score > best_score {
                (best, best_score) = (Some(row), score);
            }
        };
        if let Some(row) = rules.included(step) {
            consider(row, self.state[row]);
            return best;
        }
        for (row, &state) in self.state.iter().enumerate() {
            if rules.open(row, k - step, &self.kept) {
                consider(row, state);
            }
        }
        best
    }

    /// Brings all candidates up to date with a choice.
    fn take_in(
        &mut self,
        candidates: &Candidates<'_>,
        best: usize,
        step: usize,
        next: &[f32],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let n = candidates.len();
        self.column.clear();
        self.column.extend(self.factor.iter().skip(best).step_by(n));
        let chosen = Chosen {
            bonus: candidates.terms.bonus_of(best),
            state: self.state[best],
            column: &self.column,
            step,
        };
        let (factor, inverse_norm) = (&self.factor, &self.inverse_norm);
        let blocks = self
            .state
            .chunks_mut(BLOCK)
            .zip(self.similarity.chunks_mut(BLOCK))
            .zip(self.kept.allowed.chunks_mut(BLOCK));
        workers.run(
            blocks.enumerate(),
            |(block, ((state, similarity), allowed))| {
                vectorize(TakeIn {
                    candidates,
                    chosen: &chosen,
                    best,
                    factor,
                    inverse_norm,
                    first: block * BLOCK,
                    state,
                    similarity,
                    allowed,
                    next,
                });
                Ok(())
            },
        )?;
        if candidates.terms.method == Method::Dpp {
            self.factor.extended(&self.similarity)?;
        }
        Ok(())
    }
}

/// A block of candidates, from the row `first` of the pool on, sees a choice.
struct TakeIn<'a> {
    candidates: &'a Candidates<'a>,
    chosen: &'a Chosen<'a>,
    best: usize,
    factor: &'a [f64],
    inverse_norm: &'a [f64],
    first: usize,
    state: &'a mut [f64],
    similarity: &'a mut [f64],
    allowed: &'a mut [bool],
    /// What to bring into the cache meanwhile.
    next: &'a [f32],
}

impl Vectorized for TakeIn<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let block = self.first..self.first + self.state.len();
        if self.chosen.step == 0 {
            // The products with the first choice were taken along with the norms.
            normalize(self.inverse_norm, self.best, self.first, self.similarity);
        } else {
            let n_groups = self.similarity.len().div_ceil(GROUP);
            for (group, out) in self.similarity.chunks_mut(GROUP).enumerate() {
                fetch::<T>(part(self.next, group, n_groups));
                similarities::<T>(
                    self.candidates,
                    self.inverse_norm,
                    self.best,
                    self.first + group * GROUP,
                    out,
                );
            }
        }
        let rules = &self.candidates.rules;
        rules.close_similar(self.similarity, self.allowed);
        let earlier = self
            .factor
            .chunks_exact(self.inverse_norm.len())
            .map(|row| &row[block.clone()]);
        update(
            &self.candidates.terms,
            self.chosen,
            earlier,
            self.similarity,
            self.state,
        );
    }
}
