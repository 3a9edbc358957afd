//! Sums of rows of values by key, in the tree of `blocks.rs`, where a block has fewer rows than there are keys.
//!
//! Were a table of all keys added for every block, that would cost more than the sums themselves. So the rows of each key
//! are found first, and each key has a tree of its own. Blocks in which a key is not are left out of it: what is left of
//! the tree is the same, since nothing is added but zeros.

use std::mem::take;
use std::ops::Range;

use crate::blocks::add_all;
use crate::error::Result;
use crate::memory::{copied, filled, product};
use crate::parallel::Workers;

/// Keys that a thread takes at a time.
const KEYS_PER_TASK: usize = 1024;

/// The rows of each key, in their order.
pub(crate) struct ByKey {
    /// The rows of key `k` are `rows[starts[k]..starts[k + 1]]`.
    starts: Vec<usize>,
    rows: Vec<usize>,
}

impl ByKey {
    /// Keys below zero are of no row.
    ///
    /// # Errors
    /// If there is not the memory.
    pub fn new(keys: &[i32], n_keys: usize) -> Result<Self> {
        let mut starts = filled(0, n_keys + 1)?;
        for key in keys.iter().filter_map(|&key| usize::try_from(key).ok()) {
            starts[key + 1] += 1;
        }
        for key in 0..n_keys {
            starts[key + 1] += starts[key];
        }
        let mut next = copied(&starts)?;
        let mut rows = filled(0, starts[n_keys])?;
        for (row, &key) in keys.iter().enumerate() {
            if let Ok(key) = usize::try_from(key) {
                rows[next[key]] = row;
                next[key] += 1;
            }
        }
        Ok(Self { starts, rows })
    }

    /// Adds the sum of the rows of each key, `width` values each, to the row of the key in `table`; those of one block one
    /// after the other, so that a long block may come in parts.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn sum(
        &self,
        values: &BlockedRows<'_>,
        table: &mut [f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let width = values.width;
        let tasks = table.chunks_mut(product([KEYS_PER_TASK, width])?);
        workers.run(tasks.enumerate(), |(task, table)| {
            let mut sum = filled(0.0, width)?;
            for (at, entry) in table.chunks_exact_mut(width).enumerate() {
                let key = task * KEYS_PER_TASK + at;
                let rows = &self.rows[self.starts[key]..self.starts[key + 1]];
                if values.edges.len() == 2 {
                    values.add(rows, entry);
                } else if !rows.is_empty() {
                    values.sum(rows, &mut sum)?;
                    add_all(entry, &sum);
                }
            }
            Ok(())
        })
    }
}

/// Rows of values, and the blocks that they are in.
pub(crate) struct BlockedRows<'a> {
    pub values: &'a [f64],
    pub width: usize,
    /// The first row of each block, and the row after the last.
    pub edges: &'a [usize],
}

impl BlockedRows<'_> {
    /// Adds rows, one after the other.
    fn add(&self, rows: &[usize], out: &mut [f64]) {
        for row in rows {
            add_all(out, &self.values[row * self.width..(row + 1) * self.width]);
        }
    }

    /// Writes the sum of some rows, at least one, in the tree.
    fn sum(&self, rows: &[usize], out: &mut [f64]) -> Result<()> {
        let block_of = |row: usize| self.edges.partition_point(|&edge| edge <= row) - 1;
        let (first, last) = (rows[0], rows[rows.len() - 1]);
        let (first, last) = (block_of(first), block_of(last));
        if first == last {
            out.fill(0.0);
            self.add(rows, out);
            return Ok(());
        }
        // Both are in one node, whose right half begins where the highest bit differs.
        let level = (first ^ last).ilog2();
        let middle = self.edges[last >> level << level];
        let (left, right) = rows.split_at(rows.partition_point(|&row| row < middle));
        self.sum(left, out)?;
        let mut of_right = filled(0.0, self.width)?;
        self.sum(right, &mut of_right)?;
        add_all(out, &of_right);
        Ok(())
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
            let by_key = ByKey::new(&keys, n_keys).unwrap();
            let values = BlockedRows {
                values: &values,
                width,
                edges: &edges,
            };
            for n_threads in [1, 3] {
                let mut table = vec![0.0; n_keys * width];
                by_key
                    .sum(&values, &mut table, &Workers::new(n_threads, &|| false))
                    .unwrap();
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
