//! Bounds on what the candidates add at first: of similarities that are positive, their sum is the product with a sum.

use super::totals::excesses_and_shortfalls;
use super::units::Units;
use crate::error::Result;
use crate::memory::{filled, gathered};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates};
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;
use crate::simd::{Target, Vectorized, vectorize};

/// By how much less than this part of n float64 sums of n similarities are wrong.
const ROUNDING: f64 = 1e-9;

pub(crate) struct Start {
    /// For every candidate, if it is the first.
    pub bounds: Vec<f64>,
    /// And if it comes after these rows, which are likely to be the first.
    pub ahead: Option<(Vec<usize>, Vec<f64>)>,
}

/// Σ max(0, s) = Σ s + Σ max(0, −s). One pass over all pairs takes the second sum, which is mostly small, so that its
/// error is too, and what is needed once the rows are chosen that must be, or else that of the largest Σ s.
pub(crate) fn start(
    candidates: &Candidates<'_>,
    units: &Units<'_>,
    k: usize,
    kept: &Kept,
    workers: &Workers<'_>,
) -> Result<Start> {
    let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
    let mut sums = sums(units, workers)?;
    let rounding = ROUNDING * n as f64;
    let value = |row: usize, excess: f64| terms.bonus_of(row) + terms.weight * excess;
    if terms.method == Method::KMedoids {
        for (row, sum) in sums.iter_mut().enumerate() {
            *sum = value(row, *sum + n as f64 + rounding);
        }
        return Ok(Start {
            bounds: sums,
            ahead: None,
        });
    }
    let mut first: Vec<usize> = (0..).map_while(|step| rules.included(step)).collect();
    if first.is_empty() {
        let open = (0..n).filter(|&row| rules.open(row, k, kept));
        let better = |&one: &usize, &other: &usize| {
            value(one, sums[one]).total_cmp(&value(other, sums[other]))
        };
        first.extend(open.max_by(better));
    }
    let similarities = Similarities {
        inverse_norm: units.inverse_norm,
        held: &[],
    };
    let (mut room, mut similarity) = (filled(0.0, n)?, filled(0.0, n)?);
    for &row in &first {
        similarities.of_row(candidates, row, &mut similarity, workers)?;
        for (room, &similarity) in room.iter_mut().zip(&similarity) {
            *room = similarity.max(*room);
        }
    }
    let (excesses, shortfalls) = excesses_and_shortfalls(units, &room, workers)?;
    let first_bounds = sums.iter().zip(shortfalls).enumerate();
    Ok(Start {
        bounds: gathered(
            first_bounds.map(|(row, (sum, shortfall))| value(row, sum + shortfall + rounding)),
        )?,
        ahead: Some((
            first,
            gathered(
                excesses
                    .into_iter()
                    .enumerate()
                    .map(|(row, excess)| value(row, excess)),
            )?,
        )),
    })
}

/// Of every row the sum of its similarities with all.
fn sums(units: &Units<'_>, workers: &Workers<'_>) -> Result<Vec<f64>> {
    let (n, d) = (units.inverse_norm.len(), units.n_features);
    let blocks = || {
        units
            .rows
            .chunks(BLOCK * d)
            .zip(units.inverse_norm.chunks(BLOCK))
    };
    let mut all = filled(0.0, d)?;
    let sum = |(rows, inverse_norms): (&[f32], &[f64])| {
        let mut sum = filled(0.0, d)?;
        for (row, inverse_norm) in rows.chunks_exact(d).zip(inverse_norms) {
            for (sum, &value) in sum.iter_mut().zip(row) {
                *sum += f64::from(value) * inverse_norm;
            }
        }
        Ok(sum)
    };
    workers.fold(blocks(), sum, |sum| {
        for (all, sum) in all.iter_mut().zip(sum) {
            *all += sum;
        }
    })?;
    let mut out = filled(0.0, n)?;
    workers.run(
        blocks().zip(out.chunks_mut(BLOCK)),
        |((rows, inverse_norms), out)| {
            let products = rows.chunks_exact(d).zip(inverse_norms).zip(out);
            for ((row, inverse_norm), out) in products {
                *out = vectorize(Dot { row, with: &all }) * inverse_norm;
            }
            Ok(())
        },
    )?;
    Ok(out)
}

struct Dot<'a> {
    row: &'a [f32],
    with: &'a [f64],
}

impl Vectorized for Dot<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<T: Target>(self) -> f64 {
        let mut lanes = [0.0; 8];
        let (row, row_rest) = self.row.as_chunks::<8>();
        let (with, with_rest) = self.with.as_chunks::<8>();
        for (row, with) in row.iter().zip(with) {
            for lane in 0..8 {
                lanes[lane] += f64::from(row[lane]) * with[lane];
            }
        }
        let rest = row_rest.iter().zip(with_rest);
        lanes.iter().sum::<f64>() + rest.map(|(&row, with)| f64::from(row) * with).sum::<f64>()
    }
}
