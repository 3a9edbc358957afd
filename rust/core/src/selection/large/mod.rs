//! The greedy choice from one large pool, without a pass over all candidates at every step.

pub(super) mod coverage;
pub(super) mod pairwise;
