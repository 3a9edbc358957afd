//! Pairs whose ties have a parameter of their own: what every model of ties has in common.
//!
//! A model gives its derivatives in the margin m = u_first − u_second and in the parameter τ of the class.

use super::entries::Entries;
use super::kind::{Block, Kind, Values};
use super::pair::{Pairs, opposed};
use crate::simd::Target;

/// Constants that a model computes once a class.
pub(super) const CONSTANTS: usize = 4;

/// First derivatives and negative second ones in (m, τ).
pub(super) struct Derived {
    pub(super) slope: f64,
    pub(super) slope_tie: f64,
    pub(super) bend: f64,
    pub(super) bend_cross: f64,
    pub(super) bend_tie: f64,
}

/// A model of ties. Mark every function `#[inline(always)]`.
pub(super) trait TieModel: Sync {
    /// What depends on the parameter alone.
    fn constants(tie: f64) -> [f64; CONSTANTS];

    /// Log-likelihood of a tie, or of the first winning.
    fn log_likelihood<T: Target>(margin: f64, tied: bool, constants: [f64; CONSTANTS]) -> f64;

    /// Derivatives; the second ones are positive semidefinite.
    fn derivatives<T: Target>(margin: f64, tied: bool, constants: [f64; CONSTANTS]) -> Derived;
}

/// Pairs with ties after model `M`.
pub(super) struct WithTies<'a, M> {
    pub(super) pairs: Pairs<'a>,
    pub(super) tie_row: usize,
    pub(super) model: std::marker::PhantomData<M>,
}

impl<M: TieModel> WithTies<'_, M> {
    /// Margins, ties and constants of a block, each `(pairs, n_classes)`, to the front of its room.
    #[inline(always)]
    fn prepare(&self, block: &mut Block<'_>) {
        let n_classes = block.n_classes;
        let [margins, tied, constants @ ..] = &mut *block.room;
        Pairs::margins(block.utility, n_classes, margins);
        tied.clear();
        tied.resize(margins.len(), 0.0);
        if let Some(flags) = self.pairs.tied {
            for (flag, out) in flags[block.outcomes.clone()]
                .iter()
                .zip(tied.chunks_exact_mut(n_classes))
            {
                out.fill(f64::from(*flag));
            }
        }
        for (at, constant) in constants.iter_mut().take(CONSTANTS).enumerate() {
            constant.clear();
            constant.extend(block.tie.iter().map(|&tie| M::constants(tie)[at]));
            for from in (n_classes..margins.len()).step_by(n_classes) {
                constant.extend_from_within(from - n_classes..from);
            }
        }
    }
}

impl<M: TieModel> Kind for WithTies<'_, M> {
    #[inline(always)]
    fn entries(&self) -> &Entries<'_> {
        &self.pairs.entries
    }

    #[inline(always)]
    fn tie_row(&self) -> Option<usize> {
        Some(self.tie_row)
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(&self, mut block: Block<'_>, out: &mut [f64]) {
        self.prepare(&mut block);
        let [margins, tied, c0, c1, c2, c3, ..] = block.room;
        for (n, out) in out.iter_mut().enumerate() {
            let constants = [c0[n], c1[n], c2[n], c3[n]];
            *out = M::log_likelihood::<T>(margins[n], tied[n] > 0.0, constants);
        }
    }

    #[inline(always)]
    fn derivatives<T: Target>(
        &self,
        mut block: Block<'_>,
        weights: Option<&[f64]>,
        first: Values<'_>,
        second: Values<'_>,
    ) {
        self.prepare(&mut block);
        let [margins, tied, c0, c1, c2, c3, slopes, bends] = block.room;
        slopes.resize(margins.len(), 0.0);
        bends.resize(margins.len(), 0.0);
        let size = margins.len();
        let (margins, tied) = (&margins[..size], &tied[..size]);
        let (c0, c1, c2, c3) = (&c0[..size], &c1[..size], &c2[..size], &c3[..size]);
        let (slope, bend) = (&mut slopes[..size], &mut bends[..size]);
        let (slope_tie, bend_tie) = (&mut first.tie[..size], &mut second.tie[..size]);
        for n in 0..size {
            let constants = [c0[n], c1[n], c2[n], c3[n]];
            let derived = M::derivatives::<T>(margins[n], tied[n] > 0.0, constants);
            slope[n] = derived.slope;
            bend[n] = derived.bend;
            slope_tie[n] = derived.slope_tie;
            bend_tie[n] = derived.bend_tie;
        }
        if let Some(weights) = weights {
            for values in [slopes.as_mut_slice(), bends, first.tie, second.tie] {
                times(values, weights);
            }
        }
        let n_classes = block.n_classes;
        by_classes!(n_classes, opposed(n_classes, -1.0, slopes, first.entries));
        by_classes!(n_classes, opposed(n_classes, 1.0, bends, second.entries));
    }

    #[inline(always)]
    fn product<T: Target>(
        &self,
        mut block: Block<'_>,
        weights: &[f64],
        direction: Values<'_>,
        out: Values<'_>,
    ) {
        self.prepare(&mut block);
        let n_classes = block.n_classes;
        let [margins, tied, c0, c1, c2, c3, moved, moved_tie] = block.room;
        Pairs::margins(direction.entries, n_classes, moved);
        moved_tie.clear();
        while moved_tie.len() < moved.len() {
            moved_tie.extend_from_slice(direction.tie);
        }
        let mut products = vec![0.0; margins.len()];
        let size = margins.len();
        let (margins, tied) = (&margins[..size], &tied[..size]);
        let (c0, c1, c2, c3) = (&c0[..size], &c1[..size], &c2[..size], &c3[..size]);
        let (moved, moved_tie) = (&moved[..size], &moved_tie[..size]);
        let (product, product_tie) = (&mut products[..size], &mut out.tie[..size]);
        for n in 0..size {
            let constants = [c0[n], c1[n], c2[n], c3[n]];
            let d = M::derivatives::<T>(margins[n], tied[n] > 0.0, constants);
            product[n] = d.bend * moved[n] + d.bend_cross * moved_tie[n];
            product_tie[n] = d.bend_cross * moved[n] + d.bend_tie * moved_tie[n];
        }
        times(&mut products, weights);
        times(out.tie, weights);
        by_classes!(n_classes, opposed(n_classes, -1.0, &products, out.entries));
    }
}

#[inline(always)]
fn times(values: &mut [f64], weights: &[f64]) {
    for (value, weight) in values.iter_mut().zip(weights) {
        *value *= weight;
    }
}
