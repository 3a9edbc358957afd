//! Random sets whose members differ.

mod basis;
mod chain;
pub(super) mod dpp;
