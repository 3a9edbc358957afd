//! Diversity-aware selection: one file an objective, for one pool and for many.

mod batch;
mod dpp;
mod pool;

pub use batch::{BatchSelection, greedy_dpp_batch};
pub use pool::{Selection, greedy_dpp};
