//! What a pass over the features does with the judgements of one annotator.

use std::array::from_fn;
use std::ops::Range;

use super::by_classes::by_classes;
use super::linear_judgements::LinearJudgements;
use crate::error::Result;
use crate::exponential::{exp_each_of_negative, ln_each_from_one};
use crate::matrix::Element;
use crate::memory::Growing;
use crate::outer_products::SIDE;
use crate::row_parts::{read, write};
use crate::simd::Target;
use crate::utility::{prefetch, utilities};

/// Values whose exponentials are taken between two requests for rows.
const AT_ONCE: usize = 64;

/// Arrays that annotators use one after the other.
#[derive(Default)]
pub struct Scratch {
    /// `(items, n_classes)`: utilities, then exp(utility − largest utility), then residuals.
    pub shares: Vec<f64>,
    /// `(sets, n_classes)`: Σ exp(utility − largest utility), then its logarithm.
    sums: Vec<f64>,
    /// `(sets, n_classes)`: one over these sums.
    inverses: Vec<f64>,
}

/// Fills `scratch` with the choice probabilities of an annotator's items, and adds the log-likelihood to `joint`.
///
/// `ahead` are items that come next: their rows are asked for while the exponentials are taken, which read no memory.
#[inline(always)]
pub fn probabilities_and_evidence<T: Target, E: Element>(
    judged: &LinearJudgements<'_, E>,
    coef: &[[f64; SIDE]],
    sets: &Range<usize>,
    ahead: &[i32],
    scratch: &mut Scratch,
    joint: &mut [f64],
) -> Result<()> {
    let n_classes = joint.len();
    let items = judged.sets.items_of(sets);
    let Scratch {
        shares,
        sums,
        inverses,
    } = scratch;
    shares.resized(items.len() * n_classes, 0.0)?;
    sums.resized(sets.len() * n_classes, 1.0)?;
    inverses.resized(sets.len() * n_classes, 1.0)?;
    utilities::<T, E>(judged.features, items, coef, n_classes, shares);
    by_classes!(n_classes, first, width => match width {
        4 => subtract_peaks::<E, 4>(judged, sets, first, shares, joint),
        2 => subtract_peaks::<E, 2>(judged, sets, first, shares, joint),
        _ => subtract_peaks::<E, 1>(judged, sets, first, shares, joint),
    });
    let n_pieces = shares.len().div_ceil(AT_ONCE);
    let mut ahead = ahead.chunks(ahead.len().div_ceil(n_pieces.max(1)).max(1));
    for values in shares.chunks_mut(AT_ONCE) {
        exp_each_of_negative::<T>(values);
        for &item in ahead.next().unwrap_or_default() {
            prefetch::<T, E>(judged.features.row(item as usize));
        }
    }
    by_classes!(n_classes, first, width => match width {
        4 => sum_up::<E, 4>(judged, sets, n_classes, first, shares, sums),
        2 => sum_up::<E, 2>(judged, sets, n_classes, first, shares, sums),
        _ => sum_up::<E, 1>(judged, sets, n_classes, first, shares, sums),
    });
    for (inverse, sum) in inverses.iter_mut().zip(&*sums) {
        *inverse = 1.0 / sum;
    }
    ln_each_from_one::<T>(sums);
    by_classes!(n_classes, first, width => match width {
        4 => subtract_logs::<E, 4>(judged, sets, first, sums, joint),
        2 => subtract_logs::<E, 2>(judged, sets, first, sums, joint),
        _ => subtract_logs::<E, 1>(judged, sets, first, sums, joint),
    });
    Ok(())
}

/// Turns what `scratch` holds of an annotator's items into residuals: count · weight · responsibility · (share in the
/// choice − p).
#[inline(always)]
pub fn residuals<E: Element>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    responsibilities: &[f64],
    count: f64,
    scratch: &mut Scratch,
) {
    let n_classes = responsibilities.len();
    by_classes!(n_classes, first, width => match width {
        4 => residuals_of::<E, 4>(judged, sets, first, responsibilities, count, scratch),
        2 => residuals_of::<E, 2>(judged, sets, first, responsibilities, count, scratch),
        _ => residuals_of::<E, 1>(judged, sets, first, responsibilities, count, scratch),
    });
}

/// The same for `W` classes from `first`: a number that is known, so that a row of them is a vector.
#[inline(always)]
fn residuals_of<E: Element, const W: usize>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    first: usize,
    responsibilities: &[f64],
    count: f64,
    scratch: &mut Scratch,
) {
    let Scratch {
        shares, inverses, ..
    } = scratch;
    let n_classes = responsibilities.len();
    let of_class = read::<W>(responsibilities, n_classes, 0, first);
    let mut start = 0;
    for (at, set) in sets.clone().enumerate() {
        let size = judged.sets.size(set);
        let inverse = read::<W>(inverses, n_classes, at, first);
        let weight = count * judged.weight(set);
        let scale: [f64; W] = from_fn(|n| weight * of_class[n]);
        let halves = judged.is_tied(set);
        let chosen = judged.chosen[set] as usize;
        for at in 0..size {
            let share = if halves {
                0.5
            } else {
                f64::from(u8::from(at == chosen))
            };
            let value = read::<W>(shares, n_classes, start + at, first);
            let residual = from_fn::<_, W, _>(|n| scale[n] * (share - value[n] * inverse[n]));
            write(shares, n_classes, start + at, first, residual);
        }
        start += size;
    }
}

/// Subtracts the logarithms of the sums of each set, times its weight, from `joint`.
#[inline(always)]
fn subtract_logs<E: Element, const W: usize>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    first: usize,
    logs: &[f64],
    joint: &mut [f64],
) {
    let n_classes = joint.len();
    let mut total = read::<W>(joint, n_classes, 0, first);
    for (at, set) in sets.clone().enumerate() {
        let weight = judged.weight(set);
        let log = read::<W>(logs, n_classes, at, first);
        total = from_fn(|n| total[n] - weight * log[n]);
    }
    write(joint, n_classes, 0, first, total);
}

/// Subtracts the largest utility of each set, and adds what is left of the chosen one to `joint`.
#[inline(always)]
fn subtract_peaks<E: Element, const W: usize>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    first: usize,
    utility: &mut [f64],
    joint: &mut [f64],
) {
    let n_classes = joint.len();
    let mut total = [0.0; W];
    let mut start = 0;
    for set in sets.clone() {
        let size = judged.sets.size(set);
        let mut peak = [f64::NEG_INFINITY; W];
        for at in start..start + size {
            let value = read::<W>(utility, n_classes, at, first);
            peak = from_fn(|n| {
                if value[n] > peak[n] {
                    value[n]
                } else {
                    peak[n]
                }
            });
        }
        for at in start..start + size {
            let value = read::<W>(utility, n_classes, at, first);
            let below = from_fn::<_, W, _>(|n| value[n] - peak[n]);
            write(utility, n_classes, at, first, below);
        }
        let weight = judged.weight(set);
        let (shown, share) = if judged.is_tied(set) {
            (0..2, 0.5)
        } else {
            let chosen = judged.chosen[set] as usize;
            (chosen..chosen + 1, 1.0)
        };
        for at in shown {
            let value = read::<W>(utility, n_classes, start + at, first);
            total = from_fn(|n| total[n] + weight * share * value[n]);
        }
        start += size;
    }
    let sum = read::<W>(joint, n_classes, 0, first);
    write(
        joint,
        n_classes,
        0,
        first,
        from_fn::<_, W, _>(|n| sum[n] + total[n]),
    );
}

/// Adds up the exponentials of each set.
#[inline(always)]
fn sum_up<E: Element, const W: usize>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    n_classes: usize,
    first: usize,
    shares: &[f64],
    sums: &mut [f64],
) {
    let mut start = 0;
    for (at, set) in sets.clone().enumerate() {
        let end = start + judged.sets.size(set);
        let mut sum = [0.0; W];
        for at in start..end {
            let value = read::<W>(shares, n_classes, at, first);
            sum = from_fn(|n| sum[n] + value[n]);
        }
        write(sums, n_classes, at, first, sum);
        start = end;
    }
}

impl<E> LinearJudgements<'_, E> {
    #[inline(always)]
    fn weight(&self, set: usize) -> f64 {
        self.weight.map_or(1.0, |weight| weight[set])
    }

    #[inline(always)]
    fn is_tied(&self, set: usize) -> bool {
        self.tied.is_some_and(|tied| tied[set])
    }
}
