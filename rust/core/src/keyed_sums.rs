//! Sums of rows of values by key, in the tree of `blocks.rs`, where a block has fewer rows than there are keys.
//!
//! Were a table of all keys added for every block, that would cost more than the sums themselves. So the rows of each key
//! are found first, and each key has a tree of its own. Blocks in which a key is not are left out of it: what is left of
//! the tree is the same, since nothing is added but zeros.

use std::mem::take;
use std::ops::Range;

use crate::blocks::add_all;
use crate::error::{Result, ensure};
use crate::memory::{copied, filled, product};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Keys that a thread takes at a time.
const KEYS_PER_TASK: usize = 1024;

/// How many rows before it is added up a row is asked for, and the values in a line of the cache.
const AHEAD: usize = 32;
const LINE: usize = 8;

/// The rows of each key, in their order.
pub(crate) struct ByKey {
    /// The rows of key `k` are `rows[starts[k]..starts[k + 1]]`.
    starts: Vec<usize>,
    rows: Vec<Row>,
    n_blocks: usize,
}

#[derive(Clone, Copy, Default)]
struct Row {
    row: u32,
    block: u32,
}

impl ByKey {
    /// Keys below zero are of no row. `edges` are the first row of each block, and the row after the last.
    ///
    /// # Errors
    /// If there is not the memory, or there are more rows than memory can hold values of.
    pub fn new(keys: &[i32], n_keys: usize, edges: &[usize]) -> Result<Self> {
        ensure(u32::try_from(keys.len()).is_ok(), || {
            format!(
                "blocks must have fewer than 2^32 rows together, not {}",
                keys.len()
            )
        })?;
        let mut starts = filled(0, n_keys + 1)?;
        for key in keys.iter().filter_map(|&key| usize::try_from(key).ok()) {
            starts[key + 1] += 1;
        }
        for key in 0..n_keys {
            starts[key + 1] += starts[key];
        }
        let mut next = copied(&starts)?;
        let mut rows = filled(Row::default(), starts[n_keys])?;
        for (block, edge) in edges.windows(2).enumerate() {
            for (row, &key) in (edge[0]..).zip(&keys[edge[0]..edge[1]]) {
                if let Ok(key) = usize::try_from(key) {
                    rows[next[key]] = Row {
                        row: row as u32,
                        block: block as u32,
                    };
                    next[key] += 1;
                }
            }
        }
        Ok(Self {
            starts,
            rows,
            n_blocks: edges.len().saturating_sub(1),
        })
    }

    /// Adds the sum of the rows of each key, `width` values each, to the row of the key in `table`; those of one block one
    /// after the other, so that a long block may come in parts.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn sum(
        &self,
        values: &[f64],
        width: usize,
        table: &mut [f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let tasks = table.chunks_mut(product([KEYS_PER_TASK, width])?);
        workers.run(tasks.enumerate(), |(task, table)| {
            vectorize(OfKeys {
                by_key: self,
                first: task * KEYS_PER_TASK,
                values,
                width,
                table,
            })
        })
    }
}

/// The sums of consecutive keys.
struct OfKeys<'a> {
    by_key: &'a ByKey,
    first: usize,
    values: &'a [f64],
    width: usize,
    table: &'a mut [f64],
}

impl Vectorized for OfKeys<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self { values, width, .. } = self;
        let ByKey {
            starts,
            rows,
            n_blocks,
        } = self.by_key;
        let mut nodes = Nodes::new(width)?;
        for (at, entry) in self.table.chunks_exact_mut(width).enumerate() {
            let (start, end) = (starts[self.first + at], starts[self.first + at + 1]);
            // Rows of a key lie anywhere: memory would else be waited for at each.
            let ahead = rows.len().min(start + AHEAD)..rows.len().min(end + AHEAD);
            for row in &rows[ahead] {
                for line in row.of(values, width).chunks(LINE) {
                    T::prefetch_to_read(line.as_ptr());
                }
            }
            let rows = &rows[start..end];
            if *n_blocks > 1 {
                nodes.sum(rows, values, entry);
            } else {
                for row in rows {
                    add_all(entry, row.of(values, width));
                }
            }
        }
        Ok(())
    }
}

impl Row {
    #[inline(always)]
    fn of(self, values: &[f64], width: usize) -> &[f64] {
        let first = self.row as usize * width;
        &values[first..first + width]
    }
}

/// The nodes of a key that are not yet part of a larger one, one a level; `used` has a bit for each that there is.
struct Nodes {
    values: Vec<f64>,
    leaf: Vec<f64>,
    used: u32,
}

impl Nodes {
    fn new(width: usize) -> Result<Self> {
        Ok(Self {
            values: filled(0.0, product([width, u32::BITS as usize])?)?,
            leaf: filled(0.0, width)?,
            used: 0,
        })
    }

    /// Adds the sum of rows to `out`.
    fn sum(&mut self, rows: &[Row], values: &[f64], out: &mut [f64]) {
        let width = out.len();
        if rows.is_empty() {
            return;
        }
        let mut leaves = rows.chunk_by(|one, two| one.block == two.block).peekable();
        while let Some(leaf) = leaves.next() {
            // Begun from zero, as the row of a table is.
            self.leaf.fill(0.0);
            for row in leaf {
                add_all(&mut self.leaf, row.of(values, width));
            }
            if let Some(next) = leaves.peek() {
                // Nodes below the highest bit in which the next block differs are complete.
                self.carry((leaf[0].block ^ next[0].block).ilog2());
            }
        }
        self.add_below(u32::BITS);
        add_all(out, &self.leaf);
    }

    /// Adds the leaf to the nodes on its left, and keeps their sum at a level.
    fn carry(&mut self, level: u32) {
        self.add_below(level);
        let width = self.leaf.len();
        let first = level as usize * width;
        self.values[first..first + width].copy_from_slice(&self.leaf);
        self.used |= 1 << level;
    }

    /// Adds the leaf to the nodes of lower levels, left to right.
    fn add_below(&mut self, level: u32) {
        let width = self.leaf.len();
        let below = if level < u32::BITS {
            (1 << level) - 1
        } else {
            u32::MAX
        };
        let mut used = self.used & below;
        self.used &= !below;
        while used != 0 {
            let first = used.trailing_zeros() as usize * width;
            used &= used - 1;
            for (sum, left) in self.leaf.iter_mut().zip(&self.values[first..first + width]) {
                *sum += left;
            }
        }
    }
}

/// How many blocks to take together, a power of two, so that adding up tables of `n_keys` costs less than the rest.
pub(crate) fn blocks_together(blocks: &[Range<usize>], n_keys: usize) -> usize {
    let n_rows = blocks.last().map_or(0, |block| block.end);
    let wanted = n_keys.saturating_mul(2 * blocks.len()) / n_rows.max(1);
    wanted.min(blocks.len()).next_power_of_two()
}

/// The pieces of some consecutive blocks, in as many parts as a long one has: of a single block, `n` at a time.
pub(crate) fn parts(
    pieces: &[Range<usize>],
    n_blocks: usize,
    n: usize,
) -> std::slice::Chunks<'_, Range<usize>> {
    pieces.chunks(if n_blocks == 1 { n } else { pieces.len() }.max(1))
}

/// The first row of each of some consecutive blocks, and the row after the last, counted from the first of all.
pub(crate) fn edges_of(blocks: &[Range<usize>]) -> Vec<usize> {
    let first = blocks.first().map_or(0, |block| block.start);
    let ends = blocks.iter().map(|block| block.end - first);
    std::iter::once(0).chain(ends).collect()
}

/// The first `n` values of what is left, which no longer has them.
#[allow(clippy::mut_mut)] // what is left is a borrow, and moves on
pub(crate) fn cut<'a>(rest: &mut &'a mut [f64], n: usize) -> &'a mut [f64] {
    let (first, others) = take(rest).split_at_mut(n);
    *rest = others;
    first
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::blocks::Blocks;

    /// The same sums by a table for every block.
    #[test]
    fn sums_by_key_are_those_of_whole_tables() {
        let (n_keys, n, width) = (2500, 6000, 3);
        let keys: Vec<i32> = (0..n)
            .map(|at| ((at * 7919) % (n_keys + 1)) as i32 - 1)
            .collect();
        let values: Vec<f64> = (0..n * width)
            .map(|at| ((at * 31) % 101) as f64 / 7.0)
            .collect();
        for n_blocks in [1, 2, 3, 7, 11, 16] {
            let edges: Vec<usize> = (0..=n_blocks)
                .map(|at| at * at * n / n_blocks / n_blocks)
                .collect();
            let ends: Vec<i64> = edges[1..].iter().map(|&edge| edge as i64).collect();
            let blocks = Blocks::of_rows(Some(&ends), n, n).unwrap();
            let serial = Workers::serial();
            let work = |rows: Range<usize>| {
                let mut table = vec![0.0; n_keys * width];
                for row in rows {
                    if let Ok(key) = usize::try_from(keys[row]) {
                        let of_row = &values[row * width..(row + 1) * width];
                        add_all(&mut table[key * width..(key + 1) * width], of_row);
                    }
                }
                Ok(table)
            };
            let tasks = blocks.pieces().iter().cloned();
            let expected = serial
                .reduce(&blocks, tasks, work, |sums, terms| add_all(sums, &terms))
                .unwrap()
                .unwrap();
            let by_key = ByKey::new(&keys, n_keys, &edges).unwrap();
            for n_threads in [1, 3] {
                let workers = Workers::new(n_threads, &|| false);
                let mut table = vec![0.0; n_keys * width];
                by_key.sum(&values, width, &mut table, &workers).unwrap();
                assert!(
                    table
                        .iter()
                        .zip(&expected)
                        .all(|(one, two)| one.to_bits() == two.to_bits())
                );
            }
        }
    }
}
