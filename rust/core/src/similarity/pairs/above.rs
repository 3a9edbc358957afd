//! All pairs of rows that are at least so similar, or at most so far apart.

use std::sync::{Mutex, PoisonError};

use super::collector::{Collector, Found, Pairs, split};
use super::screened::{Numbers, by_screen};
use super::visit::{check, visit};
use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::similarity::exact::Score;
use crate::similarity::real::Embedding;

/// The pairs of rows of `x` whose score is at least `threshold`; of squared distances, at most. In order of their rows.
///
/// With `offsets` of rows of one pool, pool `p` being the rows `offsets[p]..offsets[p + 1]`. Needs some 50 bytes a row and
/// up to 40 a pair.
///
/// # Errors
/// Refuses NaN and infinity, for cosines rows of zeros, and more than `max_pairs` pairs.
pub fn pairs_above<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: Option<&[i64]>,
    threshold: f64,
    kind: Score,
    max_pairs: usize,
    workers: &Workers<'_>,
) -> Result<Pairs> {
    let squared_norms = check(x, offsets, kind, workers)?;
    let collector = Above {
        least: kind.rising(threshold),
        max_pairs,
        found: Mutex::new(Vec::new()),
    };
    let large = |x: Matrix<'_, E>, first, _: &[f64]| {
        by_screen(x, Numbers::From(first), kind, &collector, workers)
    };
    visit(
        x,
        (offsets, &squared_norms),
        kind,
        &collector,
        large,
        workers,
    )?;
    let found = collector.found.into_inner();
    let mut found = found.unwrap_or_else(PoisonError::into_inner);
    found.sort_unstable_by_key(|found| found.rows);
    split(&found, kind)
}

struct Above {
    least: f64,
    max_pairs: usize,
    found: Mutex<Vec<Found>>,
}

impl Collector for Above {
    fn least(&self) -> f64 {
        self.least
    }

    fn take(&self, pairs: &[Found]) -> Result<()> {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        ensure(found.len() + pairs.len() <= self.max_pairs, || {
            format!(
                "more than max_pairs={} pairs of rows of X are within the threshold",
                self.max_pairs
            )
        })?;
        found.extended(pairs)
    }
}
