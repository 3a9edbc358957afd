//! The similarities and distances of which matrices are computed.

/// What is computed of two rows.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Metric {
    /// Cosine of the angle, within [-1, 1].
    Cosine,
    /// Dot product.
    Dot,
    /// The angle as a share of half a turn, within [0, 1].
    Angular,
    /// Euclidean distance.
    Euclidean,
    /// Squared Euclidean distance.
    SquaredEuclidean,
    /// exp(−γ d²), d the Euclidean distance.
    Rbf {
        /// The factor γ.
        gamma: f64,
    },
}
