//! What every processor of the target offers: arrays, which the compiler turns into its vectors.

use std::ops::AddAssign;

use half::f16;

use super::target::Target;

pub struct Baseline;

impl Target for Baseline {
    const WIDE: bool = false;
    type Widening = Self;
    type F64x8 = [f64; 8];

    #[inline(always)]
    fn splat(value: f64) -> [f64; 8] {
        [value; 8]
    }

    #[inline(always)]
    fn load(values: &[f64; 8]) -> [f64; 8] {
        *values
    }

    #[inline(always)]
    fn widen(values: &[f32; 8]) -> [f64; 8] {
        values.map(f64::from)
    }

    #[inline(always)]
    fn store(vector: [f64; 8]) -> [f64; 8] {
        vector
    }

    #[inline(always)]
    fn mul_add_x8(a: [f64; 8], b: [f64; 8], c: [f64; 8]) -> [f64; 8] {
        std::array::from_fn(|lane| Self::mul_add(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn narrow(vector: [f64; 8]) -> [f32; 8] {
        vector.map(|value| value as f32)
    }

    #[inline(always)]
    fn sum(vector: [f64; 8]) -> f64 {
        sum(vector)
    }

    type F32x8 = [f32; 8];

    #[inline(always)]
    fn splat_f32(value: f32) -> [f32; 8] {
        [value; 8]
    }

    #[inline(always)]
    fn load_f32(values: &[f32; 8]) -> [f32; 8] {
        *values
    }

    #[inline(always)]
    fn floats_of_halves(values: &[f16; 8]) -> [f32; 8] {
        values.map(f16::to_f32)
    }

    #[inline(always)]
    fn store_f32(vector: [f32; 8]) -> [f32; 8] {
        vector
    }

    #[inline(always)]
    fn mul_add_f32(a: [f32; 8], b: [f32; 8], c: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|lane| mul_add_f32(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        if cfg!(target_arch = "aarch64") {
            a.mul_add(b, c)
        } else {
            a * b + c
        }
    }

    #[inline(always)]
    fn prefetch_to_write<S>(_: *const S) {}

    #[inline(always)]
    fn prefetch_to_read<S>(_: *const S) {}

    #[inline(always)]
    fn sum_f32(vector: [f32; 8]) -> f32 {
        sum(vector)
    }

    type F32x16 = [f32; 16];

    #[inline(always)]
    fn splat_f32x16(value: f32) -> [f32; 16] {
        [value; 16]
    }

    #[inline(always)]
    fn load_f32x16(values: &[f32; 16]) -> [f32; 16] {
        *values
    }

    #[inline(always)]
    fn store_f32x16(vector: [f32; 16], values: &mut [f32; 16]) {
        *values = vector;
    }

    #[inline(always)]
    fn mul_add_f32x16(a: [f32; 16], b: [f32; 16], c: [f32; 16]) -> [f32; 16] {
        std::array::from_fn(|lane| mul_add_f32(a[lane], b[lane], c[lane]))
    }

    #[inline(always)]
    fn sum_f32x16(vector: [f32; 16]) -> f32 {
        sum(vector)
    }
}

/// The upper half is added onto the lower until one is left.
#[inline(always)]
fn sum<V: Copy + AddAssign, const N: usize>(mut values: [V; N]) -> V {
    let mut half = N / 2;
    while half > 0 {
        for lane in 0..half {
            let upper = values[lane + half];
            values[lane] += upper;
        }
        half /= 2;
    }
    values[0]
}

/// Fused only where that is one instruction.
#[inline(always)]
fn mul_add_f32(a: f32, b: f32, c: f32) -> f32 {
    if cfg!(target_arch = "aarch64") {
        a.mul_add(b, c)
    } else {
        a * b + c
    }
}

/// The proof that the processor multiplies bytes four at a time; there is none here.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub enum Int8Dot {}

#[cfg(not(target_arch = "x86_64"))]
impl Int8Dot {
    /// Never.
    pub fn detect() -> Option<Self> {
        None
    }

    /// Cannot be called.
    pub fn multiply<const M: usize, const N: usize>(
        self,
        _: &[[[i8; 4]; M]],
        _: &[[[i8; 4]; N]],
        _: &[i32; N],
        _: &mut [[i32; N]; M],
    ) {
        match self {}
    }
}

/// No such processor: there is no value of this.
#[cfg(not(target_arch = "x86_64"))]
#[derive(Clone, Copy)]
pub enum Int16Dot {}

#[cfg(not(target_arch = "x86_64"))]
impl Int16Dot {
    /// Never.
    pub fn detect() -> Option<Self> {
        None
    }

    /// Cannot be called.
    pub fn multiply<const M: usize, const N: usize>(
        self,
        _: &[[[i16; 2]; M]],
        _: &[[[i16; 2]; N]],
        _: &mut [[i32; N]; M],
    ) {
        match self {}
    }
}
