//! Latent classes of annotators: the E-step, and what the M-step needs.

mod m_step;
mod outer_products;
mod posterior;

pub use m_step::{LinearStatistics, linear_statistics};
pub use outer_products::Stored;
pub use posterior::{Posterior, posterior_by_annotator};
