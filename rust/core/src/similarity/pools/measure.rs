//! What rows are compared by.

/// What is compared when rows are compared one by one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// Cosine of the angle.
    Cosine,
    /// Squared Euclidean distance.
    SquaredDistance,
}
