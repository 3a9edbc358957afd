//! The greedy choice under each objective, from one pool and from many.

pub(super) mod coverage;
mod dense;
mod dense_medoids;
pub(super) mod many_pools;
pub(super) mod medoids;
pub(super) mod one_pool;
mod pairwise;
pub(super) mod state;
