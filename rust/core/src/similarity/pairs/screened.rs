//! Pairs of many rows, by estimates with a proven bound.

use std::ops::Range;

use super::collector::{Collector, Found};
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};
use crate::similarity::exact::Score;
use crate::similarity::real::Embedding;
use crate::similarity::screen::{Hit, Screen, Search};

/// Shows `collector` what may count of the pairs of the rows of `x`, which are called by these numbers.
pub(super) fn by_screen<E: Embedding>(
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
pub(super) enum Numbers<'a> {
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
