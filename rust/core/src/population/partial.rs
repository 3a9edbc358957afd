//! What a task of the M-step sums: gradient and the lower triangle of the negative Hessian, padded to whole vectors.

use crate::error::Result;
use crate::memory::{filled, product, room};
use crate::outer_products::{SIDE, Tile};

/// Gradient `(n_classes, d)` and negative Hessian `(n_classes, d, d)` of Σ weights · log-likelihood.
pub type LinearStatistics = (Vec<f64>, Vec<f64>);

/// The sums over a run of choice sets, one class after the other.
pub struct Partial {
    /// `(n_classes, panels)` stretches of `SIDE` features, padded with zeros.
    pub gradient: Vec<[f64; SIDE]>,
    /// `(n_classes, tiles)` of the lower triangle, row after row.
    pub tiles: Vec<Tile>,
    pub n_panels: usize,
}

impl Partial {
    pub fn new(d: usize, n_classes: usize) -> Result<Self> {
        let n_panels = d.div_ceil(SIDE);
        let n_tiles = product([n_panels, n_panels + 1])? / 2;
        Ok(Self {
            gradient: filled([0.0; SIDE], product([n_classes, n_panels])?)?,
            tiles: filled([[0.0; SIDE]; SIDE], product([n_classes, n_tiles])?)?,
            n_panels,
        })
    }

    pub fn add(&mut self, other: &Self) {
        let gradient = other.gradient.as_flattened();
        let tiles = other.tiles.as_flattened().as_flattened();
        self.gradient
            .as_flattened_mut()
            .iter_mut()
            .zip(gradient)
            .for_each(|(sum, term)| *sum += term);
        let sums = self.tiles.as_flattened_mut().as_flattened_mut();
        sums.iter_mut()
            .zip(tiles)
            .for_each(|(sum, term)| *sum += term);
    }

    /// Drops the padding and mirrors the lower triangle.
    pub fn finish(&self, d: usize) -> Result<LinearStatistics> {
        let n_tiles = self.n_panels * (self.n_panels + 1) / 2;
        let n_classes = self.tiles.len() / n_tiles;
        let mut gradient = room(n_classes * d)?;
        for panels in self.gradient.chunks_exact(self.n_panels) {
            gradient.extend_from_slice(&panels.as_flattened()[..d]);
        }
        let mut hessian = room(product([n_classes, d, d])?)?;
        for tiles in self.tiles.chunks_exact(n_tiles) {
            for i in 0..d {
                hessian.extend((0..d).map(|j| {
                    let (i, j) = (i.max(j), i.min(j));
                    let (row, column) = (i / SIDE, j / SIDE);
                    tiles[row * (row + 1) / 2 + column][i % SIDE][j % SIDE]
                }));
            }
        }
        Ok((gradient, hessian))
    }
}
