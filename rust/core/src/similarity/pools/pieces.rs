//! Pools cut into pieces of work, and what is asked of pools.

use std::ops::Range;

use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};

/// Rows that a thread takes at a time.
pub(super) const ROWS_PER_TASK: usize = 2048;

/// The work of a thread at a time: several small pools, or a large one that is to be cut.
pub(crate) enum Piece {
    Small(Range<usize>),
    Large(usize),
}

/// Cuts the pools; those of more than `most` rows are large. The cut depends on the offsets alone.
pub(crate) fn pieces(offsets: &[i64], most: usize) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let (mut first, mut n_rows) = (0, 0);
    for p in 0..offsets.len() - 1 {
        let length = group(offsets, p).len();
        if length > most || n_rows >= ROWS_PER_TASK {
            pieces.push(Piece::Small(first..p));
            (first, n_rows) = (p, 0);
        }
        if length > most {
            pieces.push(Piece::Large(p));
            first = p + 1;
        } else {
            n_rows += length;
        }
    }
    pieces.push(Piece::Small(first..offsets.len() - 1));
    pieces.retain(|piece| !matches!(piece, Piece::Small(pools) if pools.is_empty()));
    pieces
}

/// Checks the groups of the rows of `x` and returns their number.
pub(super) fn check_groups<E>(x: Matrix<'_, E>, offsets: &[i64]) -> Result<usize> {
    ensure(x.n_columns() > 0, || "X must have a column".to_owned())?;
    check_offsets("offsets", offsets, x.n_rows())
}

/// Refuses groups without a pair of rows.
pub(super) fn refuse_groups_without_pairs(offsets: &[i64]) -> Result<()> {
    for p in 0..offsets.len() - 1 {
        let n = group(offsets, p).len();
        ensure(n >= 2, || {
            let rows = if n == 1 { "1 row" } else { "no rows" };
            format!("a pair takes two rows: pool {p} has {rows}")
        })?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pool_is_in_one_piece_and_large_ones_are_alone() {
        for sizes in [
            vec![],
            vec![0],
            vec![3, 5000, 2, 0],
            vec![5000, 2049, 2048, 1],
            vec![1000; 20],
        ] {
            let mut offsets = vec![0_i64];
            for &size in &sizes {
                offsets.push(offsets[offsets.len() - 1] + size);
            }
            let mut pools = Vec::new();
            for piece in pieces(&offsets, 2048) {
                match piece {
                    Piece::Small(some) => {
                        assert!(some.clone().all(|p| sizes[p] <= 2048));
                        let n_rows: i64 = some.clone().map(|p| sizes[p]).sum();
                        assert!(n_rows < 2 * 2048 && !some.is_empty());
                        pools.extend(some);
                    }
                    Piece::Large(p) => {
                        assert!(sizes[p] > 2048);
                        pools.push(p);
                    }
                }
            }
            assert_eq!(pools, (0..sizes.len()).collect::<Vec<_>>());
        }
    }
}
