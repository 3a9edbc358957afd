//! All pairs of rows that are at least so similar, or at most so far apart.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

use super::exact::Score;
use super::real::Embedding;
use super::screen::{Hit, Screen, Search};

/// Pairs of rows, the lower first, in order, and their scores.
pub type Pairs = (Vec<[i32; 2]>, Vec<f64>);

/// The pairs of rows of `x` whose score is at least `threshold`; of squared distances, at most.
///
/// Estimates with a proven bound say which pairs to look at; their scores are exact to the rounding of float64 sums. Needs
/// some 50 bytes a row and 16 a pair.
///
/// # Errors
/// Refuses NaN and infinity, for cosines rows of zeros, and more than `max_pairs` pairs.
pub fn pairs_above<E: Embedding>(
    x: Matrix<'_, E>,
    threshold: f64,
    kind: Score,
    max_pairs: usize,
    workers: &Workers<'_>,
) -> Result<Pairs> {
    let screen = Screen::new(x, None, kind, workers)?;
    let estimate = screen.scale.estimate_of(threshold);
    let search = Above {
        screen: &screen,
        threshold,
        // Rounded down.
        least: (estimate - estimate.abs() * 1e-6) as f32,
        max_pairs,
        found: Mutex::new(Vec::new()),
    };
    screen.run(None, &search, workers)?;
    let mut found = search
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|&(pair, _)| pair);
    Ok(found.into_iter().unzip())
}

struct Above<'a, 'b, E> {
    screen: &'a Screen<'b, E>,
    threshold: f64,
    least: f32,
    max_pairs: usize,
    found: Mutex<Vec<([i32; 2], f64)>>,
}

impl<E: Embedding> Search for Above<'_, '_, E> {
    fn least(&self, rows: Range<usize>, columns: Range<usize>) -> (Vec<f32>, Vec<f32>) {
        // A pair is found from its higher row.
        let nothing = vec![f32::INFINITY; columns.len()];
        (vec![self.least; rows.len()], nothing)
    }

    fn take(&self, hits: &mut Vec<Hit>) -> Result<()> {
        let pairs = vectorize(Exactly { search: self, hits });
        hits.clear();
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        found.extend(pairs);
        ensure(found.len() <= self.max_pairs, || {
            format!(
                "more than max_pairs={} pairs of rows of X pass the threshold {}",
                self.max_pairs, self.threshold
            )
        })
    }
}

/// The pairs that pass.
struct Exactly<'a, 'b, 'c, E> {
    search: &'a Above<'b, 'c, E>,
    hits: &'a [Hit],
}

impl<E: Embedding> Vectorized for Exactly<'_, '_, '_, E> {
    type Output = Vec<([i32; 2], f64)>;

    #[inline(always)]
    fn run<T: Target>(self) -> Self::Output {
        let Above {
            screen, threshold, ..
        } = self.search;
        let mut pairs = Vec::new();
        for hit in self.hits {
            if hit.row == hit.column {
                continue;
            }
            let score = screen.exact::<T>(hit.row as usize, hit.column as usize);
            let passes = match screen.scale.kind {
                Score::SquaredDistance => score <= *threshold,
                Score::Cosine | Score::Dot => score >= *threshold,
            };
            if passes {
                pairs.push(([hit.column as i32, hit.row as i32], score));
            }
        }
        pairs
    }
}
