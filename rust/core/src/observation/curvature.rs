//! The negative Hessian between any two rows of the table, of choices and rankings: the Laplacian of a graph.
//!
//! Items a and b of one outcome, a before b, are bound by Σ_t p_t(a) p_t(b) over the stages in which both are left. With q,
//! r and L of `ranking.rs` that is q_a q_b Π_{a < s ≤ b} r_s Σ_{t ≤ a} exp(2(L_a − L_t)): a ranking of k items costs k
//! exponentials and k² / 2 products. A choice of one is a ranking of its first, in whatever order: the curvature is the same.

use std::ops::Range;

use super::described::{Judged, Observation};
use super::kernels::check_sums;
use super::kind::Kind;
use super::rankings::Rankings;
use super::sums::{Cursor, ENTRIES_PER_TASK};
use crate::blocks::add_all;
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::memory::{filled, product};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// The negative Hessian of Σ weights · log-likelihood on the table, `(n_classes, n_rows, n_rows)`.
///
/// # Errors
/// Refuses pairs, positions, weights of another shape, and what is not finite.
pub fn table_curvature(
    utility: Matrix<'_, f64>,
    observation: &Observation<'_>,
    weights: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    observation.check_table("utility", utility, workers)?;
    observation.check_weights(weights, utility)?;
    let first_only = filled(1, observation.n_outcomes())?;
    let rankings = match &observation.judged {
        Judged::Rankings(rankings) => *rankings,
        Judged::ChooseOne(choices) if !choices.entries.has_extra() => {
            choices.check(&(0..observation.n_outcomes()))?;
            Rankings {
                entries: choices.entries,
                n_ranked: &first_only,
            }
        }
        _ => {
            return Err(Error::Shape(
                "table_curvature is of choices and rankings without extra rows".to_owned(),
            ));
        }
    };
    let n_rows = utility.n_rows();
    let size = product([utility.n_columns(), n_rows, n_rows])?;
    // A table is added for every task, so that tasks grow with it.
    let length = ENTRIES_PER_TASK.max(size / 2);
    let blocks = rankings.entries.blocks(observation.block_ends, length)?;
    let work = |run| {
        let mut own = filled(0.0, size)?;
        vectorize(Bonds {
            rankings: &rankings,
            utility,
            weights,
            run,
            out: &mut own,
        })?;
        Ok(own)
    };
    let tasks = blocks.pieces().iter().cloned();
    let bonds = workers.reduce(&blocks, tasks, work, |sums, terms| add_all(sums, &terms))?;
    let mut bonds = bonds.map_or_else(|| filled(0.0, size), Ok)?;
    check_sums(&bonds, weights, workers)?;
    for of_class in bonds.chunks_exact_mut((n_rows * n_rows).max(1)) {
        laplacian(of_class, n_rows);
    }
    Ok(bonds)
}

struct Bonds<'a> {
    rankings: &'a Rankings<'a>,
    utility: Matrix<'a, f64>,
    weights: Matrix<'a, f64>,
    run: Range<usize>,
    out: &'a mut [f64],
}

impl Vectorized for Bonds<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            rankings,
            utility,
            weights,
            run,
            out,
        } = self;
        let (n_rows, n) = (utility.n_rows(), utility.n_columns());
        let mut cursor = Cursor::new(rankings, utility, run)?;
        while let Some(mut block) = cursor.next()? {
            rankings.shares::<T>(&mut block);
            let items = rankings.entries.items_of(&block.outcomes);
            let [_, ratios, ..] = &*block.room;
            let (q, outcomes) = (&*block.utility, block.outcomes.clone());
            let mut start = 0;
            for (outcome, [size, stages]) in outcomes.clone().zip(rankings.shapes(&outcomes)) {
                let of_set = start..start + size;
                let items = &items[of_set.clone()];
                let (q, ratios) = (
                    &q[of_set.start * n..of_set.end * n],
                    &ratios[of_set.start * n..of_set.end * n],
                );
                for (class, out) in out.chunks_exact_mut(n_rows * n_rows).enumerate() {
                    let weight = weights.row(outcome)[class];
                    let mut bond = weight;
                    for a in 0..size {
                        if a > 0 && a < stages {
                            let r = ratios[a * n + class];
                            bond = weight + r * r * bond;
                        }
                        let mut bound = bond * q[a * n + class];
                        let row = items[a] as usize * n_rows;
                        for b in a + 1..size {
                            if b < stages {
                                bound *= ratios[b * n + class];
                            }
                            out[row + items[b] as usize] += bound * q[b * n + class];
                        }
                    }
                }
                start += size;
            }
        }
        Ok(())
    }
}

/// Turns weights of edges, each in one of two cells, into the Laplacian of their graph.
fn laplacian(edges: &mut [f64], n_rows: usize) {
    for a in 0..n_rows {
        edges[a * n_rows + a] = 0.0;
        for b in 0..a {
            let both = -(edges[a * n_rows + b] + edges[b * n_rows + a]);
            edges[a * n_rows + b] = both;
            edges[b * n_rows + a] = both;
        }
    }
    for (a, row) in edges.chunks_exact_mut(n_rows.max(1)).enumerate() {
        row[a] = -row.iter().sum::<f64>();
    }
}
