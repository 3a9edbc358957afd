//! The smallest dissimilarity of a pair. The state of a candidate is the smallest `bonus_j + weight (1 - s_ij)` over the
//! chosen j.

#[inline(always)]
pub(super) fn gain(bonus: f64, state: f64) -> f64 {
    bonus + state
}

#[inline(always)]
pub(super) fn update(of_chosen: f64, weight: f64, similarity: &[f64], state: &mut [f64]) {
    for (similarity, state) in similarity.iter().zip(state) {
        let pair = of_chosen + weight * (1.0 - similarity);
        *state = if pair < *state { pair } else { *state };
    }
}
