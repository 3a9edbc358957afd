//! How packed rows are multiplied: the micro-kernels.

use crate::error::Result;
use crate::simd::{Int8Dot, Int16Dot, Target};

/// Work that is done in blocks of `M` rows by `N` columns.
pub trait Blocked {
    /// In blocks of `M` by `N`.
    ///
    /// # Errors
    /// Those of the work.
    fn run<T: Target, const M: usize, const N: usize>(&mut self) -> Result<()>;
}

/// Multiplies `M` packed rows with `N` others, whose sums fit into the registers.
pub trait Arithmetic: Copy + Send + Sync {
    /// What is packed: one value of a row, or several that are multiplied by one instruction.
    type Packed: Copy + Default + Send + Sync;
    /// What products are summed in.
    type Sum: Copy + Default + Send + Sync;

    /// Runs the work with the block size that suits the registers of `T`.
    ///
    /// # Errors
    /// Those of the work.
    fn run_in_blocks<T: Target>(work: &mut impl Blocked) -> Result<()>;

    /// What a value of the left side is packed as.
    #[inline(always)]
    fn left(value: Self::Packed) -> Self::Packed {
        value
    }

    /// Where the sums with this row of the right side start.
    #[inline(always)]
    fn start(_row: &[Self::Packed]) -> Self::Sum {
        Self::Sum::default()
    }

    /// Writes the product of every two rows.
    fn multiply<T: Target, const M: usize, const N: usize>(
        self,
        left: &[[Self::Packed; M]],
        right: &[[Self::Packed; N]],
        start: &[Self::Sum; N],
        sums: &mut [[Self::Sum; N]; M],
    );
}

/// Floats, summed as floats.
#[derive(Clone, Copy)]
pub struct Float32;

impl Arithmetic for Float32 {
    type Packed = f32;
    type Sum = f32;

    #[inline(always)]
    fn run_in_blocks<T: Target>(work: &mut impl Blocked) -> Result<()> {
        // 24 sums, two values of the right side and one of the left in 32 registers; 12 sums of two registers in 16.
        if T::WIDE {
            work.run::<T, 12, 32>()
        } else {
            work.run::<T, 6, 16>()
        }
    }

    #[inline(always)]
    fn multiply<T: Target, const M: usize, const N: usize>(
        self,
        left: &[[f32; M]],
        right: &[[f32; N]],
        _: &[f32; N],
        sums: &mut [[f32; N]; M],
    ) {
        if N == 32 {
            floats::<T, M, N, 2>(left, right, sums);
        } else {
            floats::<T, M, N, 1>(left, right, sums);
        }
    }
}

/// `N` is sixteen times `V`.
#[inline(always)]
fn floats<T: Target, const M: usize, const N: usize, const V: usize>(
    left: &[[f32; M]],
    right: &[[f32; N]],
    out: &mut [[f32; N]; M],
) {
    let mut sums = [[T::splat_f32x16(0.0); V]; M];
    for (left, right) in left.iter().zip(right) {
        let (right, _) = right.as_chunks();
        let mut columns = [T::splat_f32x16(0.0); V];
        for v in 0..V {
            columns[v] = T::load_f32x16(&right[v]);
        }
        for m in 0..M {
            let row = T::splat_f32x16(left[m]);
            for v in 0..V {
                sums[m][v] = T::mul_add_f32x16(row, columns[v], sums[m][v]);
            }
        }
    }
    for m in 0..M {
        let (row, _) = out[m].as_chunks_mut();
        for v in 0..V {
            T::store_f32x16(sums[m][v], &mut row[v]);
        }
    }
}

/// Doubles, summed as doubles.
#[derive(Clone, Copy)]
pub struct Float64;

impl Arithmetic for Float64 {
    type Packed = f64;
    type Sum = f64;

    #[inline(always)]
    fn run_in_blocks<T: Target>(work: &mut impl Blocked) -> Result<()> {
        if T::WIDE {
            work.run::<T, 12, 16>()
        } else {
            work.run::<T, 6, 8>()
        }
    }

    #[inline(always)]
    fn multiply<T: Target, const M: usize, const N: usize>(
        self,
        left: &[[f64; M]],
        right: &[[f64; N]],
        _: &[f64; N],
        sums: &mut [[f64; N]; M],
    ) {
        if N == 16 {
            doubles::<T, M, N, 2>(left, right, sums);
        } else {
            doubles::<T, M, N, 1>(left, right, sums);
        }
    }
}

/// `N` is eight times `V`.
#[inline(always)]
fn doubles<T: Target, const M: usize, const N: usize, const V: usize>(
    left: &[[f64; M]],
    right: &[[f64; N]],
    out: &mut [[f64; N]; M],
) {
    let mut sums = [[T::splat(0.0); V]; M];
    for (left, right) in left.iter().zip(right) {
        let (right, _) = right.as_chunks();
        let mut columns = [T::splat(0.0); V];
        for v in 0..V {
            columns[v] = T::load(&right[v]);
        }
        for m in 0..M {
            let row = T::splat(left[m]);
            for v in 0..V {
                sums[m][v] = T::mul_add_x8(row, columns[v], sums[m][v]);
            }
        }
    }
    for m in 0..M {
        let (row, _) = out[m].as_chunks_mut();
        for v in 0..V {
            row[v] = T::store(sums[m][v]);
        }
    }
}

/// Signed bytes, four columns at a time, summed exactly.
#[derive(Clone, Copy)]
pub struct Int8(pub Int8Dot);

impl Arithmetic for Int8 {
    type Packed = [i8; 4];
    type Sum = i32;

    #[inline(always)]
    fn run_in_blocks<T: Target>(work: &mut impl Blocked) -> Result<()> {
        work.run::<T, 12, 32>()
    }

    /// The instruction wants one side without a sign: 128 more, which `start` takes away again.
    #[inline(always)]
    fn left(value: [i8; 4]) -> [i8; 4] {
        value.map(|byte| byte ^ i8::MIN)
    }

    #[inline(always)]
    fn start(row: &[[i8; 4]]) -> i32 {
        let sum: i32 = row.as_flattened().iter().map(|&byte| i32::from(byte)).sum();
        -128 * sum
    }

    #[inline(always)]
    fn multiply<T: Target, const M: usize, const N: usize>(
        self,
        left: &[[[i8; 4]; M]],
        right: &[[[i8; 4]; N]],
        start: &[i32; N],
        sums: &mut [[i32; N]; M],
    ) {
        self.0.multiply(left, right, start, sums);
    }
}

/// Signed 16-bit integers, two columns at a time; the caller sees to it that no sum needs more than 32 bits.
#[derive(Clone, Copy)]
pub struct Int16(pub Int16Dot);

impl Arithmetic for Int16 {
    type Packed = [i16; 2];
    type Sum = i32;

    #[inline(always)]
    fn run_in_blocks<T: Target>(work: &mut impl Blocked) -> Result<()> {
        work.run::<T, 12, 32>()
    }

    #[inline(always)]
    fn multiply<T: Target, const M: usize, const N: usize>(
        self,
        left: &[[[i16; 2]; M]],
        right: &[[[i16; 2]; N]],
        _: &[i32; N],
        sums: &mut [[i32; N]; M],
    ) {
        self.0.multiply(left, right, sums);
    }
}

/// A sum of products as a float; bytes in rows of more than a thousand columns round.
pub trait IntoFloat {
    /// The sum.
    fn float(self) -> f32;
}

impl IntoFloat for i32 {
    #[inline(always)]
    fn float(self) -> f32 {
        self as f32
    }
}

impl IntoFloat for f32 {
    #[inline(always)]
    fn float(self) -> f32 {
        self
    }
}
