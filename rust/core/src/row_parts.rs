//! Parts of rows whose length the compiler knows: a vector, or a few.
//!
//! Rows are counted, and not cut off by `chunks_exact`, which divides: as long as a small set takes for all else.

/// `W` values of a row, from column `first`.
#[inline(always)]
pub(crate) fn read<const W: usize>(
    values: &[f64],
    n_columns: usize,
    row: usize,
    first: usize,
) -> [f64; W] {
    let from = row * n_columns + first;
    let values = &values[from..from + W];
    std::array::from_fn(|n| values[n])
}

/// Writes `W` values of a row, from column `first`.
#[inline(always)]
pub(crate) fn write<const W: usize>(
    values: &mut [f64],
    n_columns: usize,
    row: usize,
    first: usize,
    new: [f64; W],
) {
    let from = row * n_columns + first;
    values[from..from + W].copy_from_slice(&new);
}
