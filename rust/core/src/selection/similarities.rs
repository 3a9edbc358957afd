//! The similarities of a row with all others: all of them held where the pool is small enough, else computed when asked.

use super::candidates::{BLOCK, Candidates, similarities};
use crate::error::Result;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Pools of up to so many rows have all similarities held: 32 MB.
pub(super) const MOST_HELD: usize = 2048;

/// Rows that a task computes of the matrix.
const ROWS_PER_TASK: usize = 32;

/// One over the norms of a pool, and where they are held the similarities of every two rows.
pub(super) struct Similarities<'a> {
    pub inverse_norm: &'a [f64],
    pub held: &'a [f64],
}

/// Computes all similarities of a pool that is small enough; else leaves none.
pub(super) fn hold(
    candidates: &Candidates<'_>,
    inverse_norm: &[f64],
    held: &mut Vec<f64>,
    workers: &Workers<'_>,
) -> Result<()> {
    let n = candidates.len();
    if n == 0 || n > MOST_HELD || candidates.given.is_some() {
        held.clear();
        return Ok(());
    }
    held.resized(n * n, 0.0)?;
    let panels = held.chunks_mut(n * ROWS_PER_TASK);
    workers.run(panels.enumerate(), |(panel, rows)| {
        for (at, out) in rows.chunks_exact_mut(n).enumerate() {
            vectorize(OfRow {
                candidates,
                inverse_norm,
                row: panel * ROWS_PER_TASK + at,
                first: 0,
                out,
            });
        }
        Ok(())
    })
}

impl Similarities<'_> {
    /// The similarities of a row with all others, if they are held.
    #[inline(always)]
    fn held_row(&self, row: usize) -> Option<&[f64]> {
        let n = self.inverse_norm.len();
        (!self.held.is_empty()).then(|| &self.held[row * n..(row + 1) * n])
    }

    /// The similarities of a row with all others: held, or written to `buffer`.
    pub(super) fn row<'b>(
        &'b self,
        candidates: &Candidates<'b>,
        row: usize,
        buffer: &'b mut [f64],
        workers: &Workers<'_>,
    ) -> Result<&'b [f64]> {
        if let Some(held) = candidates.given_row(row).or_else(|| self.held_row(row)) {
            return Ok(held);
        }
        self.of_row(candidates, row, buffer, workers)?;
        Ok(buffer)
    }

    /// Writes the similarities of a row with all others.
    pub(super) fn of_row(
        &self,
        candidates: &Candidates<'_>,
        row: usize,
        out: &mut [f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        if let Some(held) = candidates.given_row(row).or_else(|| self.held_row(row)) {
            out.copy_from_slice(held);
            return Ok(());
        }
        workers.run(out.chunks_mut(BLOCK).enumerate(), |(block, out)| {
            vectorize(OfRow {
                candidates,
                inverse_norm: self.inverse_norm,
                row,
                first: block * BLOCK,
                out,
            });
            Ok(())
        })
    }
}

struct OfRow<'a> {
    candidates: &'a Candidates<'a>,
    inverse_norm: &'a [f64],
    row: usize,
    first: usize,
    out: &'a mut [f64],
}

impl Vectorized for OfRow<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            candidates,
            inverse_norm,
            row,
            first,
            out,
        } = self;
        similarities::<T>(candidates, inverse_norm, row, first, out);
    }
}
