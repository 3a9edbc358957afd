//! Greedy maximum a posteriori of a determinantal point process (Chen, Zhang, Zhou 2018, Algorithm 1).
//!
//! The kernel is L = diag(q) S diag(q) with S the cosine similarities and q the quality. The paper's symbols: `c_i` is a
//! column of `factor` (the incremental Cholesky factor of S), `d_i²` is `residual` (the squared distance of candidate i
//! to the span of what is chosen, 1 at first); the gain of i is log(q_i² d_i²). Only the rows of S that belong to
//! chosen candidates are ever computed.

use crate::dot::{dots_and_squared_norms, dots_with, squared_norms};
use crate::error::{Error, Result};
use crate::matrix::not_finite;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// A candidate closer than this to the span of the chosen ones (squared, of a unit vector) adds nothing to them.
const RANK_TOLERANCE: f64 = 1e-10;

/// The residual of a candidate that has been chosen.
const TAKEN: f64 = -1.0;

/// Candidates `first..` of `X`, and their quality.
#[derive(Clone, Copy)]
pub(super) struct Candidates<'a> {
    pub first: usize,
    pub rows: &'a [f32],
    pub n_features: usize,
    pub quality: Option<&'a [f64]>,
}

impl<'a> Candidates<'a> {
    fn len(&self) -> usize {
        self.rows.len() / self.n_features
    }

    fn row(&self, index: usize) -> &'a [f32] {
        &self.rows[index * self.n_features..(index + 1) * self.n_features]
    }
}

/// What the search knows of each candidate of a block.
#[derive(Default)]
pub(super) struct Search {
    inverse_norm: Vec<f64>,
    residual: Vec<f64>,
    /// One stretch of `len` values a step.
    factor: Vec<f64>,
    similarity: Vec<f64>,
}

/// A candidate that has just been chosen, as the other blocks need to see it.
struct Chosen<'a> {
    row: &'a [f32],
    inverse_norm: f64,
    residual: f64,
    factor: &'a [f64],
}

/// A chosen row of `X` and the logarithm by which it multiplied the determinant.
pub(super) type Pick = (usize, f64);

/// Chooses up to `k` candidates from the blocks of one pool; fewer if they span no more dimensions.
///
/// Ties go to the lowest row. Blocks are independent between choices, so that many threads can share a large pool; the
/// result does not depend on how it is cut.
pub(super) fn greedy(
    blocks: &mut [(Candidates<'_>, Search)],
    k: usize,
    workers: &Workers<'_>,
    picks: &mut Vec<Pick>,
) -> Result<()> {
    picks.clear();
    for (candidates, search) in blocks.iter_mut() {
        search.reset(candidates.len());
    }
    // Every candidate starts at distance 1, so that the first choice is known before any row is read, and one pass over
    // the rows takes their norms and their products with it.
    let first = best_of(blocks).map(|(_, block, index)| blocks[block].0.row(index));
    workers.run(blocks.iter_mut(), |(candidates, search)| {
        search.measure(candidates, first)
    })?;
    let mut column = Vec::new();
    while picks.len() < k {
        let Some((score, block, index)) = best_of(blocks) else {
            break;
        };
        let (candidates, search) = &mut blocks[block];
        picks.push((candidates.first + index, score.ln()));
        if picks.len() == k {
            break;
        }
        let len = candidates.len();
        column.clear();
        column.extend(search.factor.iter().skip(index).step_by(len));
        let chosen = Chosen {
            row: candidates.row(index),
            inverse_norm: search.inverse_norm[index],
            residual: search.residual[index],
            factor: &column,
        };
        search.residual[index] = TAKEN;
        workers.run(blocks.iter_mut(), |(candidates, search)| {
            vectorize(Condition {
                search,
                candidates,
                chosen: &chosen,
            });
            Ok(())
        })?;
    }
    Ok(())
}

/// The best candidate of all blocks: its score, block and place in it. None if nothing adds to the chosen ones.
fn best_of(blocks: &[(Candidates<'_>, Search)]) -> Option<(f64, usize, usize)> {
    let (mut best, mut best_score) = (None, 0.0);
    for (block, (candidates, search)) in blocks.iter().enumerate() {
        let (score, index) = search.best(candidates.quality);
        if score > best_score {
            (best, best_score) = (Some((score, block, index)), score);
        }
    }
    best
}

impl Search {
    fn reset(&mut self, len: usize) {
        self.factor.clear();
        self.residual.clear();
        self.residual.resize(len, 1.0);
        self.similarity.resize(len, 0.0);
        self.inverse_norm.resize(len, 0.0);
    }

    /// Takes the norms and, where a first choice is known, the products with it.
    fn measure(&mut self, candidates: &Candidates<'_>, first: Option<&[f32]>) -> Result<()> {
        let (norms, products) = (&mut self.inverse_norm, &mut self.similarity);
        vectorize(Measure {
            candidates,
            first,
            norms,
            products,
        });
        // No float32 is large enough for its square to overflow float64: a norm that is not finite shows a bad value.
        for (index, norm) in self.inverse_norm.iter_mut().enumerate() {
            if !norm.is_finite() {
                return Err(not_finite(
                    "X",
                    candidates.first + index,
                    candidates.row(index),
                ));
            }
            if *norm == 0.0 {
                return Err(Error::ZeroRow {
                    argument: "X",
                    row: candidates.first + index,
                });
            }
            *norm = 1.0 / norm.sqrt();
        }
        Ok(())
    }

    /// The largest factor by which one more candidate multiplies the determinant, and the candidate; (0, _) if none is left.
    fn best(&self, quality: Option<&[f64]>) -> (f64, usize) {
        let mut best = (0.0, 0);
        for (index, &residual) in self.residual.iter().enumerate() {
            let score = quality.map_or(residual, |quality| {
                quality[index] * quality[index] * residual
            });
            if residual > RANK_TOLERANCE && score > best.0 {
                best = (score, index);
            }
        }
        best
    }
}

struct Measure<'a> {
    candidates: &'a Candidates<'a>,
    first: Option<&'a [f32]>,
    norms: &'a mut [f64],
    products: &'a mut [f64],
}

impl Vectorized for Measure<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Candidates {
            rows, n_features, ..
        } = *self.candidates;
        match self.first {
            Some(first) => dots_and_squared_norms::<T>(first, rows, self.products, self.norms),
            None => squared_norms::<T>(n_features, rows, self.norms),
        }
    }
}

/// One step of the incremental Cholesky factorisation, for every candidate of a block.
struct Condition<'a> {
    search: &'a mut Search,
    candidates: &'a Candidates<'a>,
    chosen: &'a Chosen<'a>,
}

impl Vectorized for Condition<'_> {
    type Output = ();

    /// `e_i = (S_ji - <c_j, c_i>) / d_j`, appended to `c_i`, and `d_i² -= e_i²`. No fused operations here: they would
    /// round differently from one instruction set to the next.
    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            search,
            candidates,
            chosen,
        } = self;
        let len = candidates.len();
        let Search {
            inverse_norm,
            residual,
            factor,
            similarity,
        } = search;
        // Those with the first choice were taken along with the norms.
        if !factor.is_empty() {
            dots_with::<T>(chosen.row, candidates.rows, similarity);
        }
        for (value, inverse_norm) in similarity.iter_mut().zip(inverse_norm.iter()) {
            *value = *value * chosen.inverse_norm * inverse_norm;
        }
        for (earlier, factor_of_chosen) in factor.chunks_exact(len).zip(chosen.factor) {
            for (value, earlier) in similarity.iter_mut().zip(earlier) {
                *value -= factor_of_chosen * earlier;
            }
        }
        let scale = 1.0 / chosen.residual.sqrt();
        for (value, residual) in similarity.iter_mut().zip(residual.iter_mut()) {
            *value *= scale;
            // A chosen candidate stays below the tolerance: its residual only falls.
            *residual -= *value * *value;
        }
        factor.extend_from_slice(similarity);
    }
}
