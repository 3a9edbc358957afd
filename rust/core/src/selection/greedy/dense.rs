//! The greedy choice from a small pool where gains are sums over all rows, as in `coverage` to the bit: all similarities are
//! held, and at every step the gains of all candidates are summed side by side.

use super::dense_medoids::Swaps;
use super::held::{Held, LANES};
use super::term::{Term, room_at_first};
use crate::error::Result;
use crate::memory::Growing;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::wide::Wide;
use crate::simd::{Target, Vectorized, vectorize};

/// All similarities of pools of so many rows are in a core's cache.
const MOST_ROWS: usize = 64;

/// What the search knows of each row; kept from pool to pool for its memory.
#[derive(Default)]
pub(crate) struct Dense {
    wide: Wide,
    inverse_norm: Vec<f64>,
    held: Held,
    room: Vec<f64>,
    /// What each candidate adds to the sum over all rows.
    added: Vec<f64>,
    kept: Kept,
    swaps: Swaps,
}

/// Whether the search is for such a pool.
pub(crate) fn suits(candidates: &Candidates<'_>) -> bool {
    candidates.terms.method.covers() && candidates.len() <= MOST_ROWS
}

/// Chooses up to `k` candidates; fewer where the rules allow no more. Ties go to the lowest row.
pub(crate) fn greedy(
    candidates: &Candidates<'_>,
    k: usize,
    dense: &mut Dense,
    picks: &mut Vec<Pick>,
) -> Result<()> {
    picks.clear();
    let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
    if n == 0 {
        return Ok(());
    }
    rules.start(n, &mut dense.kept)?;
    dense.held.reset(n)?;
    dense.wide.similarities(
        candidates,
        dense.held.stride,
        &mut dense.inverse_norm,
        &mut dense.held.values,
    )?;
    dense.start(terms.method, k)?;
    while picks.len() < k {
        let step = picks.len();
        dense.add_up(Term::of(terms.method));
        let Some((best, mut gain)) = dense.best(candidates, k, step) else {
            break;
        };
        if terms.method == Method::KMedoids && step == 0 {
            gain -= terms.weight * n as f64;
        }
        picks.push((best, gain));
        rules.choose(best, &mut dense.kept);
        let similarity = dense.held.row(best);
        for (room, &similarity) in dense.room.iter_mut().zip(similarity) {
            Term::of(terms.method).take_in(similarity, room);
        }
        rules.close_similar(similarity, &mut dense.kept.allowed);
    }
    if terms.method == Method::KMedoids && !picks.is_empty() {
        dense
            .swaps
            .improve(candidates, &dense.held, &mut dense.kept, picks)?;
    }
    Ok(())
}

impl Dense {
    /// The room of each row before any candidate is chosen.
    fn start(&mut self, method: Method, k: usize) -> Result<()> {
        let n = self.held.n;
        self.room.clear();
        self.room.resized(n, room_at_first(method))?;
        self.added.resized(self.held.stride, 0.0)?;
        if method == Method::SaturatedCoverage {
            self.add_up(Term::Positive);
            let enough = (k as f64 / n as f64).min(1.0);
            for (room, added) in self.room.iter_mut().zip(&self.added) {
                *room = enough * added;
            }
        }
        Ok(())
    }

    /// Sums what every row gains from each candidate.
    fn add_up(&mut self, term: Term) {
        vectorize(Sums {
            held: &self.held,
            room: &self.room,
            term,
            out: &mut self.added,
        });
    }

    /// The candidate that adds most, the lowest row of equals, and what it adds.
    fn best(&self, candidates: &Candidates<'_>, k: usize, step: usize) -> Option<Pick> {
        let (terms, rules) = (&candidates.terms, &candidates.rules);
        let gain = |row: usize| terms.bonus_of(row) + terms.weight * self.added[row];
        if let Some(row) = rules.included(step) {
            return Some((row, gain(row)));
        }
        let (mut best, mut highest) = (None, f64::NEG_INFINITY);
        for row in 0..self.held.n {
            let gain = gain(row);
            if gain > highest && rules.open(row, k - step, &self.kept) {
                (best, highest) = (Some((row, gain)), gain);
            }
        }
        best
    }
}

/// The sums of a term over all rows, each in lanes of which the upper half is added onto the lower.
struct Sums<'a> {
    held: &'a Held,
    room: &'a [f64],
    term: Term,
    out: &'a mut [f64],
}

impl Vectorized for Sums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        match self.term {
            Term::Excess => self.of_all(|s, room| Term::Excess.value(s, room)),
            Term::Fitting => self.of_all(|s, room| Term::Fitting.value(s, room)),
            Term::Positive => self.of_all(|s, room| Term::Positive.value(s, room)),
        }
    }
}

impl Sums<'_> {
    #[inline(always)]
    fn of_all(self, term: impl Fn(f64, f64) -> f64 + Copy) {
        let (blocks, _) = self.out.as_chunks_mut::<LANES>();
        for (block, out) in blocks.iter_mut().enumerate() {
            let mut sums = [[0.0; LANES]; LANES];
            let mut rows = self.held.of_block(block);
            for rooms in self.room.chunks(LANES) {
                for ((sums, &room), row) in sums.iter_mut().zip(rooms).zip(&mut rows) {
                    for (sum, &similarity) in sums.iter_mut().zip(row) {
                        *sum += term(similarity, room);
                    }
                }
            }
            let mut half = LANES / 2;
            while half > 0 {
                let (lower, upper) = sums.split_at_mut(half);
                for (lower, upper) in lower.iter_mut().zip(upper) {
                    for (sum, upper) in lower.iter_mut().zip(upper) {
                        *sum += *upper;
                    }
                }
                half /= 2;
            }
            *out = sums[0];
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::matrix::Matrix;
    use crate::parallel::Workers;
    use crate::selection::{Method, Terms, greedy_batch};

    #[test]
    fn pools_of_any_size_follow_one_another() {
        let x: Vec<f32> = (0..90_u8).map(|at| f32::from(at % 7) - 2.5).collect();
        let x = Matrix::new(&x, 30, 3).unwrap();
        let terms = Terms {
            method: Method::FacilityLocation,
            bonus: None,
            weight: 1.0,
        };
        let offsets = [0, 9, 9, 10, 30];
        let workers = Workers::serial();
        let (positions, gains) = greedy_batch(x, &offsets, terms, &[2; 4], None, &workers).unwrap();
        for (pool, rows) in offsets.windows(2).enumerate() {
            let alone = Matrix::new(
                x.rows(rows[0] as usize..rows[1] as usize),
                (rows[1] - rows[0]) as usize,
                3,
            );
            let (chosen, gained) =
                crate::selection::greedy(alone.unwrap(), terms, 2, None, &workers).unwrap();
            assert_eq!(positions[2 * pool..][..chosen.len()], chosen);
            assert_eq!(gains[2 * pool..][..chosen.len()], gained);
        }
        assert_eq!(positions[2..5], [-1, -1, 0]);
    }
}
