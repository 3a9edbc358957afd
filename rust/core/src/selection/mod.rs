//! Diversity-aware selection: the greedy choice under each objective and its rules, from one pool and from many.

mod batch;
mod candidates;
mod coverage;
mod logarithm;
mod medoids;
mod method;
mod pairwise;
mod pool;
mod rules;
mod similarities;
mod state;
mod wide;

pub use batch::{BatchSelection, greedy_batch};
pub use method::{Method, Terms};
pub use pool::{Selection, greedy};
pub use rules::Rules;
