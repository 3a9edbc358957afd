//! Similarities between embeddings.

mod both;
mod bounds;
mod covariance;
mod directions;
mod distances;
mod exact;
mod matrix;
mod metric;
mod narrow;
mod neighbors;
mod pairs;
mod pools;
mod real;
mod rows;
mod screen;

pub use covariance::covariance;
pub use exact::Score;
pub use matrix::similarity_matrix;
pub use metric::Metric;
pub use neighbors::{Neighbors, nearest_neighbors};
pub use pairs::{Pairs, groups_above, pairs_above, top_pairs};
pub use pools::{ClosestPairs, Entry, Measure, closest_pairs, coverage, gram_batch, mean_cosine};
pub use real::{Embedding, Real};
