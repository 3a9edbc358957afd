//! Pairs of rows by their scores, without the matrix: all above a threshold, what they connect, or the best.
//!
//! One search shows pairs to a [`Collector`](collector::Collector), which says what counts. Of many rows estimates with a proven bound say which
//! pairs to look at; those of a small pool are all scored. Scores are exact to the rounding of float64 sums.

mod above;
mod collector;
mod copies;
mod groups;
mod screened;
mod top;
mod visit;

pub use above::pairs_above;
pub use collector::Pairs;
pub use groups::groups_above;
pub use top::top_pairs;
