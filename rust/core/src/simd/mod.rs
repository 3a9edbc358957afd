//! The instruction set, chosen once at run time, and the inner loops that are worth compiling for each.
//!
//! A loop is a value that implements [`Vectorized`]: plain Rust over slices, inlined into a function compiled for the
//! instruction set found. With the dense products this folder is the only place with `unsafe`.
#![allow(unsafe_code)]

mod portable;
#[cfg(target_arch = "x86_64")]
mod words;
#[cfg(target_arch = "x86_64")]
mod x86;

use std::sync::OnceLock;

use half::f16;

use portable::Baseline;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{Int8Dot, Int16Dot};
#[cfg(target_arch = "x86_64")]
pub(crate) use words::Int16Dot;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Int8Dot;

/// What the processor offers, as far as prefmath uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What the target promises: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    /// 256-bit vectors, fused multiply-add and 16-bit floats.
    Avx2,
    /// 512-bit vectors.
    Avx512,
}

impl InstructionSet {
    /// The name that `show_versions` prints and `PREFMATH_ISA` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Baseline => "baseline",
            Self::Avx2 => "avx2",
            Self::Avx512 => "avx512",
        }
    }
}

/// The instruction set in use: the best one found, or a lower one named by `PREFMATH_ISA`.
pub fn instruction_set() -> InstructionSet {
    static CHOSEN: OnceLock<InstructionSet> = OnceLock::new();
    *CHOSEN.get_or_init(|| {
        let best = detect();
        match std::env::var("PREFMATH_ISA").as_deref() {
            Ok("baseline") => InstructionSet::Baseline,
            Ok("avx2") => best.min(InstructionSet::Avx2),
            _ => best,
        }
    })
}

#[cfg(target_arch = "x86_64")]
fn detect() -> InstructionSet {
    let fma = is_x86_feature_detected!("avx2")
        && is_x86_feature_detected!("fma")
        && is_x86_feature_detected!("f16c");
    let wide = is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl");
    match (fma, wide) {
        (true, true) => InstructionSet::Avx512,
        (true, false) => InstructionSet::Avx2,
        _ => InstructionSet::Baseline,
    }
}

#[cfg(not(target_arch = "x86_64"))]
fn detect() -> InstructionSet {
    InstructionSet::Baseline
}

/// What a loop may use of the instruction set that it is compiled for.
///
/// The implementations are private to this file and reach a loop only through [`vectorize`], which has seen that the
/// processor has what they need: that is what makes their functions safe to call.
pub trait Target {
    /// There are 32 vector registers, each of eight doubles.
    const WIDE: bool;

    /// The vectors in which floats become doubles soonest: Zen 4 takes twice as long over one of 512 bits as over two of
    /// 256.
    type Widening: Target;

    /// Eight doubles, in registers.
    type F64x8: Copy;

    /// Eight times the same value.
    fn splat(value: f64) -> Self::F64x8;
    /// Eight doubles from memory.
    fn load(values: &[f64; 8]) -> Self::F64x8;
    /// Eight floats from memory, exactly.
    fn widen(values: &[f32; 8]) -> Self::F64x8;
    /// Eight times the upper half of a float, exactly.
    #[inline(always)]
    #[must_use]
    fn widen_upper_halves(values: &[u16; 8]) -> Self::F64x8 {
        let mut floats = [0.0; 8];
        for n in 0..8 {
            floats[n] = f32::from_bits(u32::from(values[n]) << 16);
        }
        Self::widen(&floats)
    }
    /// The values, in order.
    fn store(vector: Self::F64x8) -> [f64; 8];
    /// The values, rounded to floats.
    fn narrow(vector: Self::F64x8) -> [f32; 8];
    /// `a * b + c`, fused where the processor can.
    fn mul_add_x8(a: Self::F64x8, b: Self::F64x8, c: Self::F64x8) -> Self::F64x8;
    /// `a * b + c`, fused where that is one instruction; never the slow fused call of the C library.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;
    /// The sum of the values, the upper half added onto the lower until one is left.
    fn sum(vector: Self::F64x8) -> f64;

    /// The sum of each vector, as [`Target::sum`] takes it.
    #[inline(always)]
    fn sums(vectors: [Self::F64x8; 8]) -> [f64; 8] {
        let mut sums = [0.0; 8];
        for n in 0..8 {
            sums[n] = Self::sum(vectors[n]);
        }
        sums
    }

    /// Eight floats, in a register.
    type F32x8: Copy;

    /// Eight times the same float.
    fn splat_f32(value: f32) -> Self::F32x8;
    /// Eight floats from memory.
    fn load_f32(values: &[f32; 8]) -> Self::F32x8;
    /// Eight 16-bit floats as floats, exactly.
    fn floats_of_halves(values: &[f16; 8]) -> [f32; 8];
    /// The floats, in order.
    fn store_f32(vector: Self::F32x8) -> [f32; 8];
    /// `a * b + c` of floats, fused where the processor can.
    fn mul_add_f32(a: Self::F32x8, b: Self::F32x8, c: Self::F32x8) -> Self::F32x8;

    /// Asks for the line of the cache that holds `address`, to write to it soon; any address will do.
    fn prefetch_to_write<S>(address: *const S);
    /// Asks for the line in the second cache, to read it soon.
    fn prefetch_to_read<S>(address: *const S);
    /// The sum of the floats, the upper half added onto the lower until one is left.
    fn sum_f32(vector: Self::F32x8) -> f32;

    /// Sixteen floats, in registers.
    type F32x16: Copy;

    /// Sixteen times the same float.
    fn splat_f32x16(value: f32) -> Self::F32x16;
    /// Sixteen floats from memory.
    fn load_f32x16(values: &[f32; 16]) -> Self::F32x16;
    /// Sixteen floats to memory.
    fn store_f32x16(vector: Self::F32x16, values: &mut [f32; 16]);
    /// `a * b + c` of floats, fused where the processor can.
    fn mul_add_f32x16(a: Self::F32x16, b: Self::F32x16, c: Self::F32x16) -> Self::F32x16;
    /// The sum of the floats, the upper half added onto the lower until one is left.
    fn sum_f32x16(vector: Self::F32x16) -> f32;
}

/// A loop to compile for every instruction set. Mark `run`, and what it calls, `#[inline(always)]`.
pub trait Vectorized {
    /// What the loop returns.
    type Output;
    /// The loop.
    fn run<T: Target>(self) -> Self::Output;
}

/// Runs the loop as compiled for the instruction set in use.
#[inline]
pub fn vectorize<V: Vectorized>(work: V) -> V::Output {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma,f16c")]
        fn avx512<V: Vectorized>(work: V) -> V::Output {
            work.run::<x86::Avx512>()
        }
        #[target_feature(enable = "avx2,fma,f16c")]
        fn avx2<V: Vectorized>(work: V) -> V::Output {
            work.run::<x86::Avx2>()
        }
        match instruction_set() {
            // SAFETY: `detect` found every feature that the function is compiled with.
            InstructionSet::Avx512 => return unsafe { avx512(work) },
            // SAFETY: as above.
            InstructionSet::Avx2 => return unsafe { avx2(work) },
            InstructionSet::Baseline => {}
        }
    }
    work.run::<Baseline>()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sums([[f64; 8]; 8]);

    impl Vectorized for Sums {
        type Output = ([f64; 8], [f64; 8]);

        #[inline(always)]
        fn run<T: Target>(self) -> Self::Output {
            let mut vectors = [T::splat(0.0); 8];
            let mut one_by_one = [0.0; 8];
            for n in 0..8 {
                vectors[n] = T::load(&self.0[n]);
                one_by_one[n] = T::sum(vectors[n]);
            }
            (T::sums(vectors), one_by_one)
        }
    }

    #[test]
    fn eight_sums_have_the_bits_of_each() {
        for seed in 0..100 {
            let value = |n: usize, lane: usize| (((n * 8 + lane) * 37 + seed * 11) % 101) as f64;
            let vectors = std::array::from_fn(|n| {
                std::array::from_fn(|lane| (value(n, lane) - 50.0).powi(3) / 7.0)
            });
            let (together, one_by_one) = vectorize(Sums(vectors));
            assert_eq!(together, one_by_one);
        }
    }
}
