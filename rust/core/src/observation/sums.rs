//! Sums over outcomes on tables: utilities of a block of entries are gathered, the kind of judgement works on them, and what
//! it returns is scattered.
//!
//! Over a small table a task sums into a table of its own; over a large one the values of its entries are kept, and
//! scattered in the order of the tasks.

use std::ops::Range;

use super::entries::add_row;
use super::kind::{Block, Kind, Values};
use super::softmax::BLOCK;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Entries that a thread takes at a time.
pub(super) const ENTRIES_PER_TASK: usize = 4096;

/// Rows of the largest table of which a task has its own.
const SMALL_TABLE: usize = 16_384;

/// What is summed on `N` tables.
pub(super) trait Summand<const N: usize>: Sync {
    type Kind: Kind;

    fn kind(&self) -> &Self::Kind;

    fn fill<T: Target>(&self, block: Block<'_>, out: [Values<'_>; N]) -> Result<()>;
}

/// Sums over all outcomes on `N` tables.
pub(super) fn sum_over_outcomes<S: Summand<N>, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<[Vec<f64>; N]> {
    let size = utility.values().len();
    let small = utility.n_rows() <= SMALL_TABLE;
    let rows = if small { 2 * utility.n_rows() } else { 0 };
    let runs = summand.kind().entries().runs(ENTRIES_PER_TASK.max(rows));
    let mut tables = zeros(size)?;
    if runs.len() == 1 {
        // One task needs no table of its own.
        let only = runs.into_iter().zip([&mut tables]);
        workers.run(only, |(run, tables)| {
            blocks(summand, utility, run, |entries, values| {
                scatter(summand.kind(), tables, utility.n_columns(), entries, values);
                Ok(())
            })
        })?;
    } else if small {
        let work = |run| {
            let mut own = zeros(size)?;
            blocks(summand, utility, run, |entries, values| {
                scatter(
                    summand.kind(),
                    &mut own,
                    utility.n_columns(),
                    entries,
                    values,
                );
                Ok(())
            })?;
            Ok(own)
        };
        workers.fold(runs, work, |own| {
            for (table, own) in tables.iter_mut().zip(&own) {
                add_row(table, 0, own);
            }
        })?;
    } else {
        let work = |run: Range<usize>| {
            let mut kept = [(); N].map(|()| [Vec::new(), Vec::new()]);
            blocks(summand, utility, run.clone(), |_, values| {
                for (kept, values) in kept.iter_mut().flatten().zip(values.iter().flatten()) {
                    kept.extended(values)?;
                }
                Ok(())
            })?;
            Ok((run, kept))
        };
        workers.fold(runs, work, |(run, kept)| {
            let entries = summand.kind().entries().of(&run);
            scatter(
                summand.kind(),
                &mut tables,
                utility.n_columns(),
                &entries,
                &kept,
            );
        })?;
    }
    Ok(tables)
}

/// `N` tables of zeros.
fn zeros<const N: usize>(size: usize) -> Result<[Vec<f64>; N]> {
    let mut tables = [const { Vec::new() }; N];
    for table in &mut tables {
        table.resized(size, 0.0)?;
    }
    Ok(tables)
}

/// Adds the values of entries, and those of their outcomes on the parameter of ties, to the tables.
#[inline(always)]
fn scatter<K: Kind, const N: usize>(
    kind: &K,
    tables: &mut [Vec<f64>; N],
    n_classes: usize,
    entries: &Range<usize>,
    values: &[[Vec<f64>; 2]; N],
) {
    for (table, [values, ties]) in tables.iter_mut().zip(values) {
        kind.entries().scatter(table, n_classes, entries, values);
        if let Some(row) = kind.tie_row() {
            for values in ties.chunks_exact(n_classes) {
                add_row(table, row, values);
            }
        }
    }
}

/// Calls `take` with the entries of every block of a run of outcomes, and with what was filled in for them and for ties.
fn blocks<S, F, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    run: Range<usize>,
    take: F,
) -> Result<()>
where
    S: Summand<N>,
    F: FnMut(&Range<usize>, &[[Vec<f64>; 2]; N]) -> Result<()>,
{
    vectorize(Blocks {
        summand,
        utility,
        run,
        take,
    })
}

struct Blocks<'a, S, F, const N: usize> {
    summand: &'a S,
    utility: Matrix<'a, f64>,
    run: Range<usize>,
    take: F,
}

impl<S, F, const N: usize> Vectorized for Blocks<'_, S, F, N>
where
    S: Summand<N>,
    F: FnMut(&Range<usize>, &[[Vec<f64>; 2]; N]) -> Result<()>,
{
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(mut self) -> Result<()> {
        let kind = self.summand.kind();
        let mut values = [(); N].map(|()| [Vec::new(), Vec::new()]);
        let mut cursor = Cursor::new(kind, self.utility, self.run);
        while let Some(block) = cursor.next()? {
            let entries = kind.entries().of(&block.outcomes);
            let n_ties = kind.tie_row().map_or(0, |_| block.outcomes.len());
            for [values, ties] in &mut values {
                values.resized(entries.len() * block.n_classes, 0.0)?;
                ties.resized(n_ties * block.n_classes, 0.0)?;
            }
            let out = values
                .each_mut()
                .map(|[entries, tie]| Values { entries, tie });
            self.summand.fill::<T>(block, out)?;
            (self.take)(&entries, &values)?;
        }
        Ok(())
    }
}

/// The blocks of a run of outcomes, one after the other, their utilities gathered. No closure is called with a block: it
/// would be compiled for the least instruction set.
pub(super) struct Cursor<'a, K> {
    kind: &'a K,
    utility: Matrix<'a, f64>,
    left: Range<usize>,
    gathered: Vec<f64>,
    room: [Vec<f64>; 8],
}

impl<'a, K: Kind> Cursor<'a, K> {
    #[inline(always)]
    pub(super) fn new(kind: &'a K, utility: Matrix<'a, f64>, run: Range<usize>) -> Self {
        Self {
            kind,
            utility,
            left: run,
            gathered: Vec::new(),
            room: Default::default(),
        }
    }

    /// The next block, if any outcome is left.
    ///
    /// # Errors
    /// If there is not the memory.
    #[inline(always)]
    pub(super) fn next(&mut self) -> Result<Option<Block<'_>>> {
        if self.left.is_empty() {
            return Ok(None);
        }
        let n_classes = self.utility.n_columns();
        let entries = self.kind.entries();
        let outcomes = entries.head(&self.left, BLOCK / n_classes);
        self.left.start = outcomes.end;
        entries.gather(self.utility, &entries.of(&outcomes), &mut self.gathered)?;
        for room in self.room.iter_mut().take(K::LARGE_ROOMS) {
            room.resized(self.gathered.len(), 0.0)?;
        }
        Ok(Some(Block {
            outcomes,
            n_classes,
            utility: &mut self.gathered,
            tie: self.kind.tie_row().map_or(&[], |row| self.utility.row(row)),
            room: &mut self.room,
        }))
    }
}
