//! Similarities between embeddings.

mod exact;
mod matrix;
mod real;
mod rows;

pub use exact::Score;
pub use matrix::{Metric, similarity_matrix};
pub use real::{Embedding, Real};
