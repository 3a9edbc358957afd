//! What annotators did with choice sets: log-likelihood, gradient and curvature over a utility table.
//!
//! The utility table has a row an item and a column a latent class, and further rows for the parameters of the observation
//! itself. Kernels gather rows of it and scatter back to it; where the utilities come from is not their business.

#[macro_use]
mod stretches;

mod checks;
mod choose_one;
mod counts;
mod curvature;
mod davidson;
mod described;
mod entries;
mod kernels;
mod kind;
mod pair;
mod ranking;
mod rankings;
mod rao_kupper;
mod residuals;
mod rows;
mod sets;
mod softmax;
mod stages;
mod sums;
mod ties;
mod win_derivatives;
mod win_product;
mod win_rows;
mod wins;

pub use counts::{Pairs, Row, count_pairs};
pub use curvature::table_curvature;
pub use described::{Description, Observation};
pub use kernels::{TableGradient, curvature_product, log_likelihood, table_gradient};
pub use residuals::{Residuals, residuals};
pub(crate) use rows::check_rows;
pub use sets::ChoiceSets;
pub(crate) use softmax::probabilities;
pub use win_derivatives::{WinDerivatives, win_derivatives};
pub use win_product::win_product;
pub use win_rows::WinRows;
pub use wins::{Wins, wins_by_winner};
