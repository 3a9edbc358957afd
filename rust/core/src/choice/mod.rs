//! What annotators did with choice sets: log-likelihood, gradient and curvature over a utility table.
//!
//! The utility table has a row an item and a column a latent class. Kernels gather rows of it and scatter back to it; where
//! the utilities come from is not their business.

mod choose_one;
mod pair;
mod sets;
mod softmax;

pub use choose_one::{choose_one_gradient, choose_one_log_likelihood, curvature_product};
pub use pair::{Pairs, pair_gradient, pair_log_likelihood};
pub use sets::ChoiceSets;
pub(crate) use softmax::probabilities;

/// Gradient and diagonal curvature on the utility table, each row-major `(n_items, n_classes)`.
pub type TableGradient = (Vec<f64>, Vec<f64>);
