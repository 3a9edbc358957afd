//! Products of all rows of one matrix with all rows of another, or with each other, in blocks that stay in registers.
//!
//! A [`Source`] brings rows into the form in which they are multiplied, an [`Arithmetic`] multiplies them, and a [`Visitor`]
//! takes the sums block by block while they are in the first cache. No product matrix is kept: who wants one writes it.
//! Goto and van de Geijn (2008), Anatomy of high-performance matrix multiplication, with the whole length of the rows in one
//! pass, so that every sum is visited once and complete.

mod arithmetic;
mod into;
mod pack;
mod tiles;

pub use arithmetic::{Arithmetic, Float32, Float64, Int8, Int16, IntoFloat};
pub use into::{Finish, product_into};
pub use pack::{Rows, Source};
pub use tiles::{Corner, Sides, Visitor, ranges, visit_products, visit_tiles};
