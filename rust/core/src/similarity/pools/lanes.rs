//! Products of a block of rows with a block of others, summed side by side in vectors.

use std::marker::PhantomData;

use crate::simd::Target;

/// The products of `M` rows with `N`; of a block on the diagonal only the lower triangle.
#[inline(always)]
pub fn products<
    V: Lanes<LENGTH>,
    const LENGTH: usize,
    const M: usize,
    const N: usize,
    const TRIANGLE: bool,
>(
    left: [&[V::Value]; M],
    right: [&[V::Value]; N],
) -> [[V::Value; N]; M] {
    let mut sums = [[V::zero(); N]; M];
    let length = left[0].len() / LENGTH;
    let (left_chunks, right_chunks) = (
        left.map(|row| &row.as_chunks::<LENGTH>().0[..length]),
        right.map(|row| &row.as_chunks::<LENGTH>().0[..length]),
    );
    for at in 0..length {
        add::<V, LENGTH, M, N, TRIANGLE>(
            left_chunks.map(|row| &row[at]),
            right_chunks.map(|row| &row[at]),
            &mut sums,
        );
    }
    if !left[0].len().is_multiple_of(LENGTH) {
        // Zeros beyond the end add nothing to any lane.
        let (left, right) = (
            left.map(padded::<V, LENGTH>),
            right.map(padded::<V, LENGTH>),
        );
        add::<V, LENGTH, M, N, TRIANGLE>(left.each_ref(), right.each_ref(), &mut sums);
    }
    let mut out = [[V::Value::default(); N]; M];
    for m in 0..M {
        for n in 0..if TRIANGLE { m + 1 } else { N } {
            out[m][n] = V::sum(sums[m][n]);
        }
    }
    out
}

#[inline(always)]
fn add<
    V: Lanes<LENGTH>,
    const LENGTH: usize,
    const M: usize,
    const N: usize,
    const TRIANGLE: bool,
>(
    left: [&[V::Value; LENGTH]; M],
    right: [&[V::Value; LENGTH]; N],
    sums: &mut [[V::Vector; N]; M],
) {
    let mut columns = [V::zero(); N];
    for n in 0..N {
        columns[n] = V::load(right[n]);
    }
    for m in 0..M {
        let row = V::load(left[m]);
        for n in 0..if TRIANGLE { m + 1 } else { N } {
            sums[m][n] = V::mul_add(row, columns[n], sums[m][n]);
        }
    }
}

#[inline(always)]
fn padded<V: Lanes<LENGTH>, const LENGTH: usize>(row: &[V::Value]) -> [V::Value; LENGTH] {
    let rest = row.as_chunks::<LENGTH>().1;
    let mut values = [V::Value::default(); LENGTH];
    values[..rest.len()].copy_from_slice(rest);
    values
}

/// Sums of products in a vector of `LENGTH` lanes.
pub trait Lanes<const LENGTH: usize> {
    type Value: Copy + Default;
    type Vector: Copy;
    fn zero() -> Self::Vector;
    fn load(values: &[Self::Value; LENGTH]) -> Self::Vector;
    fn sum(vector: Self::Vector) -> Self::Value;
    fn mul_add(a: Self::Vector, b: Self::Vector, c: Self::Vector) -> Self::Vector;
}

pub struct Floats16<T>(PhantomData<T>);

impl<T: Target> Lanes<16> for Floats16<T> {
    type Value = f32;
    type Vector = T::F32x16;

    #[inline(always)]
    fn zero() -> T::F32x16 {
        T::splat_f32x16(0.0)
    }

    #[inline(always)]
    fn load(values: &[f32; 16]) -> T::F32x16 {
        T::load_f32x16(values)
    }

    #[inline(always)]
    fn sum(vector: T::F32x16) -> f32 {
        T::sum_f32x16(vector)
    }

    #[inline(always)]
    fn mul_add(a: T::F32x16, b: T::F32x16, c: T::F32x16) -> T::F32x16 {
        T::mul_add_f32x16(a, b, c)
    }
}

pub struct Floats8<T>(PhantomData<T>);

impl<T: Target> Lanes<8> for Floats8<T> {
    type Value = f32;
    type Vector = T::F32x8;

    #[inline(always)]
    fn zero() -> T::F32x8 {
        T::splat_f32(0.0)
    }

    #[inline(always)]
    fn load(values: &[f32; 8]) -> T::F32x8 {
        T::load_f32(values)
    }

    #[inline(always)]
    fn sum(vector: T::F32x8) -> f32 {
        T::sum_f32(vector)
    }

    #[inline(always)]
    fn mul_add(a: T::F32x8, b: T::F32x8, c: T::F32x8) -> T::F32x8 {
        T::mul_add_f32(a, b, c)
    }
}

pub struct Doubles8<T>(PhantomData<T>);

impl<T: Target> Lanes<8> for Doubles8<T> {
    type Value = f64;
    type Vector = T::F64x8;

    #[inline(always)]
    fn zero() -> T::F64x8 {
        T::splat(0.0)
    }

    #[inline(always)]
    fn load(values: &[f64; 8]) -> T::F64x8 {
        T::load(values)
    }

    #[inline(always)]
    fn sum(vector: T::F64x8) -> f64 {
        T::sum(vector)
    }

    #[inline(always)]
    fn mul_add(a: T::F64x8, b: T::F64x8, c: T::F64x8) -> T::F64x8 {
        T::mul_add_x8(a, b, c)
    }
}
