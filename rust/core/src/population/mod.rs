//! Latent classes of annotators: the E-step, and what the M-step needs.

mod accumulate;
mod by_classes;
mod cross_product;
mod judged;
mod linear_judgements;
mod linear_pass;
mod linear_posterior;
mod linear_sums;
mod m_step;
mod outcomes;
mod partial;
mod posterior;

pub use crate::outer_products::Stored;
pub use cross_product::cross_product;
pub use linear_judgements::LinearJudgements;
pub use linear_posterior::{LinearPosterior, linear_posterior};
pub use m_step::linear_statistics;
pub use outcomes::outcome_weights;
pub use partial::LinearStatistics;
pub use posterior::{Posterior, posterior_by_annotator};
