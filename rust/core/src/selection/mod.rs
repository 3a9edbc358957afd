//! Diversity-aware selection: the greedy choice under each objective and its rules, from one pool and from many; samples
//! of determinantal point processes.

mod ahead;
mod basis;
mod batch;
mod bounds;
mod candidates;
mod chain;
mod coverage;
mod dense;
mod dense_medoids;
mod exact;
mod large;
mod lazy;
mod logarithm;
mod medoids;
mod method;
mod pairwise;
mod pool;
mod recompute;
mod refine;
mod rules;
mod samples;
mod screen;
mod similarities;
mod source;
mod state;
mod wide;

pub use batch::{BatchSelection, greedy_batch};
pub use exact::{ExactBatch, exact_batch};
pub use method::{Method, Terms};
pub use pool::{Selection, greedy};
pub use refine::refine_batch;
pub use rules::Rules;
pub use samples::{Projections, sample_projections};
pub use source::Source;
