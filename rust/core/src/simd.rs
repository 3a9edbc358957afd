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

/// What a loop may use of the instruction set that it is compiled for.
///
/// The implementations are private to this file and reach a loop only through [`vectorize`], which has seen that the
/// processor has what they need: that is what makes their functions safe to call.
pub trait Target {
    /// There are 32 vector registers, each of eight doubles.
    const WIDE: bool;

    /// Eight doubles, in registers.
    type F64x8: Copy;

    /// Eight times the same value.
    fn splat(value: f64) -> Self::F64x8;
    /// Eight doubles from memory.
    fn load(values: &[f64; 8]) -> Self::F64x8;
    /// Eight floats from memory, exactly.
    fn widen(values: &[f32; 8]) -> Self::F64x8;
    /// The values, in order.
    fn store(vector: Self::F64x8) -> [f64; 8];
    /// The values, rounded to floats.
    fn narrow(vector: Self::F64x8) -> [f32; 8];
    /// `a * b + c`, fused where the processor can.
    fn mul_add_x8(a: Self::F64x8, b: Self::F64x8, c: Self::F64x8) -> Self::F64x8;
    /// `a * b + c`, fused where that is one instruction; never the slow fused call of the C library.
    fn mul_add(a: f64, b: f64, c: f64) -> f64;

    /// Eight floats, in a register.
    type F32x8: Copy;

    /// Eight times the same float.
    fn splat_f32(value: f32) -> Self::F32x8;
    /// Eight floats from memory.
    fn load_f32(values: &[f32; 8]) -> Self::F32x8;
    /// The floats, in order.
    fn store_f32(vector: Self::F32x8) -> [f32; 8];
    /// `a * b + c` of floats, fused where the processor can.
    fn mul_add_f32(a: Self::F32x8, b: Self::F32x8, c: Self::F32x8) -> Self::F32x8;
}

struct Baseline;

impl Target for Baseline {
    const WIDE: bool = false;
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
    fn store_f32(vector: [f32; 8]) -> [f32; 8] {
        vector
    }

    #[inline(always)]
    fn mul_add_f32(a: [f32; 8], b: [f32; 8], c: [f32; 8]) -> [f32; 8] {
        std::array::from_fn(|lane| {
            if cfg!(target_arch = "aarch64") {
                a[lane].mul_add(b[lane], c[lane])
            } else {
                a[lane] * b[lane] + c[lane]
            }
        })
    }

    #[inline(always)]
    fn mul_add(a: f64, b: f64, c: f64) -> f64 {
        if cfg!(target_arch = "aarch64") {
            a.mul_add(b, c)
        } else {
            a * b + c
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{
        __m256, __m256d, __m512d, _mm_loadu_ps, _mm_storeu_ps, _mm256_cvtpd_ps, _mm256_cvtps_pd,
        _mm256_fmadd_pd, _mm256_fmadd_ps, _mm256_loadu_pd, _mm256_loadu_ps, _mm256_set1_pd,
        _mm256_set1_ps, _mm256_storeu_pd, _mm256_storeu_ps, _mm512_cvtpd_ps, _mm512_cvtps_pd,
        _mm512_fmadd_pd, _mm512_loadu_pd, _mm512_set1_pd, _mm512_storeu_pd,
    };

    use super::Target;

    pub(super) struct Avx2;

    // SAFETY of all that follows: `vectorize` names this type only on a processor with AVX2 and FMA, and the arrays that
    // are loaded and stored have the size of the vectors.
    impl Target for Avx2 {
        const WIDE: bool = false;
        type F64x8 = [__m256d; 2];

        #[inline(always)]
        fn splat(value: f64) -> [__m256d; 2] {
            // SAFETY: see above.
            [unsafe { _mm256_set1_pd(value) }; 2]
        }

        #[inline(always)]
        fn load(values: &[f64; 8]) -> [__m256d; 2] {
            // SAFETY: see above.
            unsafe {
                [
                    _mm256_loadu_pd(values.as_ptr()),
                    _mm256_loadu_pd(values[4..].as_ptr()),
                ]
            }
        }

        #[inline(always)]
        fn widen(values: &[f32; 8]) -> [__m256d; 2] {
            // SAFETY: see above.
            unsafe {
                [
                    _mm256_cvtps_pd(_mm_loadu_ps(values.as_ptr())),
                    _mm256_cvtps_pd(_mm_loadu_ps(values[4..].as_ptr())),
                ]
            }
        }

        #[inline(always)]
        fn store(vector: [__m256d; 2]) -> [f64; 8] {
            let mut values = [0.0; 8];
            // SAFETY: see above.
            unsafe {
                _mm256_storeu_pd(values.as_mut_ptr(), vector[0]);
                _mm256_storeu_pd(values[4..].as_mut_ptr(), vector[1]);
            }
            values
        }

        #[inline(always)]
        fn mul_add_x8(a: [__m256d; 2], b: [__m256d; 2], c: [__m256d; 2]) -> [__m256d; 2] {
            // SAFETY: see above.
            unsafe {
                [
                    _mm256_fmadd_pd(a[0], b[0], c[0]),
                    _mm256_fmadd_pd(a[1], b[1], c[1]),
                ]
            }
        }

        #[inline(always)]
        fn mul_add(a: f64, b: f64, c: f64) -> f64 {
            a.mul_add(b, c)
        }

        #[inline(always)]
        fn narrow(vector: [__m256d; 2]) -> [f32; 8] {
            let mut values = [0.0; 8];
            // SAFETY: see above.
            unsafe {
                _mm_storeu_ps(values.as_mut_ptr(), _mm256_cvtpd_ps(vector[0]));
                _mm_storeu_ps(values[4..].as_mut_ptr(), _mm256_cvtpd_ps(vector[1]));
            }
            values
        }

        type F32x8 = __m256;

        #[inline(always)]
        fn splat_f32(value: f32) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        fn load_f32(values: &[f32; 8]) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_loadu_ps(values.as_ptr()) }
        }

        #[inline(always)]
        fn store_f32(vector: __m256) -> [f32; 8] {
            let mut values = [0.0; 8];
            // SAFETY: see above.
            unsafe { _mm256_storeu_ps(values.as_mut_ptr(), vector) };
            values
        }

        #[inline(always)]
        fn mul_add_f32(a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
    }

    pub(super) struct Avx512;

    // SAFETY of all that follows: as for AVX2, with AVX-512F.
    impl Target for Avx512 {
        const WIDE: bool = true;
        type F64x8 = __m512d;

        #[inline(always)]
        fn splat(value: f64) -> __m512d {
            // SAFETY: see above.
            unsafe { _mm512_set1_pd(value) }
        }

        #[inline(always)]
        fn load(values: &[f64; 8]) -> __m512d {
            // SAFETY: see above.
            unsafe { _mm512_loadu_pd(values.as_ptr()) }
        }

        #[inline(always)]
        fn widen(values: &[f32; 8]) -> __m512d {
            // SAFETY: see above.
            unsafe { _mm512_cvtps_pd(_mm256_loadu_ps(values.as_ptr())) }
        }

        #[inline(always)]
        fn store(vector: __m512d) -> [f64; 8] {
            let mut values = [0.0; 8];
            // SAFETY: see above.
            unsafe { _mm512_storeu_pd(values.as_mut_ptr(), vector) };
            values
        }

        #[inline(always)]
        fn mul_add_x8(a: __m512d, b: __m512d, c: __m512d) -> __m512d {
            // SAFETY: see above.
            unsafe { _mm512_fmadd_pd(a, b, c) }
        }

        #[inline(always)]
        fn mul_add(a: f64, b: f64, c: f64) -> f64 {
            a.mul_add(b, c)
        }

        #[inline(always)]
        fn narrow(vector: __m512d) -> [f32; 8] {
            // SAFETY: see above.
            Self::store_f32(unsafe { _mm512_cvtpd_ps(vector) })
        }

        type F32x8 = __m256;

        #[inline(always)]
        fn splat_f32(value: f32) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_set1_ps(value) }
        }

        #[inline(always)]
        fn load_f32(values: &[f32; 8]) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_loadu_ps(values.as_ptr()) }
        }

        #[inline(always)]
        fn store_f32(vector: __m256) -> [f32; 8] {
            let mut values = [0.0; 8];
            // SAFETY: see above.
            unsafe { _mm256_storeu_ps(values.as_mut_ptr(), vector) };
            values
        }

        #[inline(always)]
        fn mul_add_f32(a: __m256, b: __m256, c: __m256) -> __m256 {
            // SAFETY: see above.
            unsafe { _mm256_fmadd_ps(a, b, c) }
        }
    }
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
            work.run::<x86::Avx512>()
        }
        #[target_feature(enable = "avx2,fma")]
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
