//! The greedy choice from one large pool, as in `pairwise` to the bit, without a pass over all candidates at every step.
//!
//! Scores only fall (under max_sum they rise by no more than what was chosen in between can add), so that what is known of
//! a candidate from earlier steps bounds its score. At each step the candidates whose bound reaches a guess of the best
//! score are brought up to date in float32, the guess is corrected, and the few that may be the best are computed anew in
//! float64 in the one order of the sums. Minoux (1978), Accelerated greedy algorithms.

use std::ops::Range;

use super::bounds::Bounds;
use super::recompute::History;
use super::screen::products;
use crate::error::Result;
use crate::memory::{Growing, filled, gathered, room};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick};
use crate::selection::greedy::state::{gain, initial, score};
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::simd::{Target, Vectorized, vectorize};

/// Smaller pools, and a few choices, are as fast with a pass at every step.
const LEAST_ROWS: usize = 1024;
const LEAST_CHOICES: usize = 4;

/// Rows whose norm is outside lose bits in float32.
const NORMS: Range<f64> = 1e-15..1e15;

/// Whether the search is worth it, and its bounds hold.
pub(crate) fn suits(candidates: &Candidates<'_>, k: usize) -> bool {
    candidates.given.is_none()
        && candidates.len() >= LEAST_ROWS
        && k >= LEAST_CHOICES
        && candidates.terms.weight > 0.0
        && candidates.rules.max_similarity == f64::INFINITY
}

/// What is known of each candidate.
#[derive(Default)]
struct Known {
    /// Under max_sum the sum of its similarities with the first `seen` chosen, under dpp the square of its projection on
    /// their span, under the others as the state of `state`.
    value: Vec<f64>,
    /// No score is larger, as far as it does not change from step to step.
    bound: Vec<f64>,
    seen: Vec<u32>,
}

/// Chooses up to `k` candidates. None if the bounds do not hold for these rows.
pub(crate) fn greedy(
    candidates: &Candidates<'_>,
    k: usize,
    workers: &Workers<'_>,
    picks: &mut Vec<Pick>,
) -> Result<Option<()>> {
    picks.clear();
    let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
    let (mut inverse_norm, mut nothing) = (Vec::new(), filled(0.0, n)?);
    candidates.measure(None, &mut inverse_norm, &mut nothing, workers)?;
    drop(nothing);
    let ordinary = |&inverse_norm: &f64| NORMS.contains(&inverse_norm);
    if !inverse_norm.iter().all(ordinary) {
        return Ok(None);
    }
    let mut kept = Kept::default();
    rules.start(n, &mut kept)?;
    let mut bounds = Bounds::new(candidates, k)?;
    let mut history = History::new();
    let mut known = Known {
        value: filled(bounds.first_value(), n)?,
        bound: filled(bounds.first_bound(), n)?,
        seen: filled(0, n)?,
    };
    let mut scores = Scores::default();
    while picks.len() < k {
        let step = picks.len();
        let best = if let Some(row) = rules.included(step) {
            let state = history.state(candidates, inverse_norm[row], row)?;
            if score(terms, row, state, step) == f64::NEG_INFINITY {
                return Err(candidates.refuse_included(row));
            }
            Some((row, state))
        } else if step == 0 {
            first_choice(candidates, k, &kept).map(|row| (row, initial(terms.method)))
        } else {
            let search = Search {
                candidates,
                inverse_norm: &inverse_norm,
                kept: &kept,
                bounds: &bounds,
                step,
                k,
            };
            let contenders = search.contenders(&mut known, &mut scores, workers)?;

            let mut best: Option<(usize, f64, f64)> = None;
            for row in contenders {
                let state = history.state(candidates, inverse_norm[row], row)?;
                let score = score(terms, row, state, step);
                if terms.method != Method::MaxSum {
                    known.bound[row] = known.bound[row].min(Bounds::of_exact(score));
                }
                let better = best.is_none_or(|(of, _, highest)| {
                    score > highest || (score == highest && row < of)
                });
                if score > f64::NEG_INFINITY && better {
                    best = Some((row, state, score));
                }
            }
            best.map(|(row, state, _)| (row, state))
        };
        let Some((row, state)) = best else { break };
        // The factor's row is that of the candidate computed last.
        let state = if step > 0 {
            history.state(candidates, inverse_norm[row], row)?
        } else {
            state
        };
        scores.note(score(terms, row, state, step));
        picks.push((row, gain(terms, row, state, step)));
        rules.choose(row, &mut kept);
        history.push(candidates, inverse_norm[row], row, state)?;
        bounds.push(candidates, inverse_norm[row], row)?;
    }
    Ok(Some(()))
}

/// The candidate of the largest bonus: before any other is chosen that is all that counts.
fn first_choice(candidates: &Candidates<'_>, k: usize, kept: &Kept) -> Option<usize> {
    let (mut best, mut highest) = (None, f64::NEG_INFINITY);
    for row in 0..candidates.len() {
        let score = score(&candidates.terms, row, initial(candidates.terms.method), 0);
        if score > highest && candidates.rules.open(row, k, kept) {
            (best, highest) = (Some(row), score);
        }
    }
    best
}

/// How scores have gone, from which the next is guessed.
#[derive(Default)]
struct Scores {
    last: Option<f64>,
    /// By how much a score differs from the one before, and the guess from the score: both in recent steps.
    change: f64,
    miss: f64,
}

impl Scores {
    fn note(&mut self, score: f64) {
        if let Some(last) = self.last {
            let change = score - last;
            self.miss += 0.25 * ((change - self.change).abs() - self.miss);
            self.change += 0.25 * (change - self.change);
        }
        self.last = score.is_finite().then_some(score);
    }

    /// What the next score will be, if it goes on as it went, and by how much less it may be.
    fn guess(&self) -> Option<(f64, f64)> {
        let last = self.last?;
        Some((last + self.change, self.miss + 1e-6 * last.abs()))
    }
}

struct Search<'a> {
    candidates: &'a Candidates<'a>,
    inverse_norm: &'a [f64],
    kept: &'a Kept,
    bounds: &'a Bounds,
    step: usize,
    k: usize,
}

/// What a block of candidates found.
struct Found {
    /// A score that one of them reaches.
    reached: f64,
    /// Those that may be the best, with their bounds.
    contenders: Vec<(f64, usize)>,
    /// The largest bound of those that were not brought up to date.
    beyond: f64,
}

impl Search<'_> {
    /// The candidates that may be the best, in order.
    fn contenders(
        &self,
        known: &mut Known,
        scores: &mut Scores,
        workers: &Workers<'_>,
    ) -> Result<Vec<usize>> {
        let n = self.candidates.len();
        let block = BLOCK.max(n.div_ceil(64));
        let (mut reached, mut found) = (f64::NEG_INFINITY, Vec::new());
        let (mut threshold, mut margin) = match scores.guess() {
            Some((guess, miss)) => (guess - miss, miss),
            None => (f64::NEG_INFINITY, f64::INFINITY),
        };
        loop {
            let blocks = known
                .value
                .chunks_mut(block)
                .zip(known.bound.chunks_mut(block))
                .zip(known.seen.chunks_mut(block));
            let (mut beyond, mut taken) = (f64::NEG_INFINITY, Ok(()));
            workers.fold(
                blocks.enumerate(),
                |(at, ((value, bound), seen))| {
                    vectorize(Refresh {
                        search: self,
                        first: at * block,
                        threshold,
                        value,
                        bound,
                        seen,
                    })
                },
                |of_block: Found| {
                    reached = reached.max(of_block.reached);
                    beyond = beyond.max(of_block.beyond);
                    if taken.is_ok() {
                        taken = found.extended(&of_block.contenders);
                    }
                },
            )?;
            taken?;
            // One with an equal bound may be as good, and before.
            if reached > beyond || beyond == f64::NEG_INFINITY {
                break;
            }
            // Nobody came as far as was guessed: a little less, and then more.
            threshold = reached.max(beyond - margin);
            margin *= 4.0;
        }
        found.retain(|&(bound, _)| bound >= reached);
        found.sort_unstable_by_key(|&(_, row)| row);
        gathered(found.into_iter().map(|(_, row)| row))
    }
}

/// Brings the candidates of a block up to date whose bound reaches the threshold.
struct Refresh<'a> {
    search: &'a Search<'a>,
    first: usize,
    threshold: f64,
    value: &'a mut [f64],
    bound: &'a mut [f64],
    seen: &'a mut [u32],
}

impl Vectorized for Refresh<'_> {
    type Output = Result<Found>;

    #[inline(always)]
    fn run<T: Target>(mut self) -> Result<Found> {
        let (mut todo, beyond) = self.todo()?;
        todo.sort_unstable();

        let mut found = Found {
            reached: f64::NEG_INFINITY,
            contenders: room(todo.len())?,
            beyond,
        };
        let mut rest = &todo[..];
        while let Some(&(seen, _)) = rest.first() {
            let n_alike = rest.iter().take_while(|(other, _)| *other == seen).count();
            let (alike, others) = rest.split_at(n_alike);
            let (fours, ones) = alike.as_chunks::<4>();
            for four in fours {
                self.refresh::<T, 4>(four.map(|(_, at)| at), seen, &mut found);
            }
            for &(_, at) in ones {
                self.refresh::<T, 1>([at], seen, &mut found);
            }
            rest = others;
        }
        let reached = found.reached;
        found.contenders.retain(|&(bound, _)| bound >= reached);
        Ok(found)
    }
}

impl Refresh<'_> {
    /// The candidates to bring up to date, each with the number of choices that it has seen; and the largest other bound.
    #[inline(always)]
    fn todo(&self) -> Result<(Vec<(u32, usize)>, f64)> {
        let Search {
            candidates,
            kept,
            bounds,
            step,
            k,
            ..
        } = *self.search;
        let (mut todo, mut beyond) = (Vec::new(), f64::NEG_INFINITY);
        for (at, (&bound, &seen)) in self.bound.iter().zip(self.seen.iter()).enumerate() {
            let row = self.first + at;
            let bound = bounds.now(bound, &candidates.terms, row, seen as usize);
            if bound > beyond
                && (seen as usize) < step
                && candidates.rules.open(row, k - step, kept)
            {
                if bound >= self.threshold {
                    todo.pushed((seen, at))?;
                } else {
                    beyond = bound;
                }
            }
        }
        Ok((todo, beyond))
    }

    #[inline(always)]
    fn refresh<T: Target, const R: usize>(
        &mut self,
        places: [usize; R],
        seen: u32,
        found: &mut Found,
    ) {
        let Search {
            candidates,
            inverse_norm,
            bounds,
            step,
            ..
        } = *self.search;
        let rows = places.map(|at| self.first + at);
        let mut values = places.map(|at| self.value[at]);
        let scale = rows.map(|row| inverse_norm[row]);
        let method = candidates.terms.method;
        if method == Method::MaxSum {
            values = [0.0; R];
        }
        products::<T, R>(
            rows.map(|row| candidates.row(row)),
            &bounds.directions,
            bounds.first_unseen(seen as usize),
            |r, at, products| bounds.take_in(&mut values[r], at, products, scale[r]),
        );
        for r in 0..R {
            let at = places[r];
            let (low, high) = bounds.of(values[r], &candidates.terms, rows[r]);
            self.value[at] = values[r];
            self.bound[at] = if method == Method::MaxSum {
                values[r]
            } else {
                high.min(self.bound[at])
            };
            self.seen[at] = step as u32;
            found.reached = found.reached.max(low);
            if high >= found.reached && high > f64::NEG_INFINITY {
                found.contenders.push((high, rows[r]));
            }
        }
    }
}
