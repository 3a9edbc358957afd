//! The score of one pair of rows, exact but for the rounding of float64 sums.
//!
//! Sums run in the lane order of `dot.rs`. Where a product or a difference is rounded, multiplication and addition are
//! rounded one after the other, never fused, so that every instruction set and the numba twin give the same bits.

use crate::dot::{LANES, sum_lanes};
use crate::matrix::Element;
use crate::simd::Target;

/// What is compared, in float64; angles, distances and kernels that follow from one of these are made of them in Python.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Score {
    /// Cosine of the angle, within [-1, 1].
    Cosine,
    /// Dot product.
    Dot,
    /// Squared Euclidean distance.
    SquaredDistance,
}

impl Score {
    /// The score, or its opposite, so that more is better.
    pub(crate) fn rising(self, score: f64) -> f64 {
        match self {
            Self::Cosine | Self::Dot => score,
            Self::SquaredDistance => -score,
        }
    }

    /// The score of which that is the rising one.
    pub(crate) fn given(self, rising: f64) -> f64 {
        self.rising(rising)
    }
}

/// The score of two rows, given their squared norms where it is a cosine.
#[inline(always)]
pub(crate) fn score<T: Target, E: Element>(
    kind: Score,
    left: &[E],
    right: &[E],
    squared_norms: (f64, f64),
) -> f64 {
    match kind {
        Score::Cosine => cosine(dot::<T, E>(left, right), squared_norms),
        Score::Dot => dot::<T, E>(left, right),
        Score::SquaredDistance => squared_distance::<T, E, E>(left, right),
    }
}

/// Of two equal rows exactly one: the square root of a square is exact.
#[inline(always)]
fn cosine(dot: f64, squared_norms: (f64, f64)) -> f64 {
    (dot / (squared_norms.0 * squared_norms.1).sqrt()).clamp(-1.0, 1.0)
}

/// The dot product.
#[inline(always)]
pub(crate) fn dot<T: Target, E: Element>(left: &[E], right: &[E]) -> f64 {
    sum::<T, E, E>(left, right, |x, y, sum| {
        if E::EXACT_PRODUCTS {
            T::mul_add_x8(x, y, sum)
        } else {
            add::<T>(multiply::<T>(x, y), sum)
        }
    })
}

/// The squared Euclidean distance, from the differences: nothing cancels, however close the rows are.
#[inline(always)]
pub(crate) fn squared_distance<T: Target, L: Element, R: Element>(left: &[L], right: &[R]) -> f64 {
    sum::<T, L, R>(left, right, |x, y, sum| {
        let difference = T::mul_add_x8(T::splat(-1.0), y, x);
        add::<T>(multiply::<T>(difference, difference), sum)
    })
}

/// The squared distance of the rows from each other after each has been multiplied by its factor.
#[inline(always)]
pub(crate) fn scaled_squared_distance<T: Target, E: Element>(
    left: &[E],
    right: &[E],
    factors: (f64, f64),
) -> f64 {
    let (of_left, of_right) = (T::splat(factors.0), T::splat(-factors.1));
    sum::<T, E, E>(left, right, |x, y, sum| {
        let difference = add::<T>(multiply::<T>(x, of_left), multiply::<T>(y, of_right));
        add::<T>(multiply::<T>(difference, difference), sum)
    })
}

/// Rounded as a product alone: adding nothing rounds no further.
#[inline(always)]
fn multiply<T: Target>(x: T::F64x8, y: T::F64x8) -> T::F64x8 {
    T::mul_add_x8(x, y, T::splat(0.0))
}

#[inline(always)]
fn add<T: Target>(x: T::F64x8, y: T::F64x8) -> T::F64x8 {
    T::mul_add_x8(T::splat(1.0), x, y)
}

#[inline(always)]
fn sum<T: Target, L: Element, R: Element>(
    left: &[L],
    right: &[R],
    step: impl Fn(T::F64x8, T::F64x8, T::F64x8) -> T::F64x8,
) -> f64 {
    let mut sums = [T::splat(0.0); 2];
    let (left_chunks, left_rest) = left.as_chunks::<LANES>();
    let (right_chunks, right_rest) = right.as_chunks::<LANES>();
    for (left, right) in left_chunks.iter().zip(right_chunks) {
        chunk::<T, L, R>(left, right, &mut sums, &step);
    }
    if !left_rest.is_empty() {
        // Zeros beyond the end add nothing to any lane.
        chunk::<T, L, R>(&padded(left_rest), &padded(right_rest), &mut sums, &step);
    }
    sum_lanes::<T>(sums)
}

#[inline(always)]
fn chunk<T: Target, L: Element, R: Element>(
    left: &[L; LANES],
    right: &[R; LANES],
    sums: &mut [T::F64x8; 2],
    step: &impl Fn(T::F64x8, T::F64x8, T::F64x8) -> T::F64x8,
) {
    let ((left, _), (right, _)) = (left.as_chunks::<8>(), right.as_chunks::<8>());
    for half in 0..2 {
        let (x, y) = (
            L::widen_x8::<T>(&left[half]),
            R::widen_x8::<T>(&right[half]),
        );
        sums[half] = step(x, y, sums[half]);
    }
}

#[inline(always)]
fn padded<E: Element>(rest: &[E]) -> [E; LANES] {
    let mut values = [E::default(); LANES];
    values[..rest.len()].copy_from_slice(rest);
    values
}
