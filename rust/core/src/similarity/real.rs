//! What similarities are computed in and given as: float32, or float64 for float64 embeddings.

use std::ops::{Add, Mul, Sub};

use super::pools::small_product::Small;
use crate::matrix::Element;
use crate::product::{Arithmetic, Float32, Float64};
use crate::simd::Target;

/// float32 or float64, computed with.
pub trait Real:
    Small
    + PartialOrd
    + Add<Output = Self>
    + Sub<Output = Self>
    + Mul<Output = Self>
    + Send
    + Sync
    + 'static
{
    /// How rows of such values are multiplied.
    type Arithmetic: Arithmetic<Packed = Self, Sum = Self>;
    /// How rows of such values are multiplied.
    const ARITHMETIC: Self::Arithmetic;
    /// The name of the type in NumPy.
    const NAME: &'static str;
    /// The largest finite value.
    const LARGEST: f64;
    /// Rounded.
    fn from_f64(value: f64) -> Self;
    /// Exactly.
    fn to_f64(self) -> f64;
    /// Eight values, rounded.
    fn from_vector<T: Target>(vector: T::F64x8) -> [Self; 8];
    /// The square root, rounded.
    #[must_use]
    fn square_root(self) -> Self;
    /// The nearest value within [-1, 1].
    #[must_use]
    fn within_one(self) -> Self;
    /// Without its sign.
    #[must_use]
    fn absolute(self) -> Self;
    /// The angle of a cosine within [-1, 1], to the precision of the type.
    #[must_use]
    fn arc_cosine(self) -> Self;
}

impl Real for f32 {
    type Arithmetic = Float32;
    const ARITHMETIC: Float32 = Float32;
    const NAME: &'static str = "float32";
    const LARGEST: f64 = f32::MAX as f64;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value as f32
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn from_vector<T: Target>(vector: T::F64x8) -> [f32; 8] {
        T::narrow(vector)
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    #[allow(clippy::manual_clamp)] // whose branches do not become vector instructions
    fn within_one(self) -> Self {
        self.max(-1.0).min(1.0)
    }

    #[inline(always)]
    fn absolute(self) -> Self {
        self.abs()
    }

    /// Abramowitz and Stegun (1964), 4.4.46: √(1 − x) times a polynomial, to 2e-8.
    #[inline(always)]
    fn arc_cosine(self) -> Self {
        let x = self.abs();
        let mut sum = ARC_COSINE[0];
        for coefficient in &ARC_COSINE[1..] {
            sum = sum * x + coefficient;
        }
        let angle = (1.0 - x).sqrt() * sum;
        if self < 0.0 {
            std::f32::consts::PI - angle
        } else {
            angle
        }
    }
}

/// From x⁷ down, as printed.
#[allow(clippy::excessive_precision)]
const ARC_COSINE: [f32; 8] = [
    -0.001_262_491_1,
    0.006_670_090_1,
    -0.017_088_125_6,
    0.030_891_881_0,
    -0.050_174_304_6,
    0.088_978_987_4,
    -0.214_598_801_6,
    1.570_796_305_0,
];

impl Real for f64 {
    type Arithmetic = Float64;
    const ARITHMETIC: Float64 = Float64;
    const NAME: &'static str = "float64";
    const LARGEST: f64 = f64::MAX;

    #[inline(always)]
    fn from_f64(value: f64) -> Self {
        value
    }

    #[inline(always)]
    fn to_f64(self) -> f64 {
        self
    }

    #[inline(always)]
    fn from_vector<T: Target>(vector: T::F64x8) -> [f64; 8] {
        T::store(vector)
    }

    #[inline(always)]
    fn square_root(self) -> Self {
        self.sqrt()
    }

    #[inline(always)]
    #[allow(clippy::manual_clamp)] // whose branches do not become vector instructions
    fn within_one(self) -> Self {
        self.max(-1.0).min(1.0)
    }

    #[inline(always)]
    fn absolute(self) -> Self {
        self.abs()
    }

    #[inline(always)]
    fn arc_cosine(self) -> Self {
        self.acos()
    }
}

/// What a row of embeddings may hold, and what its similarities are computed in.
pub trait Embedding: Element {
    /// float64 for float64, else float32.
    type Real: Real;

    /// The rows themselves, where they need not be converted to be computed with.
    #[must_use]
    fn as_reals(_: &[Self]) -> Option<&[Self::Real]> {
        None
    }

    /// Eight values as they are computed with.
    #[inline(always)]
    fn reals_x8<T: Target>(values: &[Self; 8]) -> [Self::Real; 8] {
        Self::Real::from_vector::<T>(Self::widen_x8::<T>(values))
    }
}

impl Embedding for f32 {
    type Real = f32;

    fn as_reals(rows: &[f32]) -> Option<&[f32]> {
        Some(rows)
    }
}

impl Embedding for f64 {
    type Real = f64;

    fn as_reals(rows: &[f64]) -> Option<&[f64]> {
        Some(rows)
    }
}

impl Embedding for half::f16 {
    type Real = f32;

    #[inline(always)]
    fn reals_x8<T: Target>(values: &[Self; 8]) -> [f32; 8] {
        T::floats_of_halves(values)
    }
}

impl Embedding for half::bf16 {
    type Real = f32;

    #[inline(always)]
    fn reals_x8<T: Target>(values: &[Self; 8]) -> [f32; 8] {
        values.map(|value| f32::from_bits(u32::from(value.to_bits()) << 16))
    }
}

impl Embedding for i8 {
    type Real = f32;

    #[inline(always)]
    fn reals_x8<T: Target>(values: &[Self; 8]) -> [f32; 8] {
        values.map(f32::from)
    }
}
