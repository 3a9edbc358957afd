//! What Plackett-Luce does along the items of each ranking, for `W` classes from `class` on; the symbols are those of
//! `ranking.rs`.

use std::array::from_fn;
use std::ops::Range;

use super::rankings::Rankings;
use crate::row_parts::{read as row, write};

/// The largest utility from each item on, and how far it, or the item, is below the other.
#[inline(always)]
pub(super) fn peaks_from_the_end<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    utility: &[f64],
    peaks: &mut [f64],
    steps: &mut [f64],
) -> usize {
    let mut start = 0;
    for [size, _] in rankings.shapes(outcomes) {
        let mut peak = [f64::NEG_INFINITY; W];
        for at in (start..start + size).rev() {
            let u = row::<W>(utility, n_classes, at, class);
            write(
                steps,
                n_classes,
                at,
                class,
                from_fn::<_, W, _>(|n| -(u[n] - peak[n]).abs()),
            );
            peak = from_fn(|n| if u[n] > peak[n] { u[n] } else { peak[n] });
            write(peaks, n_classes, at, class, peak);
        }
        start += size;
    }
    W
}

/// Σ exp(u − peak) from each item on; `steps` holds the exponentials of what the function above wrote.
#[inline(always)]
pub(super) fn sums_from_the_end<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    utility: &[f64],
    peaks: &[f64],
    steps: &[f64],
    sums: &mut [f64],
) -> usize {
    let mut start = 0;
    for [size, _] in rankings.shapes(outcomes) {
        let mut sum = [0.0; W];
        for at in (start..start + size).rev() {
            let u = row::<W>(utility, n_classes, at, class);
            let peak = row::<W>(peaks, n_classes, at, class);
            let step = row::<W>(steps, n_classes, at, class);
            sum = from_fn(|n| {
                if u[n] >= peak[n] {
                    sum[n] * step[n] + 1.0
                } else {
                    sum[n] + step[n]
                }
            });
            write(sums, n_classes, at, class, sum);
        }
        start += size;
    }
    W
}

/// Σ_{t < l} u_t − L_t.
#[inline(always)]
pub(super) fn stages<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    utility: &[f64],
    logs: &[f64],
    out: &mut [f64],
) -> usize {
    let mut start = 0;
    for (outcome, [size, n_stages]) in rankings.shapes(outcomes).enumerate() {
        let mut sum = [0.0; W];
        for at in start..start + n_stages {
            let u = row::<W>(utility, n_classes, at, class);
            let log = row::<W>(logs, n_classes, at, class);
            sum = from_fn(|n| sum[n] + (u[n] - log[n]));
        }
        write(out, n_classes, outcome, class, sum);
        start += size;
    }
    W
}

/// Overwrites utilities with the logarithms of q, and writes those of r.
#[inline(always)]
pub(super) fn exponents<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    logs: &[f64],
    utility: &mut [f64],
    ratios: &mut [f64],
) -> usize {
    let mut start = 0;
    for [size, n_stages] in rankings.shapes(outcomes) {
        let mut log = row::<W>(logs, n_classes, start, class);
        for at in start..start + size {
            let before = log;
            if at < start + n_stages {
                log = row::<W>(logs, n_classes, at, class);
            }
            let u = row::<W>(utility, n_classes, at, class);
            write(
                utility,
                n_classes,
                at,
                class,
                from_fn::<_, W, _>(|n| u[n] - log[n]),
            );
            write(
                ratios,
                n_classes,
                at,
                class,
                from_fn::<_, W, _>(|n| log[n] - before[n]),
            );
        }
        start += size;
    }
    W
}

/// w (1{a < l} − q_a D_τ) and w (q_a D_τ − q_a² Σ_s exp(2 L_τ − 2 L_s)).
#[inline(always)]
pub(super) fn slopes<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    q: &[f64],
    ratios: &[f64],
    weights: Option<&[f64]>,
    first: &mut [f64],
    second: &mut [f64],
) -> usize {
    let mut start = 0;
    for (outcome, [size, n_stages]) in rankings.shapes(outcomes).enumerate() {
        let weight = weights.map_or([1.0; W], |weights| row(weights, n_classes, outcome, class));
        let (mut d, mut squares) = ([0.0; W], [0.0; W]);
        for at in start..start + size {
            let share = row::<W>(q, n_classes, at, class);
            let ranked = at < start + n_stages;
            if ranked {
                let ratio = row::<W>(ratios, n_classes, at, class);
                d = from_fn(|n| 1.0 + ratio[n] * d[n]);
                squares = from_fn(|n| 1.0 + ratio[n] * ratio[n] * squares[n]);
            }
            let target = f64::from(ranked);
            let slope: [f64; W] = from_fn(|n| weight[n] * (target - share[n] * d[n]));
            let bend: [f64; W] = from_fn(|n| weight[n] * share[n] * (d[n] - share[n] * squares[n]));
            write(first, n_classes, at, class, slope);
            write(second, n_classes, at, class, bend);
        }
        start += size;
    }
    W
}

/// w q_a (D_τ v_a − E_τ), where E_t = Σ_{s ≤ t} exp(L_t − L_s) v̄_s and v̄_t is the mean of v among what stage t chooses from.
#[inline(always)]
pub(super) fn bent<const W: usize>(
    class: usize,
    n_classes: usize,
    rankings: &Rankings<'_>,
    outcomes: &Range<usize>,
    q: &[f64],
    ratios: &[f64],
    weights: &[f64],
    direction: &[f64],
    means: &mut [f64],
    out: &mut [f64],
) -> usize {
    let mut start = 0;
    for (outcome, [size, n_stages]) in rankings.shapes(outcomes).enumerate() {
        let mut mean = [0.0; W];
        for at in (start..start + size).rev() {
            let share = row::<W>(q, n_classes, at, class);
            let v = row::<W>(direction, n_classes, at, class);
            let mut kept = [1.0; W];
            if at + 1 < start + n_stages {
                kept = row(ratios, n_classes, at + 1, class);
            }
            mean = from_fn(|n| share[n] * v[n] + kept[n] * mean[n]);
            write(means, n_classes, at, class, mean);
        }
        let weight = row::<W>(weights, n_classes, outcome, class);
        let (mut d, mut e) = ([0.0; W], [0.0; W]);
        for at in start..start + size {
            if at < start + n_stages {
                let ratio = row::<W>(ratios, n_classes, at, class);
                let mean = row::<W>(means, n_classes, at, class);
                d = from_fn(|n| 1.0 + ratio[n] * d[n]);
                e = from_fn(|n| mean[n] + ratio[n] * e[n]);
            }
            let share = row::<W>(q, n_classes, at, class);
            let v = row::<W>(direction, n_classes, at, class);
            let moved: [f64; W] = from_fn(|n| weight[n] * share[n] * (d[n] * v[n] - e[n]));
            write(out, n_classes, at, class, moved);
        }
        start += size;
    }
    W
}
