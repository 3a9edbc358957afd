//! The greedy choice under each objective, from one pool and from many.

pub(super) mod coverage;
mod dense;
mod dense_medoids;
pub(super) mod dpp;
mod facility_location;
mod held;
pub(super) mod k_medoids;
pub(super) mod many_pools;
mod max_min;
mod max_sum;
pub(super) mod medoids;
mod mmr;
pub(super) mod one_pool;
mod pairwise;
mod saturated_coverage;
pub(super) mod state;
pub(super) mod term;
