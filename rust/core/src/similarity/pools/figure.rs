//! A number for every pool, made of what its parts contribute: large pools are cut, small ones taken several at a time.

use std::ops::Range;

use super::pieces::{Piece, ROWS_PER_TASK, pieces};
use crate::error::Result;
use crate::matrix::group;
use crate::memory::room;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// What is computed of every pool.
pub trait Figure: Sync {
    /// What some rows contribute.
    type Part: Send;
    /// Rows of a large pool that a thread takes at a time.
    fn rows_at_a_time(&self, _pool: usize) -> usize {
        ROWS_PER_TASK
    }
    /// What these rows of a pool contribute.
    ///
    /// # Errors
    /// What the figure refuses.
    fn part<T: Target>(&self, pool: usize, rows: Range<usize>) -> Result<Self::Part>;
    /// Adds what the rows after the first ones contribute.
    fn join(first: &mut Self::Part, after: Self::Part);
    /// The figure of a pool of so many rows.
    fn finish(n_rows: usize, whole: Self::Part) -> f64;
}

/// The figure of every pool.
///
/// # Errors
/// What the figure refuses, or as [`Workers::run`].
pub fn figures<F: Figure>(figure: &F, offsets: &[i64], workers: &Workers<'_>) -> Result<Vec<f64>> {
    let tasks = pieces(offsets, ROWS_PER_TASK)
        .into_iter()
        .flat_map(|piece| match piece {
            Piece::Small(pools) => vec![Task::Pools(pools)],
            Piece::Large(p) => {
                let rows = group(offsets, p);
                let length = figure.rows_at_a_time(p);
                let firsts = rows.clone().step_by(length);
                let part = |first| Task::Rows(p, first..rows.end.min(first + length));
                firsts.map(part).collect()
            }
        });
    let tasks: Vec<_> = tasks.collect();
    let mut out = room(offsets.len() - 1)?;
    let mut begun = None;
    workers.fold(
        tasks,
        |task| {
            vectorize(Run {
                figure,
                offsets,
                task,
            })
        },
        |done| match done {
            Done::Pools(values) => out.extend(values),
            Done::Rows(pool, end, part) => {
                let whole = match begun.take() {
                    Some(mut whole) => {
                        F::join(&mut whole, part);
                        whole
                    }
                    None => part,
                };
                let rows = group(offsets, pool);
                if end == rows.end {
                    out.push(F::finish(rows.len(), whole));
                } else {
                    begun = Some(whole);
                }
            }
        },
    )?;
    Ok(out)
}

/// Some whole pools, or some rows of one.
enum Task {
    Pools(Range<usize>),
    Rows(usize, Range<usize>),
}

/// The figures of whole pools, or what the rows of one contribute up to here.
enum Done<P> {
    Pools(Vec<f64>),
    Rows(usize, usize, P),
}

struct Run<'a, F> {
    figure: &'a F,
    offsets: &'a [i64],
    task: Task,
}

impl<F: Figure> Vectorized for Run<'_, F> {
    type Output = Result<Done<F::Part>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Self::Output {
        let part = |pool, rows| self.figure.part::<T>(pool, rows);
        match self.task {
            Task::Pools(pools) => {
                let mut values = room(pools.len())?;
                for pool in pools {
                    let rows = group(self.offsets, pool);
                    values.push(F::finish(rows.len(), part(pool, rows)?));
                }
                Ok(Done::Pools(values))
            }
            Task::Rows(pool, rows) => {
                let end = rows.end;
                Ok(Done::Rows(pool, end, part(pool, rows)?))
            }
        }
    }
}
