//! Latent classes of annotators: the E-step, and what the M-step needs.

mod m_step;
mod outcomes;
mod posterior;

pub use crate::outer_products::Stored;
pub use m_step::{LinearStatistics, linear_statistics};
pub use outcomes::outcome_weights;
pub use posterior::{Posterior, posterior_by_annotator};
