//! What rows gain from a candidate under the objectives that cover the pool, and the order in which it is summed.

use super::{facility_location, saturated_coverage};
use crate::selection::method::Method;

const LANES: usize = 8;

/// What a row gains from a candidate of some similarity.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Term {
    /// What exceeds the similarity that it has to a chosen one.
    Excess,
    /// What fits into its room.
    Fitting,
    /// The similarity, or nothing where it is negative.
    Positive,
}

impl Term {
    pub(crate) fn of(method: Method) -> Self {
        if method == Method::SaturatedCoverage {
            Self::Fitting
        } else {
            Self::Excess
        }
    }

    /// Takes in that a row of some similarity was chosen.
    #[inline(always)]
    pub(crate) fn take_in(self, similarity: f64, room: &mut f64) {
        if self == Self::Fitting {
            saturated_coverage::take_in(similarity, room);
        } else {
            facility_location::take_in(similarity, room);
        }
    }

    #[inline(always)]
    pub(crate) fn value(self, similarity: f64, room: f64) -> f64 {
        match self {
            Self::Excess => facility_location::term(similarity, room),
            Self::Fitting => saturated_coverage::term(similarity, room),
            Self::Positive => facility_location::term(similarity, 0.0),
        }
    }
}

/// The room of a row before any candidate is chosen, but under saturated coverage.
pub(crate) fn room_at_first(method: Method) -> f64 {
    // Before the first medoid every row is as far from one as can be.
    if method == Method::KMedoids {
        -1.0
    } else {
        0.0
    }
}

/// The sum of a term of two values, place by place, in lanes of which the upper half is added onto the lower.
#[inline(always)]
pub(crate) fn sum_in_lanes(left: &[f64], right: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut lanes = [0.0; LANES];
    let (left, left_rest) = left.as_chunks::<LANES>();
    let (right, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left.iter().zip(right) {
        for lane in 0..LANES {
            lanes[lane] += term(left[lane], right[lane]);
        }
    }
    for (lane, (&left, &right)) in left_rest.iter().zip(right_rest).enumerate() {
        lanes[lane] += term(left, right);
    }
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
