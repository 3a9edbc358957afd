//! The best pairs of all.

use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Mutex, PoisonError};

use super::collector::{Collector, Found, Pairs, split};
use super::screened::{Numbers, by_screen};
use super::visit::{check, visit};
use crate::error::Result;
use crate::matrix::{Matrix, group};
use crate::memory::room;
use crate::parallel::Workers;
use crate::similarity::exact::Score;
use crate::similarity::real::Embedding;

/// The `n` pairs of rows of `x` of the highest scores, or of the smallest squared distances: the best first, of equal ones
/// the pair of the lowest rows. All pairs, where there are no more.
///
/// With `offsets` of rows of one pool, as for [`pairs_above`](crate::similarity::pairs_above). Needs some 50 bytes a row and 32 a pair.
///
/// # Errors
/// Refuses NaN and infinity, and for cosines rows of zeros.
pub fn top_pairs<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: Option<&[i64]>,
    n: usize,
    kind: Score,
    workers: &Workers<'_>,
) -> Result<Pairs> {
    let squared_norms = check(x, offsets, kind, workers)?;
    // Of up to 2³¹ rows there are no more than 2⁶¹.
    let all = |n: usize| n * n.saturating_sub(1) / 2;
    let n_pairs = match offsets {
        None => all(x.n_rows()),
        Some(offsets) => (1..offsets.len())
            .map(|p| all(group(offsets, p - 1).len()))
            .sum(),
    };
    let n = n.min(n_pairs);
    if n == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let collector = Top {
        n,
        least: AtomicU64::new(f64::NEG_INFINITY.to_bits()),
        best: Mutex::new(BinaryHeap::from(room::<Worst>(n)?)),
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
    let best = collector.best.into_inner();
    let mut best = best.unwrap_or_else(PoisonError::into_inner).into_vec();
    best.sort_unstable();
    let mut found = room(best.len())?;
    found.extend(best.into_iter().map(|Worst(found)| found));
    split(&found, kind)
}

struct Top {
    n: usize,
    /// The score of the worst of them, as bits, once there are as many as there may be.
    least: AtomicU64,
    best: Mutex<BinaryHeap<Worst>>,
}

impl Collector for Top {
    #[inline(always)]
    fn least(&self) -> f64 {
        f64::from_bits(self.least.load(Relaxed))
    }

    fn take(&self, pairs: &[Found]) -> Result<()> {
        let mut best = self.best.lock().unwrap_or_else(PoisonError::into_inner);
        for &Found { rows, score } in pairs {
            // Zero has one sign, so that equal scores are equal.
            let pair = Worst(Found {
                rows,
                score: score + 0.0,
            });
            if best.len() < self.n {
                best.push(pair);
            } else if let Some(mut worst) = best.peek_mut()
                && pair < *worst
            {
                *worst = pair;
            }
        }
        if best.len() == self.n
            && let Some(Worst(worst)) = best.peek()
        {
            self.least.store(worst.score.to_bits(), Relaxed);
        }
        Ok(())
    }
}

/// A pair; the worst is the largest.
struct Worst(Found);

impl Ord for Worst {
    fn cmp(&self, other: &Self) -> Ordering {
        let by_score = other.0.score.total_cmp(&self.0.score);
        by_score.then(self.0.rows.cmp(&other.0.rows))
    }
}

impl PartialOrd for Worst {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Worst {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Worst {}
