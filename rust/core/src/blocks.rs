//! Sums over data that are the same to the last bit however the data are split.
//!
//! Data are cut into blocks of whole annotators once, by the caller; what is worked on together never crosses a block. Inside
//! a block a kernel cuts pieces for threads to share, a function of the block alone. Sums of pieces make the sum of their
//! block, and those of blocks the sum of all, in an aligned binary tree: the node `i` of level `s` is the sum of the blocks
//! `i · 2^s .. (i + 1) · 2^s`, left half before right half, and where there is no right half the left one. So whoever has
//! the data of one node gets the node, to the last bit, and whoever has the nodes gets the sum.

use std::ops::Range;

use crate::error::{Error, Result, ensure};
use crate::parallel::Workers;

/// Blocks of the rows `0..n`, each cut into pieces.
#[derive(Debug)]
pub(crate) struct Blocks {
    pieces: Vec<Range<usize>>,
    /// How many pieces the blocks up to each have together.
    ends: Vec<usize>,
}

impl Blocks {
    /// Pieces of `length` rows; without `block_ends` all rows are one block.
    ///
    /// # Errors
    /// Ends that do not cut the rows into blocks.
    pub fn of_rows(block_ends: Option<&[i64]>, n_rows: usize, length: usize) -> Result<Self> {
        let length = length.max(1);
        Self::new(block_ends, n_rows, |block, pieces| {
            let end = block.end;
            let starts = block.step_by(length);
            pieces.extend(starts.map(|first| first..end.min(first + length)));
        })
    }

    /// Pieces of consecutive groups that have at least `weight` together, but for the last of a block; `before` says what
    /// the groups before each have.
    ///
    /// # Errors
    /// Ends that do not cut the groups into blocks.
    pub fn of_groups(
        block_ends: Option<&[i64]>,
        n_groups: usize,
        before: impl Fn(usize) -> i64,
        weight: usize,
    ) -> Result<Self> {
        Self::new(block_ends, n_groups, |block, pieces| {
            let mut first = block.start;
            while first < block.end {
                let enough = before(first).saturating_add(weight as i64);
                let (mut last, mut most) = (first + 1, block.end);
                while last < most {
                    let middle = usize::midpoint(last, most);
                    if before(middle) < enough {
                        last = middle + 1;
                    } else {
                        most = middle;
                    }
                }
                pieces.push(first..last);
                first = last;
            }
        })
    }

    /// Pieces as `cut` appends them for each block.
    ///
    /// # Errors
    /// Ends that do not cut the rows into blocks.
    pub fn new(
        block_ends: Option<&[i64]>,
        n_rows: usize,
        mut cut: impl FnMut(Range<usize>, &mut Vec<Range<usize>>),
    ) -> Result<Self> {
        let mut blocks = Self {
            pieces: Vec::new(),
            ends: Vec::new(),
        };
        for block in ranges_of_blocks(block_ends, n_rows)? {
            if !block.is_empty() {
                cut(block, &mut blocks.pieces);
            }
            blocks.ends.push(blocks.pieces.len());
        }
        Ok(blocks)
    }

    /// The pieces, in order.
    pub fn pieces(&self) -> &[Range<usize>] {
        &self.pieces
    }
}

/// The rows of each block; of all without `block_ends`.
///
/// # Errors
/// Ends that do not cut the rows into blocks.
pub(crate) fn ranges_of_blocks(
    block_ends: Option<&[i64]>,
    n_rows: usize,
) -> Result<Vec<Range<usize>>> {
    let mut first = 0;
    let mut blocks = Vec::new();
    let Some(ends) = block_ends else {
        blocks.push(0..n_rows);
        return Ok(blocks);
    };
    for (at, &end) in ends.iter().enumerate() {
        let end = usize::try_from(end).ok().filter(|&end| end >= first);
        let Some(end) = end else {
            return Err(Error::Shape(format!(
                "block_ends must not decrease: block_ends[{at}]={} after {first}",
                ends[at]
            )));
        };
        blocks.push(first..end);
        first = end;
    }
    ensure(first == n_rows, || {
        format!("block_ends must end with the number of rows: {first} for {n_rows}")
    })?;
    Ok(blocks)
}

/// Nodes of the tree that are not yet part of a larger one: the bits of the number of leaves say of which level.
pub(crate) struct Tree<R> {
    nodes: Vec<Option<R>>,
    n_leaves: usize,
}

impl<R> Tree<R> {
    pub fn new() -> Self {
        Self {
            nodes: Vec::new(),
            n_leaves: 0,
        }
    }

    /// The next leaf, or that there is nothing in it.
    pub fn push(&mut self, leaf: Option<R>, add: &mut impl FnMut(&mut R, R)) {
        let mut node = leaf;
        for _ in 0..self.n_leaves.trailing_ones() {
            node = joined(self.nodes.pop().flatten(), node, add);
        }
        self.nodes.push(node);
        self.n_leaves += 1;
    }

    /// The sum of all leaves; begins anew.
    pub fn finish(&mut self, add: &mut impl FnMut(&mut R, R)) -> Option<R> {
        self.n_leaves = 0;
        let mut sum = None;
        while let Some(node) = self.nodes.pop() {
            sum = joined(node, sum, add);
        }
        sum
    }
}

fn joined<R>(left: Option<R>, right: Option<R>, add: &mut impl FnMut(&mut R, R)) -> Option<R> {
    match (left, right) {
        (Some(mut left), Some(right)) => {
            add(&mut left, right);
            Some(left)
        }
        (left, right) => left.or(right),
    }
}

impl Workers<'_> {
    /// Runs `work` on the task of every piece and adds up the results in the tree; none where there is no piece.
    ///
    /// Memory holds little more than a result a thread and one for every level of the tree.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub(crate) fn reduce<T, R, I>(
        &self,
        blocks: &Blocks,
        tasks: I,
        work: impl Fn(T) -> Result<R> + Sync,
        mut add: impl FnMut(&mut R, R) + Send,
    ) -> Result<Option<R>>
    where
        T: Send,
        R: Send,
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator + Send,
    {
        let (mut of_blocks, mut of_pieces) = (Tree::new(), Tree::new());
        let mut ends = blocks.ends.iter().peekable();
        let mut n_pieces = 0;
        self.fold(tasks, work, |result| {
            // Blocks without a piece come before the one that this piece is of.
            while ends.next_if(|end| **end == n_pieces).is_some() {
                of_blocks.push(of_pieces.finish(&mut add), &mut add);
            }
            of_pieces.push(Some(result), &mut add);
            n_pieces += 1;
        })?;
        for _ in ends {
            let block = of_pieces.finish(&mut add);
            of_blocks.push(block, &mut add);
        }
        Ok(of_blocks.finish(&mut add))
    }
}

/// Adds values to others, one by one.
pub(crate) fn add_all(sums: &mut [f64], terms: &[f64]) {
    for (sum, term) in sums.iter_mut().zip(terms) {
        *sum += term;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The node of a level, written out by the definition.
    fn node(leaves: &[String], level: u32, index: usize) -> Option<String> {
        if level == 0 {
            return leaves.get(index).cloned();
        }
        let left = node(leaves, level - 1, 2 * index)?;
        match node(leaves, level - 1, 2 * index + 1) {
            Some(right) => Some(format!("({left}+{right})")),
            None => Some(left),
        }
    }

    #[allow(clippy::needless_pass_by_value)] // as sums are added
    fn add(left: &mut String, right: String) {
        *left = format!("({left}+{right})");
    }

    #[test]
    fn any_number_of_blocks_is_added_in_an_aligned_tree() {
        for n in 0..40_usize {
            let ends: Vec<i64> = (1..=n as i64).collect();
            let blocks = Blocks::of_rows(Some(&ends), n, 1).unwrap();
            let leaves: Vec<_> = (0..n).map(|at| at.to_string()).collect();
            for n_threads in [1, 3] {
                let workers = Workers::new(n_threads, &|| false);
                let sum = workers
                    .reduce(&blocks, 0..n, |at| Ok(at.to_string()), add)
                    .unwrap();
                assert_eq!(sum, node(&leaves, 6, 0));
            }
        }
    }

    #[test]
    fn pieces_are_added_inside_their_block_first() {
        let blocks = Blocks::of_rows(Some(&[0, 5, 5, 7, 8, 8]), 8, 2).unwrap();
        assert_eq!(blocks.pieces(), [0..2, 2..4, 4..5, 5..7, 7..8]);
        let tasks = blocks.pieces().iter().cloned();
        let sum = Workers::serial()
            .reduce(&blocks, tasks, |piece| Ok(format!("{piece:?}")), add)
            .unwrap();
        assert_eq!(sum.unwrap(), "((((0..2+2..4)+4..5)+5..7)+7..8)");
        let blocks = Blocks::of_rows(Some(&[4, 5, 7, 8]), 8, 2).unwrap();
        let tasks = blocks.pieces().iter().cloned();
        let sum = Workers::serial()
            .reduce(&blocks, tasks, |piece| Ok(format!("{piece:?}")), add)
            .unwrap();
        assert_eq!(sum.unwrap(), "(((0..2+2..4)+4..5)+(5..7+7..8))");
    }

    #[test]
    fn groups_are_cut_anew_in_every_block() {
        let offsets = [0, 3, 4, 4, 9, 10, 12];
        let blocks = Blocks::of_groups(Some(&[3, 6]), 6, |at| offsets[at], 4).unwrap();
        assert_eq!(blocks.pieces(), [0..2, 2..3, 3..4, 4..6]);
        let offsets = [0, 5, 6, 8];
        let alone = Blocks::of_groups(None, 3, |at| offsets[at], 4).unwrap();
        assert_eq!(alone.pieces(), [0..1, 1..3]);
    }

    #[test]
    fn ends_that_do_not_cut_are_refused() {
        for (ends, message) in [
            (
                vec![3, 2, 5],
                "block_ends must not decrease: block_ends[1]=2 after 3",
            ),
            (
                vec![-1],
                "block_ends must not decrease: block_ends[0]=-1 after 0",
            ),
            (
                vec![3],
                "block_ends must end with the number of rows: 3 for 5",
            ),
            (
                vec![],
                "block_ends must end with the number of rows: 0 for 5",
            ),
        ] {
            let error = Blocks::of_rows(Some(&ends), 5, 1).unwrap_err();
            assert_eq!(error.to_string(), message);
        }
    }
}
