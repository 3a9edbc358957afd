//! The one door to the dense-product crate: the blocked Gram matrix.
//!
//! With `simd.rs` this is the only file with `unsafe`.
#![allow(unsafe_code)]

use gemm::Parallelism;

use crate::error::Result;
use crate::parallel::Workers;

/// Rows a tile: two panels of 256 rows by some hundred columns stay in a core's cache.
const TILE: usize = 256;

/// A buffer that the tiles of a matrix are written to from several threads.
struct TiledOutput {
    values: *mut f32,
    n: usize,
}

// SAFETY: tile (I, J) writes the entries (i, j) and (j, i) with i in I and j in J and no other; no two tiles of the lower
// triangle share such an entry, and nobody reads before all are done.
unsafe impl Sync for TiledOutput {}

impl TiledOutput {
    /// # Safety
    /// `row` and `column` are below `n`, and the entry belongs to the tile of the caller.
    unsafe fn write(&self, row: usize, column: usize, value: f32) {
        // SAFETY: by the caller's promise the entry lies in the buffer and is nobody else's.
        unsafe { *self.values.add(row * self.n + column) = value };
    }
}

/// All products of `n` rows with each other: `panel(rows, buffer)` fills in consecutive rows of `n_columns` values, and
/// `finish` turns a product of two of them, given their numbers, into the entry of the matrix.
///
/// Only the tiles of the lower triangle are multiplied; each is mirrored when it is written, so that the result is exactly
/// symmetric. Beside the result it needs three tiles a thread.
///
/// # Errors
/// As [`Workers::run`].
pub(crate) fn symmetric_product(
    n: usize,
    n_columns: usize,
    panel: impl Fn(std::ops::Range<usize>, &mut Vec<f32>) + Sync,
    finish: impl Fn(usize, usize, f32) -> f32 + Sync,
    workers: &Workers<'_>,
) -> Result<Vec<f32>> {
    let mut out = vec![0.0_f32; n * n];
    let shared = TiledOutput {
        values: out.as_mut_ptr(),
        n,
    };
    let shared = &shared;
    let n_tiles = n.div_ceil(TILE);
    let tiles: Vec<_> = (0..n_tiles)
        .flat_map(|i| (0..=i).map(move |j| (i, j)))
        .collect();
    workers.run(tiles, |(tile_i, tile_j)| {
        let rows = tile_i * TILE..n.min((tile_i + 1) * TILE);
        let columns = tile_j * TILE..n.min((tile_j + 1) * TILE);
        let (mut left, mut right) = (Vec::new(), Vec::new());
        panel(rows.clone(), &mut left);
        if tile_i != tile_j {
            panel(columns.clone(), &mut right);
        }
        let right = if tile_i == tile_j { &left } else { &right };
        let mut products = vec![0.0_f32; rows.len() * columns.len()];
        multiply_transposed(&left, right, n_columns, &mut products);
        for (i, products) in rows.zip(products.chunks_exact(columns.len())) {
            for (j, &product) in columns.clone().zip(products) {
                if j <= i {
                    let value = finish(i, j, product);
                    // SAFETY: (i, j) and (j, i) belong to this tile, and i and j are rows of the matrix.
                    unsafe {
                        shared.write(i, j, value);
                        shared.write(j, i, value);
                    }
                }
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// `out = left · rightᵀ`, all row-major.
fn multiply_transposed(left: &[f32], right: &[f32], n_columns: usize, out: &mut [f32]) {
    let (m, n) = (left.len() / n_columns, right.len() / n_columns);
    debug_assert_eq!(out.len(), m * n);
    // SAFETY: the strides describe row-major (m, n), (m, n_columns) and, transposed, (n, n_columns), which are the lengths
    // of the slices; the output overlaps no input.
    unsafe {
        gemm::gemm(
            m,
            n,
            n_columns,
            out.as_mut_ptr(),
            1,
            n as isize,
            false,
            left.as_ptr(),
            1,
            n_columns as isize,
            right.as_ptr(),
            n_columns as isize,
            1,
            0.0,
            1.0,
            false,
            false,
            false,
            Parallelism::None,
        );
    }
}
