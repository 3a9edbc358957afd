//! Pairs of rows by their scores, without the matrix: all above a threshold, what they connect, or the best.
//!
//! One search shows pairs to a [`Collector`], which says what counts. Of many rows estimates with a proven bound say which
//! pairs to look at; those of a small pool are all scored. Scores are exact to the rounding of float64 sums.

mod above;
mod copies;
mod groups;
mod top;

pub use above::pairs_above;
pub use groups::groups_above;
pub use top::top_pairs;

use std::ops::Range;

use super::exact::{Score, score};
use super::pools::{Piece, pieces};
use super::real::Embedding;
use super::rows::Argument;
use super::screen::{Hit, Screen, Search};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};
use crate::memory::{Growing, filled};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Pairs of rows, the lower first, and their scores.
pub type Pairs = (Vec<[i32; 2]>, Vec<f64>);

/// All pairs of a pool of up to so many rows are scored.
const MOST_SCORED: usize = 96;

/// Two rows, the lower first, and their score, of which more is better.
#[derive(Clone, Copy)]
struct Found {
    rows: [i32; 2],
    score: f64,
}

/// Says which pairs count, and takes them.
trait Collector: Sync {
    /// The score, of which more is better, that a pair must reach; it only rises.
    fn least(&self) -> f64;

    /// Whether nothing depends on this pair any more.
    #[inline(always)]
    fn is_settled(&self, _: [usize; 2]) -> bool {
        false
    }

    /// The row with which all of these are settled, if there is one.
    fn settled_with(&self, _: &mut dyn Iterator<Item = usize>) -> Option<usize> {
        None
    }

    /// Takes a pair that reaches the least, or puts it to those that are taken together.
    ///
    /// # Errors
    /// If there is not the memory.
    #[inline(always)]
    fn meet(&self, found: Found, together: &mut Vec<Found>) -> Result<()> {
        together.pushed(found)
    }

    /// Takes pairs together.
    ///
    /// # Errors
    /// What the collector refuses.
    fn take(&self, found: &[Found]) -> Result<()>;
}

/// Checks `x`, and that `offsets` cut it into pools.
fn check<E: Embedding>(
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

/// Shows `collector` what may count of the pairs within the pools, for `large` pools by way of that.
fn by_pools<E: Embedding>(
    x: Matrix<'_, E>,
    (offsets, squared_norms): (&[i64], &[f64]),
    kind: Score,
    collector: &impl Collector,
    mut large: impl FnMut(Matrix<'_, E>, usize) -> Result<()>,
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
        large(pool, rows.start)?;
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

/// Shows `collector` what may count of the pairs of the rows of `x`, which are called by these numbers.
fn by_screen<E: Embedding>(
    x: Matrix<'_, E>,
    numbers: Numbers<'_>,
    kind: Score,
    collector: &impl Collector,
    workers: &Workers<'_>,
) -> Result<()> {
    let screen = Screen::new(x, None, kind, workers)?;
    let search = Screened {
        screen: &screen,
        numbers,
        collector,
    };
    screen.run(None, &search, workers)
}

/// What rows of a part are called in the whole.
#[derive(Clone, Copy)]
enum Numbers<'a> {
    From(usize),
    Of(&'a [u32]),
}

impl Numbers<'_> {
    #[inline(always)]
    fn of(self, row: usize) -> usize {
        match self {
            Self::From(first) => first + row,
            Self::Of(numbers) => numbers[row] as usize,
        }
    }
}

struct Screened<'a, 'b, E, C> {
    screen: &'a Screen<'b, E>,
    numbers: Numbers<'a>,
    collector: &'a C,
}

impl<E, C: Collector> Screened<'_, '_, E, C>
where
    E: Embedding,
{
    /// What an estimate must reach, rounded down; what rounds in estimates is in their error.
    fn least_estimate(&self) -> f32 {
        let scale = &self.screen.scale;
        let estimate = scale.estimate_of(scale.kind.given(self.collector.least()));
        (estimate - estimate.abs() * 1e-6) as f32
    }
}

impl<E: Embedding, C: Collector> Search for Screened<'_, '_, E, C> {
    fn least(&self, rows: Range<usize>, columns: Range<usize>) -> Result<(Vec<f32>, Vec<f32>)> {
        // A pair is found from its higher row.
        let nothing = filled(f32::INFINITY, columns.len())?;
        let mut of_rows = filled(self.least_estimate(), rows.len())?;
        let mut columns = columns.map(|column| self.numbers.of(column));
        if let Some(other) = self.collector.settled_with(&mut columns) {
            for (least, row) in of_rows.iter_mut().zip(rows) {
                if self.collector.is_settled([other, self.numbers.of(row)]) {
                    *least = f32::INFINITY;
                }
            }
        }
        Ok((of_rows, nothing))
    }

    fn take(&self, hits: &mut Vec<Hit>) -> Result<()> {
        let found = vectorize(Exactly { search: self, hits })?;
        hits.clear();
        self.collector.take(&found)
    }
}

/// The pairs that count.
struct Exactly<'a, 'b, 'c, E, C> {
    search: &'a Screened<'b, 'c, E, C>,
    hits: &'a [Hit],
}

impl<E: Embedding, C: Collector> Vectorized for Exactly<'_, '_, '_, E, C> {
    type Output = Result<Vec<Found>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<Vec<Found>> {
        let Screened {
            screen,
            numbers,
            collector,
        } = *self.search;
        let mut together = Vec::new();
        let mut least = self.search.least_estimate();
        for (at, hit) in self.hits.iter().enumerate() {
            if at % 1024 == 1023 {
                least = self.search.least_estimate();
            }
            let (row, column) = (hit.row as usize, hit.column as usize);
            let pair = [numbers.of(column), numbers.of(row)];
            if row == column
                || collector.is_settled(pair)
                || hit.estimate + screen.error(row, column) < least
            {
                continue;
            }
            let score = screen.scale.kind.rising(screen.exact::<T>(row, column));
            if score >= collector.least() {
                let rows = [pair[0].min(pair[1]) as i32, pair[0].max(pair[1]) as i32];
                collector.meet(Found { rows, score }, &mut together)?;
            }
        }
        Ok(together)
    }
}
