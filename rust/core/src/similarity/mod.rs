//! Similarities between embeddings.

mod gram;

pub use gram::{cosine, gram};
