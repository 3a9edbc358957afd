//! What is computed of each of many pools: the small ones by the threads side by side, a large one by all of them together.

mod bounds;
mod closest_pairs;
mod coverage;
mod figure;
mod gram_batch;
mod lanes;
mod mean_cosine;
mod measure;
mod nearest;
pub(super) mod pieces;
pub(super) mod rows;
mod search;
pub(super) mod small_product;

pub use closest_pairs::{ClosestPairs, closest_pairs};
pub use coverage::coverage;
pub use gram_batch::{Entry, gram_batch};
pub use mean_cosine::mean_cosine;
pub use measure::Measure;
