//! Dot products of float32 rows, summed in float64 in one fixed order.
//!
//! The product of two float32 numbers is exact in float64, so that fused and unfused multiply-add agree, and with the
//! order of the sum fixed every instruction set, and the numba twin, gives the same bits. Selection rests on that: ties
//! and near-ties fall the same way everywhere.

use std::array::from_fn;

use crate::simd::{Target, Vectorized, vectorize};

/// Element `j` is summed into lane `j % LANES`; then the lanes are added, the upper half onto the lower.
pub(crate) const LANES: usize = 16;

/// The dot product of `row` with each of `rows`, which lie one after the other.
#[inline(always)]
pub(crate) fn dots_with<T: Target>(row: &[f32], rows: &[f32], out: &mut [f64]) {
    // Several rows at a time share the widening of `row`; more than the registers hold would spill.
    if T::WIDE {
        in_groups::<T::Widening, 4, true, false>(row, row.len(), rows, out, &mut []);
    } else {
        in_groups::<T::Widening, 2, true, false>(row, row.len(), rows, out, &mut []);
    }
}

/// The same from outside a loop that is compiled for the instruction set.
pub(crate) fn dots(row: &[f32], rows: &[f32], out: &mut [f64]) {
    vectorize(Dots { row, rows, out });
}

struct Dots<'a> {
    row: &'a [f32],
    rows: &'a [f32],
    out: &'a mut [f64],
}

impl Vectorized for Dots<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        dots_with::<T>(self.row, self.rows, self.out);
    }
}

/// The squared norm of each of `rows`.
#[inline(always)]
pub(crate) fn squared_norms<T: Target>(n_features: usize, rows: &[f32], out: &mut [f64]) {
    if T::WIDE {
        in_groups::<T::Widening, 4, false, true>(&[], n_features, rows, &mut [], out);
    } else {
        in_groups::<T::Widening, 2, false, true>(&[], n_features, rows, &mut [], out);
    }
}

/// Both at once.
#[inline(always)]
pub(crate) fn dots_and_squared_norms<T: Target>(
    row: &[f32],
    rows: &[f32],
    dots: &mut [f64],
    norms: &mut [f64],
) {
    if T::WIDE {
        in_groups::<T::Widening, 2, true, true>(row, row.len(), rows, dots, norms);
    } else {
        in_groups::<T::Widening, 1, true, true>(row, row.len(), rows, dots, norms);
    }
}

/// Takes `N` rows at a time; fills only what is asked for.
#[inline(always)]
fn in_groups<T: Target, const N: usize, const DOTS: bool, const NORMS: bool>(
    partner: &[f32],
    n_features: usize,
    rows: &[f32],
    dots: &mut [f64],
    norms: &mut [f64],
) {
    let row = |index: usize| &rows[index * n_features..(index + 1) * n_features];
    let n_rows = rows.len() / n_features;
    let whole = n_rows - n_rows % N;
    for first in (0..whole).step_by(N) {
        let (dot, norm) = sums::<T, N, DOTS, NORMS>(partner, from_fn(|n| row(first + n)));
        if DOTS {
            dots[first..first + N].copy_from_slice(&dot);
        }
        if NORMS {
            norms[first..first + N].copy_from_slice(&norm);
        }
    }
    for index in whole..n_rows {
        let (dot, norm) = sums::<T, 1, DOTS, NORMS>(partner, [row(index)]);
        if DOTS {
            dots[index] = dot[0];
        }
        if NORMS {
            norms[index] = norm[0];
        }
    }
}

/// A vector of lanes 0 to 7, and one of lanes 8 to 15.
pub(crate) type Sums<T> = [<T as Target>::F64x8; 2];

#[inline(always)]
fn sums<T: Target, const N: usize, const DOTS: bool, const NORMS: bool>(
    partner: &[f32],
    rows: [&[f32]; N],
) -> ([f64; N], [f64; N]) {
    let zero = [T::splat(0.0); 2];
    let (mut dots, mut norms): ([Sums<T>; N], [Sums<T>; N]) = ([zero; N], [zero; N]);
    let (partner, partner_rest) = partner.as_chunks::<LANES>();
    let (chunks, rests) = (
        rows.map(|row| row.as_chunks().0),
        rows.map(|row| row.as_chunks::<LANES>().1),
    );
    for at in 0..chunks[0].len() {
        let partner = if DOTS { &partner[at] } else { &[0.0; LANES] };
        add::<T, N, DOTS, NORMS>(partner, chunks.map(|row| &row[at]), &mut dots, &mut norms);
    }
    if !rests[0].is_empty() {
        // Zeros beyond the end add nothing to any lane.
        let rests = rests.map(padded);
        add::<T, N, DOTS, NORMS>(
            &padded(partner_rest),
            rests.each_ref(),
            &mut dots,
            &mut norms,
        );
    }
    // Not `map`: the compiler does not inline it around vectors.
    let (mut dot, mut norm) = ([0.0; N], [0.0; N]);
    for n in 0..N {
        dot[n] = sum_lanes::<T>(dots[n]);
        norm[n] = sum_lanes::<T>(norms[n]);
    }
    (dot, norm)
}

#[inline(always)]
fn add<T: Target, const N: usize, const DOTS: bool, const NORMS: bool>(
    partner: &[f32; LANES],
    rows: [&[f32; LANES]; N],
    dots: &mut [Sums<T>; N],
    norms: &mut [Sums<T>; N],
) {
    let (partner, _) = partner.as_chunks::<{ LANES / 2 }>();
    for half in 0..2 {
        let partner = T::widen(&partner[half]);
        for n in 0..N {
            let row = T::widen(&rows[n].as_chunks().0[half]);
            if DOTS {
                dots[n][half] = T::mul_add_x8(partner, row, dots[n][half]);
            }
            if NORMS {
                norms[n][half] = T::mul_add_x8(row, row, norms[n][half]);
            }
        }
    }
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    values[..rest.len()].copy_from_slice(rest);
    values
}

/// All lanes together, in their order.
#[inline(always)]
pub(crate) fn sum_lanes<T: Target>(sums: Sums<T>) -> f64 {
    T::sum(T::mul_add_x8(sums[1], T::splat(1.0), sums[0]))
}
