//! Objectives over pairs: bounds on scores that only fall, of which few are computed anew.

mod bounds;
pub(crate) mod lazy;
mod recompute;
mod screen;
