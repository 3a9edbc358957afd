//! Products of 16-bit integers, two columns at a time, by the instruction of AVX-512 for neural networks.

use std::arch::x86_64::{
    _mm512_dpwssd_epi32, _mm512_loadu_si512, _mm512_set1_epi32, _mm512_storeu_si512,
};

use super::instruction_set::{InstructionSet, instruction_set};

/// The proof that the processor multiplies 16-bit integers two at a time.
#[derive(Clone, Copy)]
pub struct Int16Dot(());

impl Int16Dot {
    /// The proof, where wide vectors are in use and can do that.
    pub fn detect() -> Option<Self> {
        let wide = instruction_set() == InstructionSet::Avx512;
        (wide && is_x86_feature_detected!("avx512vnni")).then_some(Self(()))
    }

    /// Products of `M` rows with `N` others, summed in 32 bits.
    #[inline(always)]
    #[allow(clippy::unused_self)] // it is the proof
    pub fn multiply<const M: usize, const N: usize>(
        self,
        left: &[[[i16; 2]; M]],
        right: &[[[i16; 2]; N]],
        sums: &mut [[i32; N]; M],
    ) {
        // SAFETY: `detect` has found it.
        unsafe { multiply_words::<M, N, 2>(left, right, sums) }
    }
}

/// `N` is sixteen times `V`.
#[target_feature(enable = "avx512f,avx512vnni")]
#[allow(clippy::needless_range_loop)] // over registers
fn multiply_words<const M: usize, const N: usize, const V: usize>(
    left: &[[[i16; 2]; M]],
    right: &[[[i16; 2]; N]],
    out: &mut [[i32; N]; M],
) {
    const { assert!(N == 16 * V) };
    let mut sums = [[_mm512_set1_epi32(0); V]; M];
    for (left, right) in left.iter().zip(right) {
        let mut columns = [_mm512_set1_epi32(0); V];
        for v in 0..V {
            // SAFETY: sixteen times two words from the sixteenth times v lie in the row.
            columns[v] = unsafe { _mm512_loadu_si512(right.as_ptr().add(16 * v).cast()) };
        }
        for m in 0..M {
            // Not `map`: the compiler does not inline it here.
            let [low, high] = left[m];
            let row = _mm512_set1_epi32(i32::from(high) << 16 | i32::from(low as u16));
            for v in 0..V {
                sums[m][v] = _mm512_dpwssd_epi32(sums[m][v], row, columns[v]);
            }
        }
    }
    for m in 0..M {
        for v in 0..V {
            // SAFETY: sixteen sums from the sixteenth times v lie in the row.
            unsafe { _mm512_storeu_si512(out[m].as_mut_ptr().add(16 * v).cast(), sums[m][v]) };
        }
    }
}
