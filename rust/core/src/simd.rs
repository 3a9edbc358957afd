//! The instruction set, chosen once at run time, and the inner loops that are worth compiling for each.
//!
//! A loop is a value that implements [`Vectorized`]: plain Rust over slices, inlined into a function compiled for the
//! instruction set found. With `gemm.rs` this is the only file with `unsafe`.
#![allow(unsafe_code)]

use std::sync::OnceLock;

/// What the processor offers, as far as prefmath uses it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum InstructionSet {
    /// What the target promises: SSE2 on x86-64, NEON on aarch64.
    Baseline,
    /// 256-bit vectors and fused multiply-add.
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
    let fma = is_x86_feature_detected!("avx2") && is_x86_feature_detected!("fma");
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

/// What a loop may know of the instruction set that it is compiled for.
pub trait Target {
    /// Multiplication and addition in one rounding cost one instruction.
    const FMA: bool;
    /// There are 32 vector registers, each of eight doubles.
    const WIDE: bool;

    /// `a * b + c`, fused where that is one instruction; never the slow fused call of the C library.
    #[inline(always)]
    #[must_use]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        if Self::FMA {
            a.mul_add(b, c)
        } else {
            a * b + c
        }
    }
}

struct Baseline;
impl Target for Baseline {
    const FMA: bool = cfg!(target_arch = "aarch64");
    const WIDE: bool = false;
}

struct Avx2;
impl Target for Avx2 {
    const FMA: bool = true;
    const WIDE: bool = false;
}

struct Avx512;
impl Target for Avx512 {
    const FMA: bool = true;
    const WIDE: bool = true;
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
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx2,fma")]
        fn avx512<V: Vectorized>(work: V) -> V::Output {
            work.run::<Avx512>()
        }
        #[target_feature(enable = "avx2,fma")]
        fn avx2<V: Vectorized>(work: V) -> V::Output {
            work.run::<Avx2>()
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
