//! The sum of dissimilarities over pairs. The state of a candidate is the sum of `bonus_j + weight (1 - s_ij)` over the
//! chosen j.

#[inline(always)]
pub(super) fn gain(bonus: f64, state: f64, step: usize) -> f64 {
    step as f64 * bonus + state
}

#[inline(always)]
pub(super) fn update(of_chosen: f64, weight: f64, similarity: &[f64], state: &mut [f64]) {
    for (similarity, state) in similarity.iter().zip(state) {
        *state += of_chosen + weight * (1.0 - similarity);
    }
}
