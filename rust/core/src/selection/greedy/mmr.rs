//! Maximal marginal relevance: minus the largest similarity to those chosen before, which is the state.

#[inline(always)]
pub(super) fn gain(bonus: f64, weight: f64, state: f64) -> f64 {
    bonus - weight * state
}

#[inline(always)]
pub(super) fn update(step: usize, similarity: &[f64], state: &mut [f64]) {
    if step == 0 {
        state.copy_from_slice(similarity);
        return;
    }
    for (&similarity, state) in similarity.iter().zip(state) {
        *state = if similarity > *state {
            similarity
        } else {
            *state
        };
    }
}
