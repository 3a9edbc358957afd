//! The best choice from one small pool: the greedy one, then a search for a better one, then its order.

use super::cliques;
use super::covering::Covering;
use super::determinant::Determinant;
use super::held::{Among, Held};
use super::pairs::Pairs;
use super::search::search;
use super::together::Together;
use super::tree::{Best, Lanes, slack};
use crate::error::{Error, Result};
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::greedy::dpp::RANK_TOLERANCE;
use crate::selection::greedy::one_pool::Scratch;
use crate::selection::method::Method;
use crate::selection::wide::Wide;
use crate::simd::{Target, Vectorized, vectorize};

/// What a search keeps from pool to pool for its memory.
#[derive(Default)]
pub(super) struct Search {
    inverse_norm: Vec<f64>,
    wide: Wide,
    similarity: Vec<f64>,
    held: Held,
    scratch: Scratch,
    two: Vec<Lanes<2>>,
    four: Vec<Lanes<4>>,
    eight: Vec<Lanes<8>>,
}

impl Search {
    /// Writes the best choice of `k` rows to `picks`; returns whether it is the greedy one.
    pub(super) fn best(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        workers: &Workers<'_>,
        picks: &mut Vec<Pick>,
    ) -> Result<bool> {
        let (n, method) = (candidates.len(), candidates.terms.method);
        picks.clear();
        if n == 0 {
            return Ok(true);
        }
        self.measure(candidates)?;
        self.choose(candidates, k, Among::All, picks)?;
        if k == 0 {
            return Ok(true);
        }
        if let Some(row) = candidates.rules.included(picks.len()) {
            return Err(candidates.refuse_included(row));
        }
        let together = Together::new(&candidates.rules, n, &self.similarity);
        let greedy = picks.clone();
        let chosen = picks.iter().fold(0, |set, &(row, _)| set | 1_u64 << row);
        let mut n_wanted = if method == Method::Dpp && greedy.len() < k {
            self.rank(n, candidates.terms.weight).min(k)
        } else {
            k
        };
        loop {
            let known = greedy.len() == n_wanted && together.is_kept(chosen);
            let mut best = Best {
                rows: Vec::new(),
                value: if known {
                    value(method, &greedy)
                } else {
                    f64::NEG_INFINITY
                },
            };
            if n_wanted > 0 {
                self.search(candidates, &together, n_wanted, k, &mut best, workers)?;
            }
            if known && best.rows.is_empty() {
                return Ok(true);
            }
            if !best.rows.is_empty() || (n_wanted == 0 && together.is_kept(0)) {
                self.order(candidates, k, &best.rows, picks)?;
                let worse = value(method, picks) <= value(method, &greedy) + slack(best.value);
                if known && worse {
                    picks.clone_from(&greedy);
                }
                return Ok(known && worse);
            }
            if n_wanted == 0 {
                return Err(Error::Shape(format!(
                    "no choice from rows {} to {} of X keeps quota, include and max_similarity",
                    candidates.first,
                    candidates.first + n - 1
                )));
            }
            n_wanted -= 1;
        }
    }

    /// Computes the similarities of every two rows.
    fn measure(&mut self, candidates: &Candidates<'_>) -> Result<()> {
        let n = candidates.len();
        self.similarity.resized(n * n, 0.0)?;
        self.wide
            .similarities(candidates, n, &mut self.inverse_norm, &mut self.similarity)
    }

    /// Chooses greedily among some rows.
    fn choose(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        among: Among<'_>,
        picks: &mut Vec<Pick>,
    ) -> Result<()> {
        if !candidates.terms.method.covers() {
            return self
                .held
                .greedy(candidates, &self.similarity, k, among, picks);
        }
        let n = candidates.len();
        let eligible: Vec<bool> = match among {
            Among::Set(set) => (0..n).map(|row| set >> row & 1 == 1).collect(),
            _ => (0..n).map(|row| candidates.rules.eligible(row)).collect(),
        };
        let mut candidates = *candidates;
        candidates.rules.eligible = Some(&eligible);
        self.scratch
            .greedy(&candidates, k, &Workers::serial(), picks)
    }

    /// Puts the rows of a set into the order of the greedy choice among them.
    fn order(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        rows: &[usize],
        picks: &mut Vec<Pick>,
    ) -> Result<()> {
        let set = rows.iter().fold(0, |set, row| set | 1_u64 << row);
        // Where covering is saturated depends on how many were asked for.
        let k = if candidates.terms.method.covers() {
            k
        } else {
            rows.len()
        };
        self.choose(candidates, k, Among::Set(set), picks)?;
        if picks.len() < rows.len() {
            // As close to the span of others as rounding: the order of the search is one that reaches all.
            self.choose(candidates, rows.len(), Among::Order(rows), picks)?;
        }
        Ok(())
    }

    /// How many rows differ: the greedy choice of dpp without rules and quality.
    fn rank(&self, n: usize, weight: f64) -> usize {
        if weight == 0.0 {
            return n;
        }
        let mut left = self.similarity.clone();
        for rank in 0..n {
            let largest = (0..n).fold(0, |best, row| {
                if left[row * n + row] > left[best * n + best] {
                    row
                } else {
                    best
                }
            });
            let pivot = left[largest * n + largest];
            if pivot <= RANK_TOLERANCE {
                return rank;
            }
            let column: Vec<f64> = left[largest * n..(largest + 1) * n].to_vec();
            for (row, values) in left.chunks_exact_mut(n).enumerate() {
                let scale = column[row] / pivot;
                for (value, of_column) in values.iter_mut().zip(&column) {
                    *value -= scale * of_column;
                }
            }
        }
        n
    }

    fn search(
        &mut self,
        candidates: &Candidates<'_>,
        together: &Together,
        k: usize,
        asked: usize,
        best: &mut Best,
        workers: &Workers<'_>,
    ) -> Result<()> {
        let (similarity, n) = (&self.similarity, candidates.len());
        if n <= 16 {
            vectorize(Sets {
                similarity,
                padded: &mut self.two,
                candidates,
                together,
                k,
                asked,
                best,
                workers,
            })
        } else if n <= 32 {
            vectorize(Sets {
                similarity,
                padded: &mut self.four,
                candidates,
                together,
                k,
                asked,
                best,
                workers,
            })
        } else {
            vectorize(Sets {
                similarity,
                padded: &mut self.eight,
                candidates,
                together,
                k,
                asked,
                best,
                workers,
            })
        }
    }
}

/// The value of a choice with these gains.
fn value(method: Method, picks: &[Pick]) -> f64 {
    if method != Method::MaxMin {
        return picks.iter().map(|(_, gain)| gain).sum();
    }
    let pairs = picks.iter().skip(1).map(|&(_, gain)| gain);
    let smallest = pairs.fold(f64::INFINITY, f64::min);
    if smallest.is_finite() { smallest } else { 0.0 }
}

/// All sets of `k` rows of a pool of up to `8 C`.
struct Sets<'a, const C: usize> {
    similarity: &'a [f64],
    padded: &'a mut Vec<Lanes<C>>,
    candidates: &'a Candidates<'a>,
    together: &'a Together,
    k: usize,
    asked: usize,
    best: &'a mut Best,
    workers: &'a Workers<'a>,
}

impl<const C: usize> Vectorized for Sets<'_, C> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let (n, terms) = (self.candidates.len(), &self.candidates.terms);
        let mut bonus = [[0.0; 8]; C];
        for (row, bonus) in bonus.as_flattened_mut()[..n].iter_mut().enumerate() {
            *bonus = terms.bonus_of(row);
        }
        let in_pairs = matches!(terms.method, Method::MaxSum | Method::MaxMin);
        self.padded.clear();
        for (row, values) in self.similarity.chunks_exact(n).enumerate() {
            let mut padded = [[0.0; 8]; C];
            padded.as_flattened_mut()[..n].copy_from_slice(values);
            if in_pairs {
                let mine = bonus.as_flattened()[row];
                for c in 0..C {
                    for lane in 0..8 {
                        let apart = terms.weight * (1.0 - padded[c][lane]);
                        padded[c][lane] = (mine + bonus[c][lane]) + apart;
                    }
                }
                padded.as_flattened_mut()[row] = f64::NEG_INFINITY;
            }
            self.padded.push(padded);
        }
        let (padded, k, best) = (&self.padded[..], self.k, self.best);
        let (together, workers) = (self.together, self.workers);
        match terms.method {
            Method::MaxMin => cliques::search(padded, together, k, best, workers),
            Method::MaxSum => {
                let mut tree = Pairs::new(padded, together.eligible, k);
                search(&mut tree, together, k, 0.0, best, workers)
            }
            Method::Dpp => {
                let mut tree = Determinant::new(padded, terms, bonus, k);
                search(&mut tree, together, k, 0.0, best, workers)
            }
            _ => {
                let mut tree = Covering::new(padded, terms, bonus, k, self.asked);
                let nothing = if terms.method == Method::KMedoids {
                    -terms.weight * n as f64
                } else {
                    0.0
                };
                search(&mut tree, together, k, nothing, best, workers)
            }
        }
    }
}
