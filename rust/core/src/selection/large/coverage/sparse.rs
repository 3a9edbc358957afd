//! Exact similarities of a candidate with some of the rows, and sums over them as over all: others add nothing.

use super::units::Units;
use crate::dot::dots;
use crate::error::Result;
use crate::memory::Growing;
use crate::selection::candidates::{BLOCK, normalize};

/// Rows that are gathered at a time.
const GATHERED: usize = 16;

/// Lanes of a sum: as in [`sum_in_lanes`](crate::selection::greedy::term::sum_in_lanes).
const LANES: usize = 8;

/// Rows, in order, and their similarities with a candidate.
#[derive(Default)]
pub(crate) struct Sparse {
    pub rows: Vec<u32>,
    pub similarity: Vec<f64>,
    gathered: Vec<f32>,
    inverse_norms: Vec<f64>,
}

impl Sparse {
    /// Takes the similarities of a candidate with `rows`, which are sorted.
    pub fn measure(&mut self, units: &Units<'_>, candidate: usize) -> Result<()> {
        self.rows.sort_unstable();
        self.rows.dedup();
        self.similarity.clear();
        self.similarity.resized(self.rows.len(), 0.0)?;
        let d = units.n_features;
        for (rows, out) in self
            .rows
            .chunks(GATHERED)
            .zip(self.similarity.chunks_mut(GATHERED))
        {
            self.gathered.clear();
            self.inverse_norms.clear();
            for &row in rows {
                let row = row as usize;
                self.gathered
                    .extended(&units.rows[row * d..(row + 1) * d])?;
                self.inverse_norms.push(units.inverse_norm[row]);
            }
            // That of the candidate stands after those of the rows.
            self.inverse_norms.push(units.inverse_norm[candidate]);
            let row = &units.rows[candidate * d..(candidate + 1) * d];
            dots(row, &self.gathered, out);
            normalize(&self.inverse_norms, rows.len(), 0, out);
        }
        Ok(())
    }

    /// The sum of what the similarities exceed the room by, in the order of a sum over all rows.
    pub fn excess(&self, room: &[f64]) -> f64 {
        let (mut sum, mut lanes, mut block) = (0.0, [0.0; LANES], 0);
        for (&row, &similarity) in self.rows.iter().zip(&self.similarity) {
            let row = row as usize;
            if row / BLOCK != block {
                sum += joined(lanes);
                (lanes, block) = ([0.0; LANES], row / BLOCK);
            }
            let excess = similarity - room[row];
            if excess > 0.0 {
                lanes[row % BLOCK % LANES] += excess;
            }
        }
        sum + joined(lanes)
    }
}

fn joined(mut lanes: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
