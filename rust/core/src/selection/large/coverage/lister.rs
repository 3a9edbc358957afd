//! Lists the pairs above the bounds of their rows, tile by tile: each product serves both of its rows.

use std::ops::Range;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use super::code::Code;
use crate::error::{Error, Result};
use crate::memory::{copied, filled};
use crate::product::{Corner, IntoFloat, Visitor};
use crate::simd::Target;

/// The pairs of a tile, by candidate.
pub(crate) struct Part {
    pub starts: Vec<u32>,
    pub pairs: Vec<u32>,
}

impl Part {
    fn new(n_candidates: usize, listed: &[(u16, u32)]) -> Result<Self> {
        let mut starts = filled(0, n_candidates + 1)?;
        for &(candidate, _) in listed {
            starts[usize::from(candidate) + 1] += 1;
        }
        for at in 0..n_candidates {
            starts[at + 1] += starts[at];
        }
        let (mut next, mut pairs) = (copied(&starts)?, filled(0, listed.len())?);
        for &(candidate, pair) in listed {
            let next = &mut next[usize::from(candidate)];
            pairs[*next as usize] = pair;
            *next += 1;
        }
        Ok(Self { starts, pairs })
    }
}

pub(crate) struct Lister {
    pub thresholds: Vec<f32>,
    pub unit: f32,
    pub code: Code,
    /// Candidates of a stripe.
    pub stripe: usize,
    /// What was found of each stripe.
    pub parts: Vec<Mutex<Vec<Part>>>,
    pub n_listed: AtomicUsize,
    pub most: usize,
}

pub(crate) struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
    /// Candidates of the left side with rows of the right one, and the other way round.
    of_rows: Vec<(u16, u32)>,
    of_columns: Vec<(u16, u32)>,
}

impl<S: Copy + IntoFloat> Visitor<S> for Lister {
    type Local = Tile;

    fn begin(&self, rows: Range<usize>, columns: Range<usize>) -> Tile {
        Tile {
            rows,
            columns,
            of_rows: Vec::new(),
            of_columns: Vec::new(),
        }
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // over the rows of the block
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        tile: &mut Tile,
        corner: Corner,
        sums: &mut [[S; N]; M],
    ) {
        let of_columns: &[f32; N] = &self.thresholds[corner.column..].as_chunks().0[0];
        for m in 0..corner.n_rows {
            let row = corner.row + m;
            let of_row = self.thresholds[row];
            let (mut values, mut above) = ([0.0_f32; N], [0_u8; N]);
            for n in 0..N {
                values[n] = sums[m][n].float();
                above[n] = u8::from(values[n] > of_row) | u8::from(values[n] > of_columns[n]) << 1;
            }
            let end = corner.columns(row, true).len();
            let (words, _) = above.as_chunks::<8>();
            for (word, first) in words.iter().zip((0..).step_by(8)) {
                let mut word = u64::from_le_bytes(*word);
                while word != 0 {
                    let byte = word.trailing_zeros() as usize / 8;
                    let kind = word >> (8 * byte) & 3;
                    word &= !(255 << (8 * byte));
                    let n = first + byte;
                    if n < end {
                        self.list(tile, (row, corner.column + n), values[n], kind);
                    }
                }
            }
        }
    }

    fn end(&self, tile: Tile) -> Result<()> {
        let n = tile.of_rows.len() + tile.of_columns.len();
        if self.n_listed.fetch_add(n, Ordering::Relaxed) + n > self.most {
            return Err(Error::Shape("too many pairs".to_owned()));
        }
        for (candidates, listed) in [(tile.rows, tile.of_rows), (tile.columns, tile.of_columns)] {
            let part = Part::new(candidates.len(), &listed)?;
            let parts = &self.parts[candidates.start / self.stripe];
            parts
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(part);
        }
        Ok(())
    }
}

impl Lister {
    #[inline(always)]
    fn list(&self, tile: &mut Tile, (row, column): (usize, usize), value: f32, kind: u64) {
        let similarity = value * self.unit;
        if kind & 1 != 0 && row != column {
            let candidate = (column - tile.columns.start) as u16;
            tile.of_columns
                .push((candidate, self.code.write(row, similarity)));
        }
        if kind & 2 != 0 {
            let candidate = (row - tile.rows.start) as u16;
            tile.of_rows
                .push((candidate, self.code.write(column, similarity)));
        }
    }
}
