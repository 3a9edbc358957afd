//! Multinomial logit: one item is chosen from a set (McFadden 1974).
//!
//! log P(c | set) = u_c − log Σ_i exp(u_i), with derivatives 1{i = c} − p_i and −(diag(p) − p pᵀ).

use super::entries::Entries;
use super::kind::{Block, Kind, Values};
use super::softmax::{log_sums, to_probabilities};
use crate::simd::Target;

/// Choices of one; `chosen` holds positions within the sets.
pub(super) struct ChooseOne<'a> {
    pub(super) entries: Entries<'a>,
    pub(super) chosen: &'a [i32],
}

impl Kind for ChooseOne<'_> {
    #[inline(always)]
    fn entries(&self) -> &Entries<'_> {
        &self.entries
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(&self, block: Block<'_>, out: &mut [f64]) {
        let Block {
            outcomes,
            n_classes,
            utility,
            room: [peaks, chosen, ..],
            ..
        } = block;
        peaks.resize(out.len(), 0.0);
        chosen.resize(out.len(), 0.0);
        let starts = self.entries.sizes(&outcomes).scan(0, |start, size| {
            *start += size;
            Some(*start - size)
        });
        for ((start, position), chosen) in starts
            .zip(&self.chosen[outcomes.clone()])
            .zip(chosen.chunks_exact_mut(n_classes))
        {
            let row = (start + *position as usize) * n_classes;
            chosen.copy_from_slice(&utility[row..row + n_classes]);
        }
        log_sums::<T>(&self.entries, &outcomes, n_classes, utility, peaks, out);
        for (out, chosen) in out.iter_mut().zip(chosen) {
            *out = *chosen - *out;
        }
    }

    #[inline(always)]
    fn derivatives<T: Target>(
        &self,
        block: Block<'_>,
        weights: Option<&[f64]>,
        first: Values<'_>,
        second: Values<'_>,
    ) {
        let Block {
            outcomes,
            n_classes,
            utility: p,
            ..
        } = block;
        to_probabilities::<T>(&self.entries, &outcomes, n_classes, p);
        let [mut start, mut outcome] = [0; 2];
        for (size, position) in self
            .entries
            .sizes(&outcomes)
            .zip(&self.chosen[outcomes.clone()])
        {
            let values = start * n_classes..(start + size) * n_classes;
            let weights =
                weights.map(|weights| &weights[outcome * n_classes..(outcome + 1) * n_classes]);
            let (p, first, second) = (
                &p[values.clone()],
                &mut first.entries[values.clone()],
                &mut second.entries[values],
            );
            by_classes!(
                n_classes,
                slopes(n_classes, p, *position as usize, weights, first, second)
            );
            start += size;
            outcome += 1;
        }
    }

    #[inline(always)]
    fn product<T: Target>(
        &self,
        block: Block<'_>,
        weights: &[f64],
        direction: Values<'_>,
        out: Values<'_>,
    ) {
        let Block {
            outcomes,
            n_classes,
            utility: p,
            ..
        } = block;
        to_probabilities::<T>(&self.entries, &outcomes, n_classes, p);
        let mut start = 0;
        for (size, weights) in self
            .entries
            .sizes(&outcomes)
            .zip(weights.chunks_exact(n_classes))
        {
            let values = start * n_classes..(start + size) * n_classes;
            let (p, direction, out) = (
                &p[values.clone()],
                &direction.entries[values.clone()],
                &mut out.entries[values],
            );
            by_classes!(n_classes, bent(n_classes, p, weights, direction, out));
            start += size;
        }
    }
}

/// w (1{chosen} − p) and w p (1 − p) of the entries of a set.
#[inline(always)]
fn slopes<const W: usize>(
    class: usize,
    n_classes: usize,
    p: &[f64],
    chosen: usize,
    weights: Option<&[f64]>,
    first: &mut [f64],
    second: &mut [f64],
) -> usize {
    let mut weight = [1.0; W];
    if let Some(weights) = weights {
        weight.copy_from_slice(&weights[class..class + W]);
    }
    let rows = p
        .chunks_exact(n_classes)
        .zip(first.chunks_exact_mut(n_classes))
        .zip(second.chunks_exact_mut(n_classes));
    for (position, ((p, first), second)) in rows.enumerate() {
        let target = f64::from(position == chosen);
        let (p, first, second) = (
            &p[class..class + W],
            &mut first[class..class + W],
            &mut second[class..class + W],
        );
        for n in 0..W {
            first[n] = weight[n] * (target - p[n]);
            second[n] = weight[n] * p[n] * (1.0 - p[n]);
        }
    }
    W
}

/// w p (v − Σ p v) of the entries of a set.
#[inline(always)]
fn bent<const W: usize>(
    class: usize,
    n_classes: usize,
    p: &[f64],
    weights: &[f64],
    direction: &[f64],
    out: &mut [f64],
) -> usize {
    let mut mean = [0.0; W];
    for (p, v) in p
        .chunks_exact(n_classes)
        .zip(direction.chunks_exact(n_classes))
    {
        let (p, v) = (&p[class..class + W], &v[class..class + W]);
        for n in 0..W {
            mean[n] += p[n] * v[n];
        }
    }
    let weights = &weights[class..class + W];
    for ((p, v), out) in p
        .chunks_exact(n_classes)
        .zip(direction.chunks_exact(n_classes))
        .zip(out.chunks_exact_mut(n_classes))
    {
        let (p, v, out) = (
            &p[class..class + W],
            &v[class..class + W],
            &mut out[class..class + W],
        );
        for n in 0..W {
            out[n] = weights[n] * p[n] * (v[n] - mean[n]);
        }
    }
    W
}
