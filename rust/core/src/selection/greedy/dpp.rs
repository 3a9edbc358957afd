//! The log-determinant of the similarities of the chosen.
//!
//! The state of candidate i is its squared distance to the span of the chosen (`d_i²` of Chen, Zhang, Zhou 2018,
//! Algorithm 1; `c_i` is a column of the factor).

use crate::selection::logarithm::ln;

/// A candidate closer than this to the span of the chosen ones (squared, of a unit vector) adds nothing to them.
pub(crate) const RANK_TOLERANCE: f64 = 1e-10;

#[inline(always)]
pub(super) fn gain(bonus: f64, weight: f64, state: f64) -> f64 {
    bonus + weight * ln(state)
}

/// One step of the incremental Cholesky factorisation: `e_i = (s_ij - <c_j, c_i>) / d_j`, appended to `c_i`, and
/// `d_i² -= e_i²`. The `e_i` are left in `similarity`.
#[inline(always)]
pub(super) fn update<'a>(
    of_chosen: f64,
    column: &[f64],
    earlier: impl Iterator<Item = &'a [f64]>,
    similarity: &mut [f64],
    state: &mut [f64],
) {
    for (earlier, of_chosen) in earlier.zip(column) {
        for (value, earlier) in similarity.iter_mut().zip(earlier) {
            *value -= of_chosen * earlier;
        }
    }
    let scale = if of_chosen > RANK_TOLERANCE {
        1.0 / of_chosen.sqrt()
    } else {
        0.0
    };
    for (value, state) in similarity.iter_mut().zip(state.iter_mut()) {
        *value *= scale;
        *state -= *value * *value;
    }
}
