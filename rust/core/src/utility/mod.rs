//! Where utilities come from.

mod linear;

pub use linear::linear_utility;
