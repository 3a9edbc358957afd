//! Diversity-aware selection: the greedy choice under each objective and its rules, from one pool and from many; samples
//! of determinantal point processes.

mod candidates;
mod exact;
mod greedy;
mod large;
mod logarithm;
mod method;
mod prefetch;
mod refine;
mod rules;
mod sampling;
mod similarities;
mod source;
mod wide;

pub use exact::{ExactBatch, exact_batch};
pub use greedy::many_pools::{BatchSelection, greedy_batch};
pub use greedy::one_pool::{Selection, greedy};
pub use method::{Method, Terms};
pub use refine::refine_batch;
pub use rules::Rules;
pub use sampling::dpp::{Projections, sample_projections};
pub use source::Source;
