//! What a pass over the features reads.

use crate::matrix::Matrix;
use crate::observation::ChoiceSets;

/// Choices, pairs or tied pairs with features, and who judged them.
#[derive(Clone, Copy)]
pub struct LinearJudgements<'a, E> {
    /// One row an item.
    pub features: Matrix<'a, E>,
    /// What was to choose from.
    pub sets: &'a ChoiceSets<'a>,
    /// Positions within the sets.
    pub chosen: &'a [i32],
    /// Where true the two items of a set share the choice.
    pub tied: Option<&'a [bool]>,
    /// How often each judgement counts.
    pub weight: Option<&'a [f64]>,
    /// Annotator `h` has the judgements `annotator_offsets[h]..annotator_offsets[h + 1]`.
    pub annotator_offsets: &'a [i64],
    /// How many annotators each stands for.
    pub counts: Option<&'a [f64]>,
    /// Where blocks of annotators end, see `blocks.rs`; by default all are one.
    pub block_ends: Option<&'a [i64]>,
}
