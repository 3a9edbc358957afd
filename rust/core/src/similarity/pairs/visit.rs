//! The walk over all pairs of rows, or over those within pools.

use std::ops::Range;

use super::collector::{Collector, Found};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};
use crate::similarity::exact::{Score, score};
use crate::similarity::pools::pieces::{Piece, pieces};
use crate::similarity::real::Embedding;
use crate::similarity::rows::Argument;

/// All pairs of a pool of up to so many rows are scored.
const MOST_SCORED: usize = 96;

/// The squared norms of the rows of `x`, which `offsets` must cut into pools.
///
/// # Errors
/// Refuses NaN and infinity, for cosines rows of zeros, too many rows, and other offsets.
pub(super) fn check<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: Option<&[i64]>,
    kind: Score,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let n = x.n_rows();
    ensure(i32::try_from(n).is_ok(), || {
        format!("X must have fewer than 2**31 rows, not {n}")
    })?;
    if let Some(offsets) = offsets {
        check_offsets("offsets", offsets, n)?;
    }
    let x = Argument { name: "X", rows: x };
    let squared_norms = x.squared_norms(workers)?;
    if kind == Score::Cosine {
        x.refuse_zeros(&squared_norms)?;
    }
    Ok(squared_norms)
}

/// Shows `collector` what may count of the pairs of rows of `x`, or of each pool alone. All pairs of small pools are scored;
/// `large` shows those of other rows, which begin at a place and have these squared norms.
pub(super) fn visit<E: Embedding>(
    x: Matrix<'_, E>,
    (offsets, squared_norms): (Option<&[i64]>, &[f64]),
    kind: Score,
    collector: &impl Collector,
    large: impl Fn(Matrix<'_, E>, usize, &[f64]) -> Result<()>,
    workers: &Workers<'_>,
) -> Result<()> {
    match offsets {
        None => large(x, 0, squared_norms),
        Some(offsets) => by_pools(x, (offsets, squared_norms), kind, collector, large, workers),
    }
}

/// Shows `collector` what may count of the pairs within the pools, for `large` pools by way of that.
fn by_pools<E: Embedding>(
    x: Matrix<'_, E>,
    (offsets, squared_norms): (&[i64], &[f64]),
    kind: Score,
    collector: &impl Collector,
    large: impl Fn(Matrix<'_, E>, usize, &[f64]) -> Result<()>,
    workers: &Workers<'_>,
) -> Result<()> {
    let (mut small, mut pieces) = (Vec::new(), pieces(offsets, MOST_SCORED).into_iter());
    loop {
        // Small pools are shared out until a large one comes, which is shared itself.
        let piece = pieces.next();
        if let Some(Piece::Small(pools)) = piece {
            small.push(pools);
            continue;
        }
        workers.run(small.drain(..), |pools| {
            let found = vectorize(OfPools {
                x,
                offsets,
                squared_norms,
                pools,
                kind,
                collector,
            })?;
            collector.take(&found)
        })?;
        let Some(Piece::Large(p)) = piece else {
            return Ok(());
        };
        let rows = group(offsets, p);
        let pool = Matrix::new(x.rows(rows.clone()), rows.len(), x.n_columns())?;
        large(pool, rows.start, &squared_norms[rows])?;
    }
}

/// All pairs of some small pools.
struct OfPools<'a, E, C> {
    x: Matrix<'a, E>,
    offsets: &'a [i64],
    squared_norms: &'a [f64],
    pools: Range<usize>,
    kind: Score,
    collector: &'a C,
}

impl<E: Embedding, C: Collector> Vectorized for OfPools<'_, E, C> {
    type Output = Result<Vec<Found>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<Vec<Found>> {
        let Self {
            x,
            squared_norms,
            kind,
            collector,
            ..
        } = self;
        let mut together = Vec::new();
        for p in self.pools {
            let rows = group(self.offsets, p);
            for i in rows.clone() {
                for j in i + 1..rows.end {
                    if collector.is_settled([i, j]) {
                        continue;
                    }
                    let norms = (squared_norms[i], squared_norms[j]);
                    let score = kind.rising(score::<T, E>(kind, x.row(i), x.row(j), norms));
                    if score >= collector.least() {
                        let rows = [i as i32, j as i32];
                        collector.meet(Found { rows, score }, &mut together)?;
                    }
                }
            }
        }
        Ok(together)
    }
}
