//! The instruction set, chosen once at run time, and the inner loops that are worth compiling for each.
//!
//! A loop is a value that implements [`Vectorized`]: plain Rust over slices, inlined into a function compiled for the
//! instruction set found. With the dense products this folder is the only place with `unsafe`.
#![allow(unsafe_code)]

mod instruction_set;
mod portable;
mod target;
#[cfg(target_arch = "x86_64")]
mod words;
#[cfg(target_arch = "x86_64")]
mod x86;

use portable::Baseline;

pub use instruction_set::{InstructionSet, instruction_set};
pub use target::Target;

#[cfg(not(target_arch = "x86_64"))]
pub(crate) use portable::{Int8Dot, Int16Dot};
#[cfg(target_arch = "x86_64")]
pub(crate) use words::Int16Dot;
#[cfg(target_arch = "x86_64")]
pub(crate) use x86::Int8Dot;

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
