//! Similarities between embeddings.

mod bounds;
mod directions;
mod distances;
mod exact;
mod matrix;
mod narrow;
mod neighbors;
mod pairs;
mod real;
mod rows;
mod screen;

pub use exact::Score;
pub use matrix::{Metric, similarity_matrix};
pub use neighbors::{Neighbors, nearest_neighbors};
pub use pairs::{Pairs, pairs_above};
pub use real::{Embedding, Real};
