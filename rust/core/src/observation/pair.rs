//! Bradley-Terry: one of two is preferred, or they tie (Bradley and Terry 1952).
//!
//! With the margin m = u_first − u_second, log P(first) = log σ(m). A tie counts as half a win for each side:
//! ½ log σ(m) + ½ log σ(−m).

use std::ops::Range;

use super::entries::Entries;
use super::kind::{Block, Kind, Values};
use crate::exponential::{exp_one, ln_1p_one};
use crate::simd::Target;

/// Judgements of two items: the first of each pair was preferred, or the two were tied.
pub(super) struct Pairs<'a> {
    pub(super) entries: Entries<'a>,
    pub(super) tied: Option<&'a [bool]>,
}

impl Pairs<'_> {
    /// Writes the margins of a block, `(pairs, n_classes)`.
    #[inline(always)]
    pub(super) fn margins(utility: &[f64], n_classes: usize, out: &mut Vec<f64>) {
        out.resize(utility.len() / 2, 0.0);
        by_classes!(n_classes, differences(n_classes, utility, out));
    }

    /// Writes 1 where the first won and ½ where the two tied, `(pairs, n_classes)`.
    #[inline(always)]
    pub(super) fn shares(&self, pairs: &Range<usize>, n_classes: usize, out: &mut Vec<f64>) {
        out.clear();
        out.resize(pairs.len() * n_classes, 1.0);
        if let Some(tied) = self.tied {
            for (tied, out) in tied[pairs.clone()]
                .iter()
                .zip(out.chunks_exact_mut(n_classes))
            {
                out.fill(if *tied { 0.5 } else { 1.0 });
            }
        }
    }
}

/// Ties as half a win for each.
pub(super) struct Halves<'a>(pub(super) Pairs<'a>);

impl Kind for Halves<'_> {
    #[inline(always)]
    fn entries(&self) -> &Entries<'_> {
        &self.0.entries
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(&self, block: Block<'_>, out: &mut [f64]) {
        let [margins, shares, ..] = block.room;
        Pairs::margins(block.utility, block.n_classes, margins);
        self.0.shares(&block.outcomes, block.n_classes, shares);
        for (out, (margin, share)) in out.iter_mut().zip(margins.iter().zip(shares.iter())) {
            let rest = ln_1p_one::<T>(exp_one::<T>(-margin.abs()));
            let lost = if *margin < 0.0 { *share } else { 1.0 - share };
            *out = -(margin.abs() * lost + rest);
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
        let [margins, shares, slopes, bends, ..] = block.room;
        Pairs::margins(block.utility, block.n_classes, margins);
        self.0.shares(&block.outcomes, block.n_classes, shares);
        slopes.resize(margins.len(), 0.0);
        bends.resize(margins.len(), 0.0);
        let values = margins.iter().zip(shares.iter());
        for ((margin, share), (slope, bend)) in values.zip(slopes.iter_mut().zip(bends.iter_mut()))
        {
            let small = exp_one::<T>(-margin.abs());
            let more = 1.0 / (1.0 + small);
            let won = if *margin < 0.0 { small } else { 1.0 };
            *slope = share - won * more;
            *bend = small * more * more;
        }
        if let Some(weights) = weights {
            for ((slope, bend), weight) in slopes.iter_mut().zip(bends.iter_mut()).zip(weights) {
                *slope *= weight;
                *bend *= weight;
            }
        }
        by_classes!(
            block.n_classes,
            opposed(block.n_classes, -1.0, slopes, first.entries)
        );
        by_classes!(
            block.n_classes,
            opposed(block.n_classes, 1.0, bends, second.entries)
        );
    }

    #[inline(always)]
    fn product<T: Target>(
        &self,
        block: Block<'_>,
        weights: &[f64],
        direction: Values<'_>,
        out: Values<'_>,
    ) {
        let [margins, moved, products, ..] = block.room;
        Pairs::margins(block.utility, block.n_classes, margins);
        Pairs::margins(direction.entries, block.n_classes, moved);
        products.resize(margins.len(), 0.0);
        for (product, (margin, moved)) in products.iter_mut().zip(margins.iter().zip(moved.iter()))
        {
            let small = exp_one::<T>(-margin.abs());
            let more = 1.0 / (1.0 + small);
            *product = small * more * more * moved;
        }
        for (product, weight) in products.iter_mut().zip(weights) {
            *product *= weight;
        }
        by_classes!(
            block.n_classes,
            opposed(block.n_classes, -1.0, products, out.entries)
        );
    }
}

#[inline(always)]
fn differences<const W: usize>(
    class: usize,
    n_classes: usize,
    utility: &[f64],
    out: &mut [f64],
) -> usize {
    for (pair, out) in utility
        .chunks_exact(2 * n_classes)
        .zip(out.chunks_exact_mut(n_classes))
    {
        let (first, second) = pair.split_at(n_classes);
        let (first, second) = (&first[class..class + W], &second[class..class + W]);
        for (n, out) in out[class..class + W].iter_mut().enumerate() {
            *out = first[n] - second[n];
        }
    }
    W
}

/// Writes each value to the first item of its pair, and `sign` times it to the second.
#[inline(always)]
pub(super) fn opposed<const W: usize>(
    class: usize,
    n_classes: usize,
    sign: f64,
    values: &[f64],
    out: &mut [f64],
) -> usize {
    for (values, pair) in values
        .chunks_exact(n_classes)
        .zip(out.chunks_exact_mut(2 * n_classes))
    {
        let (first, second) = pair.split_at_mut(n_classes);
        let (first, second) = (&mut first[class..class + W], &mut second[class..class + W]);
        for (n, value) in values[class..class + W].iter().enumerate() {
            first[n] = *value;
            second[n] = sign * value;
        }
    }
    W
}
