//! The mathematics of prefmath: diverse selection, similarity and mixtures of choice models.
//!
//! Kernels take slices and numbers and return vectors; they know no default and no option name. Every public function
//! returns a [`Result`], none panics on its input, and none depends on the number of threads.

mod blocks;
mod dot;
mod error;
mod exponential;
mod keyed_sums;
mod matrix;
mod memory;
pub mod observation;
mod outer_products;
mod parallel;
pub mod population;
mod product;
mod row_parts;
pub mod selection;
pub mod simd;
pub mod similarity;
pub mod solve;
pub mod utility;

pub use error::{Error, Result};
pub use matrix::{Element, Matrix};
pub use parallel::{Reporter, Workers};
