//! Where utilities come from, and what becomes of gradients on them.

mod linear;
mod products;
mod pull_back;
mod row_sums;
mod scores;
mod spread;

pub use linear::linear_utility;
pub(crate) use products::{panels_of, rows_ahead, utilities};
pub use pull_back::linear_pull_back;
pub(crate) use row_sums::{WeightedRows, prefetch};
pub use scores::linear_scores;
pub use spread::{Spread, SpreadOfUnits, linear_spread};
