//! Multinomial logit: one item is chosen from a set (McFadden 1974).
//!
//! log P(c | set) = u_c − log Σ_i exp(u_i), with derivatives 1{i = c} − p_i and −(diag(p) − p pᵀ).

use std::array::from_fn;
use std::ops::Range;

use super::checks::check_chosen;
use super::entries::Entries;
use super::kind::{Block, Kind, Values};
use super::softmax::{log_sums, to_probabilities};
use crate::error::Result;
use crate::row_parts::{read, write};
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

    fn check(&self, outcomes: &Range<usize>) -> Result<()> {
        self.entries.check(outcomes)?;
        self.entries.offsets().map_or(Ok(()), |offsets| {
            check_chosen(offsets, self.chosen, outcomes)
        })
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
                slopes(
                    n_classes,
                    size,
                    p,
                    *position as usize,
                    weights,
                    first,
                    second
                )
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
            by_classes!(n_classes, bent(n_classes, size, p, weights, direction, out));
            start += size;
        }
    }
}

/// w (1{chosen} − p) and w p (1 − p) of the entries of a set.
#[inline(always)]
fn slopes<const W: usize>(
    class: usize,
    n_classes: usize,
    size: usize,
    p: &[f64],
    chosen: usize,
    weights: Option<&[f64]>,
    first: &mut [f64],
    second: &mut [f64],
) -> usize {
    let weight = weights.map_or([1.0; W], |weights| read(weights, n_classes, 0, class));
    for at in 0..size {
        let target = f64::from(at == chosen);
        let p = read::<W>(p, n_classes, at, class);
        let slope = from_fn::<_, W, _>(|n| weight[n] * (target - p[n]));
        let bend = from_fn::<_, W, _>(|n| weight[n] * p[n] * (1.0 - p[n]));
        write(first, n_classes, at, class, slope);
        write(second, n_classes, at, class, bend);
    }
    W
}

/// w p (v − Σ p v) of the entries of a set.
#[inline(always)]
fn bent<const W: usize>(
    class: usize,
    n_classes: usize,
    size: usize,
    p: &[f64],
    weights: &[f64],
    direction: &[f64],
    out: &mut [f64],
) -> usize {
    let mut mean = [0.0; W];
    for at in 0..size {
        let p = read::<W>(p, n_classes, at, class);
        let v = read::<W>(direction, n_classes, at, class);
        mean = from_fn(|n| mean[n] + p[n] * v[n]);
    }
    let weight = read::<W>(weights, n_classes, 0, class);
    for at in 0..size {
        let p = read::<W>(p, n_classes, at, class);
        let v = read::<W>(direction, n_classes, at, class);
        let moved = from_fn::<_, W, _>(|n| weight[n] * p[n] * (v[n] - mean[n]));
        write(out, n_classes, at, class, moved);
    }
    W
}
