//! What a pass over the features does with the judgements of one annotator.

use std::ops::Range;

use super::by_classes::by_classes;
use super::linear_judgements::LinearJudgements;
use crate::error::Result;
use crate::exponential::{exp_each_of_negative, ln_each_from_one};
use crate::matrix::Element;
use crate::memory::Growing;
use crate::outer_products::SIDE;
use crate::simd::Target;
use crate::utility::utilities;

/// Arrays that annotators use one after the other.
#[derive(Default)]
pub struct Scratch {
    /// `(items, n_classes)`: utilities, then probabilities, then residuals.
    pub shares: Vec<f64>,
    /// `(sets, n_classes)`: Σ exp(utility − largest utility), then its logarithm.
    sums: Vec<f64>,
}

/// Fills `scratch.shares` with the choice probabilities of an annotator's items, and adds the log-likelihood to `joint`.
#[inline(always)]
pub fn probabilities_and_evidence<T: Target, E: Element>(
    judged: &LinearJudgements<'_, E>,
    coef: &[[f64; SIDE]],
    sets: &Range<usize>,
    scratch: &mut Scratch,
    joint: &mut [f64],
) -> Result<()> {
    let n_classes = joint.len();
    let items = judged.sets.items_of(sets);
    let Scratch { shares, sums } = scratch;
    shares.clear();
    shares.resized(items.len() * n_classes, 0.0)?;
    sums.clear();
    sums.resized(sets.len() * n_classes, 1.0)?;
    utilities::<T, E>(judged.features, items, coef, n_classes, shares);
    by_classes!(n_classes, first, width => match width {
        4 => subtract_peaks::<E, 4>(judged, sets, first, shares, joint),
        2 => subtract_peaks::<E, 2>(judged, sets, first, shares, joint),
        _ => subtract_peaks::<E, 1>(judged, sets, first, shares, joint),
    });
    exp_each_of_negative::<T>(shares);
    by_classes!(n_classes, first, width => match width {
        4 => divide_by_sums::<E, 4>(judged, sets, n_classes, first, shares, sums),
        2 => divide_by_sums::<E, 2>(judged, sets, n_classes, first, shares, sums),
        _ => divide_by_sums::<E, 1>(judged, sets, n_classes, first, shares, sums),
    });
    ln_each_from_one::<T>(sums);
    by_classes!(n_classes, first, width => match width {
        4 => subtract_logs::<E, 4>(judged, sets, first, sums, joint),
        2 => subtract_logs::<E, 2>(judged, sets, first, sums, joint),
        _ => subtract_logs::<E, 1>(judged, sets, first, sums, joint),
    });
    Ok(())
}

/// Turns the probabilities of an annotator's items into residuals: count · weight · responsibility · (share in the choice
/// − p).
#[inline(always)]
pub fn residuals<E: Element>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    responsibilities: &[f64],
    count: f64,
    shares: &mut [f64],
) {
    let n_classes = responsibilities.len();
    by_classes!(n_classes, first, width => match width {
        4 => residuals_of::<E, 4>(judged, sets, first, responsibilities, count, shares),
        2 => residuals_of::<E, 2>(judged, sets, first, responsibilities, count, shares),
        _ => residuals_of::<E, 1>(judged, sets, first, responsibilities, count, shares),
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
    shares: &mut [f64],
) {
    let n_classes = responsibilities.len();
    let mut of_class = [0.0; W];
    of_class.copy_from_slice(&responsibilities[first..first + W]);
    let mut rest = shares;
    for set in sets.clone() {
        let (of_set, others) = rest.split_at_mut(judged.sets.size(set) * n_classes);
        rest = others;
        let weight = count * judged.weight(set);
        let mut scale = [0.0; W];
        for (scale, of_class) in scale.iter_mut().zip(of_class) {
            *scale = weight * of_class;
        }
        let halves = judged.is_tied(set);
        let chosen = judged.chosen[set] as usize;
        for (at, row) in of_set.chunks_exact_mut(n_classes).enumerate() {
            let share = if halves {
                0.5
            } else {
                f64::from(u8::from(at == chosen))
            };
            for (value, scale) in row[first..first + W].iter_mut().zip(scale) {
                *value = scale * (share - *value);
            }
        }
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
    let mut total = [0.0; W];
    total.copy_from_slice(&joint[first..first + W]);
    for (set, logs) in sets.clone().zip(logs.chunks_exact(n_classes)) {
        let weight = judged.weight(set);
        for (total, log) in total.iter_mut().zip(&logs[first..first + W]) {
            *total -= weight * log;
        }
    }
    joint[first..first + W].copy_from_slice(&total);
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
    let mut rest = utility;
    let mut total = [0.0; W];
    for set in sets.clone() {
        let (of_set, others) = rest.split_at_mut(judged.sets.size(set) * n_classes);
        rest = others;
        let mut peak = [f64::NEG_INFINITY; W];
        for row in of_set.chunks_exact(n_classes) {
            for (peak, value) in peak.iter_mut().zip(&row[first..first + W]) {
                *peak = if *value > *peak { *value } else { *peak };
            }
        }
        for row in of_set.chunks_exact_mut(n_classes) {
            for (value, peak) in row[first..first + W].iter_mut().zip(peak) {
                *value -= peak;
            }
        }
        let weight = judged.weight(set);
        let (shown, share) = if judged.is_tied(set) {
            (0..2, 0.5)
        } else {
            let chosen = judged.chosen[set] as usize;
            (chosen..chosen + 1, 1.0)
        };
        for at in shown {
            let row = &of_set[at * n_classes + first..][..W];
            for (total, value) in total.iter_mut().zip(row) {
                *total += weight * share * value;
            }
        }
    }
    for (joint, total) in joint[first..first + W].iter_mut().zip(total) {
        *joint += total;
    }
}

/// Divides the exponentials of each set by their sum, which is kept.
#[inline(always)]
fn divide_by_sums<E: Element, const W: usize>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    n_classes: usize,
    first: usize,
    shares: &mut [f64],
    sums: &mut [f64],
) {
    let mut rest = shares;
    for (set, sums) in sets.clone().zip(sums.chunks_exact_mut(n_classes)) {
        let (of_set, others) = rest.split_at_mut(judged.sets.size(set) * n_classes);
        rest = others;
        let mut sum = [0.0; W];
        for row in of_set.chunks_exact(n_classes) {
            for (sum, value) in sum.iter_mut().zip(&row[first..first + W]) {
                *sum += value;
            }
        }
        sums[first..first + W].copy_from_slice(&sum);
        let mut inverse = [0.0; W];
        for (inverse, sum) in inverse.iter_mut().zip(sum) {
            *inverse = 1.0 / sum;
        }
        for row in of_set.chunks_exact_mut(n_classes) {
            for (value, inverse) in row[first..first + W].iter_mut().zip(inverse) {
                *value *= inverse;
            }
        }
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
