//! Sums over outcomes on tables: utilities of a block of entries are gathered, the kind of judgement works on them, and what
//! it returns is scattered.
//!
//! Over a small table a task sums into a table of its own; over a large one the values of entries are kept, and those of each
//! row are added up. Either way in the tree of `blocks.rs`.

use std::ops::Range;

use super::entries::add_row;
use super::kind::{Block, Kind, Values};
use super::softmax::BLOCK;
use crate::blocks::{Tree, add_all, ranges_of_blocks};
use crate::error::Result;
use crate::keyed_sums::{ByKey, blocks_together, cut, edges_of, parts};
use crate::matrix::Matrix;
use crate::memory::{Growing, filled, product, zeroed};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Entries that a thread takes at a time.
pub(super) const ENTRIES_PER_TASK: usize = 4096;

/// Rows of the largest table of which a task has its own.
const SMALL_TABLE: usize = 16_384;

/// Pieces of a long block whose values are kept at a time, at least.
const FEWEST_TASKS: usize = 64;

/// What is summed on `N` tables.
pub(super) trait Summand<const N: usize>: Sync {
    type Kind: Kind;

    fn kind(&self) -> &Self::Kind;

    fn fill<T: Target>(&self, block: Block<'_>, out: [Values<'_>; N]) -> Result<()>;
}

/// Sums over all outcomes on `N` tables; blocks of outcomes end at `block_ends`, and by default all are one.
pub(super) fn sum_over_outcomes<S: Summand<N>, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<[Vec<f64>; N]> {
    let sums = if utility.n_rows() > SMALL_TABLE {
        sum_by_row(summand, utility, block_ends, workers)?
    } else {
        sum_by_table(summand, utility, block_ends, workers)?
    };
    sums.map_or_else(|| zeros(utility.values().len()), Ok)
}

/// With a table for every piece.
fn sum_by_table<S: Summand<N>, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<Option<[Vec<f64>; N]>> {
    let n_entries = ENTRIES_PER_TASK.max(2 * utility.n_rows());
    let blocks = summand.kind().entries().blocks(block_ends, n_entries)?;
    let work = |run| {
        let mut own = zeros(utility.values().len())?;
        blocks_of_run(summand, utility, run, |entries, values| {
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
    let tasks = blocks.pieces().iter().cloned();
    workers.reduce(&blocks, tasks, work, add_tables)
}

/// With the entries of each row, of some blocks at a time.
fn sum_by_row<S: Summand<N>, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<Option<[Vec<f64>; N]>> {
    let entries = summand.kind().entries();
    let pieces = entries.blocks(block_ends, ENTRIES_PER_TASK)?;
    let blocks = ranges_of_blocks(block_ends, entries.n_outcomes())?;
    let of_blocks: Vec<_> = blocks.iter().map(|block| entries.of(block)).collect();
    let mut pieces = pieces.pieces();
    let together = blocks_together(&of_blocks, utility.n_rows());
    let at_once = FEWEST_TASKS.max(2 * utility.n_rows() / ENTRIES_PER_TASK);
    let (mut sums, mut add) = (Tree::new(), add_tables::<N>);
    for blocks in blocks.chunks(together) {
        let end = blocks[blocks.len() - 1].end;
        let (runs, others) = pieces.split_at(pieces.partition_point(|run| run.end <= end));
        pieces = others;
        let mut tables = zeros(utility.values().len())?;
        for runs in parts(runs, blocks.len(), at_once) {
            let outcomes = runs[0].start..runs[runs.len() - 1].end;
            let kept = values_of(summand, utility, runs, workers)?;
            // Of one block there may be a part, whose edges are its own.
            let all = [outcomes];
            let blocks = if blocks.len() == 1 { &all } else { blocks };
            add_by_row(summand.kind(), &mut tables, blocks, &kept, workers)?;
        }
        sums.push(Some(tables), &mut add);
    }
    Ok(sums.finish(&mut add))
}

/// What is filled in for the entries of some pieces, and for ties.
fn values_of<S: Summand<N>, const N: usize>(
    summand: &S,
    utility: Matrix<'_, f64>,
    runs: &[Range<usize>],
    workers: &Workers<'_>,
) -> Result<[[Vec<f64>; 2]; N]> {
    let (kind, n_classes) = (summand.kind(), utility.n_columns());
    let sizes = |outcomes: &Range<usize>| {
        let n_ties = kind.tie_row().map_or(0, |_| outcomes.len());
        [kind.entries().of(outcomes).len(), n_ties]
    };
    let all = runs[0].start..runs[runs.len() - 1].end;
    let mut kept = [const { [Vec::new(), Vec::new()] }; N];
    for (kept, n) in kept
        .iter_mut()
        .flat_map(|kept| kept.iter_mut().zip(sizes(&all)))
    {
        *kept = zeroed(product([n, n_classes])?)?;
    }
    let mut rest = kept
        .each_mut()
        .map(|kept| kept.each_mut().map(Vec::as_mut_slice));
    let mut tasks = Vec::new();
    for run in runs {
        let [n_entries, n_ties] = sizes(run).map(|n| n * n_classes);
        let out = rest
            .each_mut()
            .map(|[entries, ties]| [cut(entries, n_entries), cut(ties, n_ties)]);
        tasks.push((run.clone(), out));
    }
    workers.run(tasks, |(run, mut out)| {
        blocks_of_run(summand, utility, run, |_, values| {
            for (out, values) in out.iter_mut().flatten().zip(values.iter().flatten()) {
                cut(out, values.len()).copy_from_slice(values);
            }
            Ok(())
        })
    })?;
    Ok(kept)
}

/// Adds the values of entries in some blocks, and those of their outcomes on the parameter of ties, to the tables.
fn add_by_row<K: Kind, const N: usize>(
    kind: &K,
    tables: &mut [Vec<f64>; N],
    blocks: &[Range<usize>],
    kept: &[[Vec<f64>; 2]; N],
    workers: &Workers<'_>,
) -> Result<()> {
    let entries = kind.entries();
    let outcomes = blocks[0].start..blocks[blocks.len() - 1].end;
    let Some(n_classes) = kept[0][0].len().checked_div(entries.of(&outcomes).len()) else {
        return Ok(());
    };
    let n_rows = tables[0].len() / n_classes;
    let of_blocks: Vec<_> = blocks.iter().map(|block| entries.of(block)).collect();
    let edges = edges_of(&of_blocks);
    for keys in [
        Some(entries.items_of(&outcomes)),
        entries.extra_of(&outcomes),
    ] {
        let Some(keys) = keys else { continue };
        let by_row = ByKey::new(keys, n_rows, &edges)?;
        for (table, [values, _]) in tables.iter_mut().zip(kept) {
            by_row.sum(values, n_classes, table, workers)?;
        }
    }
    if let Some(row) = kind.tie_row() {
        let by_row = ByKey::new(&filled(0, outcomes.len())?, 1, &edges_of(blocks))?;
        for (table, [_, values]) in tables.iter_mut().zip(kept) {
            let table = &mut table[row * n_classes..(row + 1) * n_classes];
            by_row.sum(values, n_classes, table, workers)?;
        }
    }
    Ok(())
}

/// Adds tables to others, one by one.
#[allow(clippy::needless_pass_by_value)] // let go once they are added
fn add_tables<const N: usize>(sums: &mut [Vec<f64>; N], terms: [Vec<f64>; N]) {
    for (sum, term) in sums.iter_mut().zip(&terms) {
        add_all(sum, term);
    }
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
fn blocks_of_run<S, F, const N: usize>(
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
        let mut cursor = Cursor::new(kind, self.utility, self.run)?;
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
    /// # Errors
    /// Refuses outcomes that are none.
    #[inline(always)]
    pub(super) fn new(kind: &'a K, utility: Matrix<'a, f64>, run: Range<usize>) -> Result<Self> {
        kind.check(&run)?;
        Ok(Self {
            kind,
            utility,
            left: run,
            gathered: Vec::new(),
            room: Default::default(),
        })
    }

    /// The next block, if any outcome is left.
    ///
    /// # Errors
    /// Refuses rows that the table has not, or if there is not the memory.
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
