//! AVX2 and AVX-512.
#![allow(unsafe_code)]

use std::arch::x86_64::{
    __m256, __m256d, __m512, __m512d, _MM_HINT_ET0, _MM_HINT_T1, _mm_add_pd, _mm_add_ps,
    _mm_add_sd, _mm_add_ss, _mm_cvtsd_f64, _mm_cvtss_f32, _mm_loadu_ps, _mm_loadu_si128,
    _mm_movehdup_ps, _mm_movehl_ps, _mm_prefetch, _mm_storeu_ps, _mm_unpackhi_pd, _mm256_add_pd,
    _mm256_add_ps, _mm256_castpd256_pd128, _mm256_castps256_ps128, _mm256_castsi256_ps,
    _mm256_cvtepu16_epi32, _mm256_cvtpd_ps, _mm256_cvtph_ps, _mm256_cvtps_pd,
    _mm256_extractf128_pd, _mm256_extractf128_ps, _mm256_fmadd_pd, _mm256_fmadd_ps,
    _mm256_loadu_pd, _mm256_loadu_ps, _mm256_set1_pd, _mm256_set1_ps, _mm256_slli_epi32,
    _mm256_storeu_pd, _mm256_storeu_ps, _mm512_add_epi32, _mm512_add_pd, _mm512_castpd512_pd256,
    _mm512_castps512_ps256, _mm512_cvtpd_ps, _mm512_cvtps_pd, _mm512_dpbusd_epi32,
    _mm512_extractf32x8_ps, _mm512_extractf64x4_pd, _mm512_fmadd_pd, _mm512_fmadd_ps,
    _mm512_loadu_pd, _mm512_loadu_ps, _mm512_loadu_si512, _mm512_mask_blend_pd,
    _mm512_permutex2var_pd, _mm512_set1_epi32, _mm512_set1_pd, _mm512_set1_ps, _mm512_setr_epi64,
    _mm512_shuffle_f64x2, _mm512_shuffle_pd, _mm512_storeu_pd, _mm512_storeu_ps,
    _mm512_storeu_si512,
};

use half::f16;

use super::instruction_set::{InstructionSet, instruction_set};
use super::target::Target;

pub struct Avx2;

// SAFETY of all that follows: `vectorize` names this type only on a processor with AVX2, FMA and F16C, and the arrays that
// are loaded and stored have the size of the vectors.
impl Target for Avx2 {
    const WIDE: bool = false;
    type Widening = Self;
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
    fn widen_upper_halves(values: &[u16; 8]) -> [__m256d; 2] {
        // SAFETY: see above.
        let floats = unsafe {
            let halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(values.as_ptr().cast()));
            _mm256_castsi256_ps(_mm256_slli_epi32::<16>(halves))
        };
        // SAFETY: see above.
        unsafe {
            [
                _mm256_cvtps_pd(_mm256_castps256_ps128(floats)),
                _mm256_cvtps_pd(_mm256_extractf128_ps::<1>(floats)),
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

    #[inline(always)]
    fn sum(vector: [__m256d; 2]) -> f64 {
        // SAFETY: see above.
        unsafe {
            let half = _mm256_add_pd(vector[0], vector[1]);
            let quarter = _mm_add_pd(_mm256_castpd256_pd128(half), _mm256_extractf128_pd(half, 1));
            _mm_cvtsd_f64(_mm_add_sd(quarter, _mm_unpackhi_pd(quarter, quarter)))
        }
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
    fn floats_of_halves(values: &[f16; 8]) -> [f32; 8] {
        // SAFETY: see above.
        Self::store_f32(unsafe { _mm256_cvtph_ps(_mm_loadu_si128(values.as_ptr().cast())) })
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

    #[inline(always)]
    fn prefetch_to_write<S>(address: *const S) {
        // SAFETY: a prefetch of whatever address reads nothing; where it is not known it does nothing.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(address.cast()) };
    }

    #[inline(always)]
    fn prefetch_to_read<S>(address: *const S) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
    }

    #[inline(always)]
    fn sum_f32(vector: __m256) -> f32 {
        // SAFETY: see above.
        unsafe {
            let half = _mm_add_ps(
                _mm256_castps256_ps128(vector),
                _mm256_extractf128_ps(vector, 1),
            );
            let quarter = _mm_add_ps(half, _mm_movehl_ps(half, half));
            _mm_cvtss_f32(_mm_add_ss(quarter, _mm_movehdup_ps(quarter)))
        }
    }

    type F32x16 = [__m256; 2];

    #[inline(always)]
    fn splat_f32x16(value: f32) -> [__m256; 2] {
        [Self::splat_f32(value); 2]
    }

    #[inline(always)]
    fn load_f32x16(values: &[f32; 16]) -> [__m256; 2] {
        // SAFETY: see above.
        unsafe {
            [
                _mm256_loadu_ps(values.as_ptr()),
                _mm256_loadu_ps(values[8..].as_ptr()),
            ]
        }
    }

    #[inline(always)]
    fn store_f32x16(vector: [__m256; 2], values: &mut [f32; 16]) {
        // SAFETY: see above.
        unsafe {
            _mm256_storeu_ps(values.as_mut_ptr(), vector[0]);
            _mm256_storeu_ps(values[8..].as_mut_ptr(), vector[1]);
        }
    }

    #[inline(always)]
    fn mul_add_f32x16(a: [__m256; 2], b: [__m256; 2], c: [__m256; 2]) -> [__m256; 2] {
        [
            Self::mul_add_f32(a[0], b[0], c[0]),
            Self::mul_add_f32(a[1], b[1], c[1]),
        ]
    }

    #[inline(always)]
    fn sum_f32x16(vector: [__m256; 2]) -> f32 {
        // SAFETY: see above.
        Self::sum_f32(unsafe { _mm256_add_ps(vector[0], vector[1]) })
    }
}

pub struct Avx512;

// SAFETY of all that follows: as for AVX2, with AVX-512F.
impl Target for Avx512 {
    const WIDE: bool = true;
    type Widening = Avx2;
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
    fn widen_upper_halves(values: &[u16; 8]) -> __m512d {
        // SAFETY: see above.
        unsafe {
            let halves = _mm256_cvtepu16_epi32(_mm_loadu_si128(values.as_ptr().cast()));
            _mm512_cvtps_pd(_mm256_castsi256_ps(_mm256_slli_epi32::<16>(halves)))
        }
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

    #[inline(always)]
    fn sum(vector: __m512d) -> f64 {
        // SAFETY: see above.
        Avx2::sum(unsafe {
            [
                _mm512_castpd512_pd256(vector),
                _mm512_extractf64x4_pd(vector, 1),
            ]
        })
    }

    /// Halves of two vectors are added at a time, then quarters of four, then neighbours of eight: what stays where it is
    /// is blended, which takes any port, and only what changes places is shuffled.
    #[inline(always)]
    fn sums(vectors: [__m512d; 8]) -> [f64; 8] {
        // Neighbours come from the two vectors that stand side by side in the end.
        let [a, b, c, d, e, f, g, h] = vectors;
        // SAFETY: see above.
        let sums = unsafe {
            // The upper half of x and the lower of y change places.
            let halves = |x, y| {
                let there = _mm512_mask_blend_pd(0xf0, x, y);
                _mm512_add_pd(there, _mm512_shuffle_f64x2::<0x4e>(x, y))
            };
            let crossed = _mm512_setr_epi64(2, 3, 8, 9, 6, 7, 12, 13);
            let quarters = |x, y| {
                let there = _mm512_mask_blend_pd(0xcc, x, y);
                _mm512_add_pd(there, _mm512_permutex2var_pd(x, crossed, y))
            };
            let (one, two) = (
                quarters(halves(a, e), halves(c, g)),
                quarters(halves(b, f), halves(d, h)),
            );
            let there = _mm512_mask_blend_pd(0xaa, one, two);
            _mm512_add_pd(there, _mm512_shuffle_pd::<0x55>(one, two))
        };
        Self::store(sums)
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
    fn floats_of_halves(values: &[f16; 8]) -> [f32; 8] {
        // SAFETY: see above.
        Self::store_f32(unsafe { _mm256_cvtph_ps(_mm_loadu_si128(values.as_ptr().cast())) })
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

    #[inline(always)]
    fn prefetch_to_write<S>(address: *const S) {
        // SAFETY: a prefetch of whatever address reads nothing; where it is not known it does nothing.
        unsafe { _mm_prefetch::<_MM_HINT_ET0>(address.cast()) };
    }

    #[inline(always)]
    fn prefetch_to_read<S>(address: *const S) {
        // SAFETY: as above.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) };
    }

    #[inline(always)]
    fn sum_f32(vector: __m256) -> f32 {
        Avx2::sum_f32(vector)
    }

    type F32x16 = __m512;

    #[inline(always)]
    fn splat_f32x16(value: f32) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_set1_ps(value) }
    }

    #[inline(always)]
    fn load_f32x16(values: &[f32; 16]) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_loadu_ps(values.as_ptr()) }
    }

    #[inline(always)]
    fn store_f32x16(vector: __m512, values: &mut [f32; 16]) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(values.as_mut_ptr(), vector) };
    }

    #[inline(always)]
    fn mul_add_f32x16(a: __m512, b: __m512, c: __m512) -> __m512 {
        // SAFETY: see above.
        unsafe { _mm512_fmadd_ps(a, b, c) }
    }

    #[inline(always)]
    fn sum_f32x16(vector: __m512) -> f32 {
        // SAFETY: see above.
        Avx2::sum_f32x16(unsafe {
            [
                _mm512_castps512_ps256(vector),
                _mm512_extractf32x8_ps(vector, 1),
            ]
        })
    }
}

/// The proof that the processor multiplies bytes four at a time (AVX-512 VNNI).
#[derive(Clone, Copy)]
pub struct Int8Dot(());

impl Int8Dot {
    /// The proof, where wide vectors are in use and can do that.
    pub fn detect() -> Option<Self> {
        let wide = instruction_set() == InstructionSet::Avx512;
        (wide && is_x86_feature_detected!("avx512bw") && is_x86_feature_detected!("avx512vnni"))
            .then_some(Self(()))
    }

    /// Products of `M` rows of unsigned bytes with `N` of signed bytes, four columns at a time, added to `start`.
    #[inline(always)]
    #[allow(clippy::unused_self)] // it is the proof
    pub fn multiply<const M: usize, const N: usize>(
        self,
        left: &[[[i8; 4]; M]],
        right: &[[[i8; 4]; N]],
        start: &[i32; N],
        sums: &mut [[i32; N]; M],
    ) {
        // SAFETY: `detect` has found both.
        unsafe { multiply_bytes::<M, N, 2>(left, right, start, sums) }
    }
}

/// `N` is sixteen times `V`.
#[target_feature(enable = "avx512f,avx512bw,avx512vnni")]
#[allow(clippy::needless_range_loop)] // over registers
fn multiply_bytes<const M: usize, const N: usize, const V: usize>(
    left: &[[[i8; 4]; M]],
    right: &[[[i8; 4]; N]],
    start: &[i32; N],
    out: &mut [[i32; N]; M],
) {
    const { assert!(N == 16 * V) };
    let mut sums = [[_mm512_set1_epi32(0); V]; M];
    for (left, right) in left.iter().zip(right) {
        let mut columns = [_mm512_set1_epi32(0); V];
        for v in 0..V {
            // SAFETY: sixteen times four bytes from the sixteenth times v lie in the row.
            columns[v] = unsafe { _mm512_loadu_si512(right.as_ptr().add(16 * v).cast()) };
        }
        for m in 0..M {
            let row = _mm512_set1_epi32(i32::from_ne_bytes(left[m].map(|byte| byte as u8)));
            for v in 0..V {
                sums[m][v] = _mm512_dpbusd_epi32(sums[m][v], row, columns[v]);
            }
        }
    }
    for m in 0..M {
        for v in 0..V {
            // SAFETY: sixteen sums from the sixteenth times v lie in the row.
            unsafe {
                let start = _mm512_loadu_si512(start.as_ptr().add(16 * v).cast());
                let sum = _mm512_add_epi32(sums[m][v], start);
                _mm512_storeu_si512(out[m].as_mut_ptr().add(16 * v).cast(), sum);
            }
        }
    }
}
