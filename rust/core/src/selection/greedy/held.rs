//! The similarities of every two rows of a small pool, laid out so that eight candidates are read side by side.

use crate::error::Result;
use crate::memory::{Growing, product};

/// Candidates that stand side by side.
pub(super) const LANES: usize = 8;

/// The similarities of every two rows.
#[derive(Default)]
pub(super) struct Held {
    pub values: Vec<f64>,
    pub n: usize,
    pub stride: usize,
}

impl Held {
    pub(super) fn reset(&mut self, n: usize) -> Result<()> {
        (self.n, self.stride) = (n, n.next_multiple_of(LANES));
        self.values.clear();
        self.values.resized(product([n, self.stride])?, 0.0)?;
        Ok(())
    }

    /// The similarities of a row with all.
    #[inline(always)]
    pub(super) fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.stride..row * self.stride + self.n]
    }

    /// The similarities of all rows with eight candidates, of which those beyond the last are zeros.
    #[inline(always)]
    pub(super) fn of_block(&self, block: usize) -> impl Iterator<Item = &[f64; LANES]> {
        let (blocks, _) = self.values.as_chunks::<LANES>();
        blocks.iter().skip(block).step_by(self.stride / LANES)
    }
}
