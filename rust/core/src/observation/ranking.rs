//! Plackett-Luce: the best of a set is chosen, then the best of what is left, and so on (Plackett 1975).
//!
//! With the items in order, L_t = log Σ_{s ≥ t} exp(u_s) and l stages, log P = Σ_{t < l} u_t − L_t. Let
//! q_a = exp(u_a − L_τ) with τ = min(a, l − 1), r_t = exp(L_t − L_{t−1}) and D_t = Σ_{s ≤ t} exp(L_t − L_s), so that
//! D_t = 1 + r_t D_{t−1} and D_t ≤ t + 1: nothing overflows, and a ranking costs as much as its items. Then
//! ∂/∂u_a = 1{a < l} − q_a D_τ.

use std::ops::Range;

use super::checks::check_ranked;
use super::entries::Entries;
use super::kind::{Block, Kind, Values};
use super::rankings::Rankings;
use super::stages::{bent, exponents, peaks_from_the_end, slopes, stages, sums_from_the_end};
use crate::error::Result;
use crate::exponential::{exp_each_of_negative, ln_each_from_one};
use crate::simd::Target;

impl Rankings<'_> {
    /// Writes L_t of every entry to the first room, `(entries, n_classes)`.
    #[inline(always)]
    fn log_sums<T: Target>(&self, block: &mut Block<'_>) {
        let (n, utility) = (block.n_classes, &*block.utility);
        let [logs, peaks, steps, ..] = &mut *block.room;
        for room in [&mut *logs, &mut *peaks, &mut *steps] {
            room.resize(utility.len(), 0.0);
        }
        by_classes!(
            n,
            peaks_from_the_end(n, self, &block.outcomes, utility, peaks, steps)
        );
        exp_each_of_negative::<T>(steps);
        by_classes!(
            n,
            sums_from_the_end(n, self, &block.outcomes, utility, peaks, steps, logs)
        );
        // The item of the peak alone adds 1.
        ln_each_from_one::<T>(logs);
        for (log, peak) in logs.iter_mut().zip(peaks) {
            *log += *peak;
        }
    }

    /// Overwrites the utilities with q and writes r to the second room.
    #[inline(always)]
    pub(super) fn shares<T: Target>(&self, block: &mut Block<'_>) {
        self.log_sums::<T>(block);
        let n = block.n_classes;
        let [logs, ratios, ..] = &mut *block.room;
        by_classes!(
            n,
            exponents(n, self, &block.outcomes, logs, block.utility, ratios)
        );
        exp_each_of_negative::<T>(block.utility);
        exp_each_of_negative::<T>(ratios);
    }
}

impl Kind for Rankings<'_> {
    const LARGE_ROOMS: usize = 3;

    #[inline(always)]
    fn entries(&self) -> &Entries<'_> {
        &self.entries
    }

    fn check(&self, outcomes: &Range<usize>) -> Result<()> {
        self.entries.check(outcomes)?;
        self.entries.offsets().map_or(Ok(()), |offsets| {
            check_ranked(offsets, self.n_ranked, outcomes)
        })
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(&self, mut block: Block<'_>, out: &mut [f64]) {
        self.log_sums::<T>(&mut block);
        let n = block.n_classes;
        let [logs, ..] = block.room;
        by_classes!(
            n,
            stages(n, self, &block.outcomes, block.utility, logs, out)
        );
    }

    #[inline(always)]
    fn derivatives<T: Target>(
        &self,
        mut block: Block<'_>,
        weights: Option<&[f64]>,
        first: Values<'_>,
        second: Values<'_>,
    ) {
        self.shares::<T>(&mut block);
        let n = block.n_classes;
        let [_, ratios, ..] = block.room;
        let (q, out) = (&*block.utility, [first.entries, second.entries]);
        let [first, second] = out;
        by_classes!(
            n,
            slopes(n, self, &block.outcomes, q, ratios, weights, first, second)
        );
    }

    #[inline(always)]
    fn product<T: Target>(
        &self,
        mut block: Block<'_>,
        weights: &[f64],
        direction: Values<'_>,
        out: Values<'_>,
    ) {
        self.shares::<T>(&mut block);
        let n = block.n_classes;
        let [means, ratios, ..] = block.room;
        let (q, v, out) = (&*block.utility, &*direction.entries, out.entries);
        by_classes!(
            n,
            bent(n, self, &block.outcomes, q, ratios, weights, v, means, out)
        );
    }
}
