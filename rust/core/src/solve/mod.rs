//! Solvers for the M-step.

mod newton;

pub use newton::newton_direction;
