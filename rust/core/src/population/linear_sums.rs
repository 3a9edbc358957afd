//! The gradient of an annotator's judgements: features times residuals, summed in registers.

use std::ops::Range;

use super::linear_judgements::LinearJudgements;
use crate::matrix::Element;
use crate::outer_products::SIDE;
use crate::simd::Target;
use crate::utility::WeightedRows;

/// An annotator whose responsibility for a class is this small changes no digit of its gradient.
const NEGLIGIBLE: f64 = 1e-18;

/// Adds the features of an annotator's items, times their residuals, to the gradient of every class.
#[inline(always)]
pub fn add_residuals<T: Target, E: Element>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    responsibilities: &[f64],
    residuals: &[f64],
    gradient: &mut [[f64; SIDE]],
) {
    let n_classes = responsibilities.len();
    let classes = (0..n_classes).filter(|class| responsibilities[*class] > NEGLIGIBLE);
    WeightedRows {
        features: judged.features,
        rows: judged.sets.items_of(sets),
        weights: residuals,
        n_classes,
    }
    .add::<T>(classes, gradient);
}
