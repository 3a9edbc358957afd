//! Dot products of float32 rows, summed in float64 in one fixed order.
//!
//! The product of two float32 numbers is exact in float64, so that fused and unfused multiply-add agree, and with the
//! order of the sum fixed every instruction set, and the numba twin, gives the same bits. Selection rests on that: ties
//! and near-ties fall the same way everywhere.

use crate::simd::Target;

/// Element `j` is summed into lane `j % LANES`; then the lanes are added, the upper half onto the lower.
const LANES: usize = 16;

/// The dot product of `row` with each of `rows`, which lie one after the other.
#[inline(always)]
pub(crate) fn dots_with<T: Target>(row: &[f32], rows: &[f32], out: &mut [f64]) {
    if T::WIDE {
        in_groups::<T, 4>(Some(row), row.len(), rows, out);
    } else {
        in_groups::<T, 2>(Some(row), row.len(), rows, out);
    }
}

/// The squared norm of each of `rows`.
#[inline(always)]
pub(crate) fn squared_norms<T: Target>(n_features: usize, rows: &[f32], out: &mut [f64]) {
    if T::WIDE {
        in_groups::<T, 4>(None, n_features, rows, out);
    } else {
        in_groups::<T, 2>(None, n_features, rows, out);
    }
}

/// Takes `N` rows at a time: enough independent sums to hide the latency of an addition, few enough for the registers.
#[inline(always)]
fn in_groups<T: Target, const N: usize>(
    partner: Option<&[f32]>,
    n_features: usize,
    rows: &[f32],
    out: &mut [f64],
) {
    let row = |index: usize| &rows[index * n_features..(index + 1) * n_features];
    let whole = out.len() - out.len() % N;
    for first in (0..whole).step_by(N) {
        let rows = std::array::from_fn(|n| row(first + n));
        out[first..first + N].copy_from_slice(&dots::<T, N>(partner, rows));
    }
    for (index, out) in out.iter_mut().enumerate().skip(whole) {
        [*out] = dots::<T, 1>(partner, [row(index)]);
    }
}

/// The dot product of each row with the partner, or with itself.
#[inline(always)]
fn dots<T: Target, const N: usize>(partner: Option<&[f32]>, rows: [&[f32]; N]) -> [f64; N] {
    let mut sums = [[0.0; LANES]; N];
    let chunks = rows.map(|row| row.as_chunks::<LANES>());
    let partner = partner.map(|row| row.as_chunks::<LANES>());
    for at in 0..rows[0].len() / LANES {
        let partner = partner.map(|(chunks, _)| &chunks[at]);
        add_products::<T, N>(&mut sums, partner, chunks.map(|(chunks, _)| &chunks[at]));
    }
    if !rows[0].len().is_multiple_of(LANES) {
        // Zeros beyond the end add nothing to any lane.
        let partner = partner.map(|(_, rest)| padded(rest));
        let rests = chunks.map(|(_, rest)| padded(rest));
        add_products::<T, N>(&mut sums, partner.as_ref(), rests.each_ref());
    }
    sums.map(sum_lanes)
}

#[inline(always)]
fn add_products<T: Target, const N: usize>(
    sums: &mut [[f64; LANES]; N],
    partner: Option<&[f32; LANES]>,
    rows: [&[f32; LANES]; N],
) {
    let partner = partner.map(|values| values.map(f64::from));
    for n in 0..N {
        let row = rows[n].map(f64::from);
        let partner = partner.unwrap_or(row);
        sums[n] = std::array::from_fn(|lane| T::mul_add(partner[lane], row[lane], sums[n][lane]));
    }
}

#[inline(always)]
fn padded(rest: &[f32]) -> [f32; LANES] {
    let mut values = [0.0; LANES];
    values[..rest.len()].copy_from_slice(rest);
    values
}

#[inline(always)]
fn sum_lanes(mut lanes: [f64; LANES]) -> f64 {
    let mut half = LANES / 2;
    while half > 0 {
        for lane in 0..half {
            lanes[lane] += lanes[lane + half];
        }
        half /= 2;
    }
    lanes[0]
}
