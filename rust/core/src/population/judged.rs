//! Judgements of linear utilities, and what weighs them.

use crate::matrix::Matrix;
use crate::observation::ChoiceSets;

/// The judgements, and what weighs them.
pub(super) struct Judged<'a, E> {
    pub features: Matrix<'a, E>,
    pub utility: Matrix<'a, f64>,
    pub sets: &'a ChoiceSets<'a>,
    pub chosen: &'a [i32],
    pub tied: Option<&'a [bool]>,
    pub weights: Matrix<'a, f64>,
}

impl<E> Judged<'_, E> {
    /// Which of the items after the first was chosen, and its share in the choice: half of a tie, whose first item has the
    /// other half. None if the first was chosen.
    #[inline(always)]
    pub fn target(&self, set: usize) -> Option<(usize, f64)> {
        if self.tied.is_some_and(|tied| tied[set]) {
            return Some((0, 0.5));
        }
        let chosen = self.chosen[set] as usize;
        chosen.checked_sub(1).map(|other| (other, 1.0))
    }
}
