//! Latent classes of annotators: the E-step, and what the M-step needs.

mod accumulate;
mod cross_product;
mod linear_pass;
mod linear_posterior;
mod linear_sums;
mod m_step;
mod outcomes;
mod partial;
mod posterior;

pub use crate::outer_products::Stored;
pub use cross_product::cross_product;
pub use linear_posterior::{LinearJudgements, LinearPosterior, linear_posterior};
pub use m_step::{LinearStatistics, linear_statistics};
pub use outcomes::outcome_weights;
pub use posterior::{Posterior, posterior_by_annotator};
