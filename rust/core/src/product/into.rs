//! A matrix of products, each finished in its block and written where it belongs, and mirrored.
#![allow(unsafe_code)]

use std::marker::PhantomData;
use std::ops::Range;

use super::arithmetic::Arithmetic;
use super::tiles::{Corner, Sides, Visitor, visit_products};
use crate::error::{Result, ensure};
use crate::parallel::Workers;
use crate::simd::Target;

/// Turns products into entries of the matrix.
pub trait Finish<S>: Sync {
    /// A block of products; what hangs over the edge or lies above the diagonal does not matter.
    fn finish<T: Target, const M: usize, const N: usize>(
        &self,
        corner: Corner,
        block: &mut [[S; N]; M],
    );
}

/// Writes the finished product of every two rows to `out`, row-major.
///
/// Of rows multiplied with each other only half is multiplied and finished, and mirrored: the result is exactly symmetric.
///
/// # Errors
/// [`crate::Error::Shape`] if `out` has not one entry for every two rows; else as [`Workers::run`].
pub fn product_into<A, F>(
    arithmetic: A,
    sides: &Sides<'_, A::Packed>,
    finish: &F,
    out: &mut [A::Sum],
    workers: &Workers<'_>,
) -> Result<()>
where
    A: Arithmetic,
    F: Finish<A::Sum>,
{
    let (left, right, mirror) = sides.parts();
    let (n_rows, n_columns) = (left.n_rows(), right.n_rows());
    ensure(n_rows.checked_mul(n_columns) == Some(out.len()), || {
        format!("out must have {n_rows} rows and {n_columns} columns")
    })?;
    let writer = Writer {
        out: out.as_mut_ptr(),
        n_columns,
        mirror,
        finish,
        borrowed: PhantomData,
    };
    visit_products(arithmetic, sides, &writer, workers)
}

/// The matrix, written from several threads.
struct Writer<'a, S, F> {
    out: *mut S,
    n_columns: usize,
    mirror: bool,
    finish: &'a F,
    borrowed: PhantomData<&'a mut [S]>,
}

// SAFETY: `visit_products` visits the product of row i with row j once. Its visit alone writes the entry (i, j), and where it
// is mirrored, i ≥ j, the entry (j, i); nobody reads before all are done.
unsafe impl<S: Sync, F: Sync> Sync for Writer<'_, S, F> {}

impl<S: Copy + Send + Sync, F: Finish<S>> Visitor<S> for Writer<'_, S, F> {
    type Local = ();

    fn begin(&self, _: Range<usize>, _: Range<usize>) {}

    /// While the block is multiplied, the lines that it goes to come into the cache.
    #[inline(always)]
    fn expect<T: Target, const M: usize, const N: usize>(&self, corner: Corner) {
        let line = 64 / size_of::<S>();
        let address =
            |row: usize, column: usize| self.out.wrapping_add(row * self.n_columns + column);
        for i in 0..corner.n_rows {
            for j in (0..corner.n_columns).step_by(line) {
                T::prefetch_to_write(address(corner.row + i, corner.column + j));
            }
        }
        if self.mirror {
            for j in 0..corner.n_columns {
                T::prefetch_to_write(address(corner.column + j, corner.row));
                T::prefetch_to_write(address(corner.column + j, corner.row + M - 1));
            }
        }
    }

    #[inline(always)]
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        (): &mut (),
        corner: Corner,
        sums: &mut [[S; N]; M],
    ) {
        // Products have passed through the first cache meanwhile: the lines are in the second one now.
        self.expect::<T, M, N>(corner);
        self.finish.finish::<T, M, N>(corner, sums);
        let Corner {
            row,
            column,
            n_rows,
            n_columns,
        } = corner;
        let whole = n_rows == M && n_columns == N;
        if whole && (!self.mirror || column + N <= row + 1) {
            // SAFETY: the block lies in the matrix, and below the diagonal if it is mirrored.
            unsafe { self.write_whole(row, column, sums) };
            return;
        }
        for (i, values) in (row..row + n_rows).zip(sums.iter()) {
            for (j, &value) in (column..column + n_columns).zip(values) {
                if !self.mirror || j <= i {
                    // SAFETY: (i, j) lies in the matrix, and in its lower triangle if it is mirrored.
                    unsafe { self.write(i, j, value) };
                }
            }
        }
    }

    fn end(&self, (): ()) -> Result<()> {
        Ok(())
    }
}

impl<S: Copy, F> Writer<'_, S, F> {
    /// # Safety
    /// The block from (`row`, `column`) lies in the matrix, and in its lower triangle if it is mirrored.
    #[inline(always)]
    unsafe fn write_whole<const M: usize, const N: usize>(
        &self,
        row: usize,
        column: usize,
        block: &[[S; N]; M],
    ) {
        for (i, values) in block.iter().enumerate() {
            // SAFETY: by the caller's promise.
            unsafe {
                let to = self.out.add((row + i) * self.n_columns + column);
                to.cast::<[S; N]>().write_unaligned(*values);
            }
        }
        if self.mirror {
            #[allow(clippy::needless_range_loop)] // over the columns of the block
            for j in 0..N {
                let mirrored: [S; M] = std::array::from_fn(|i| block[i][j]);
                // SAFETY: by the caller's promise: what is below the diagonal has its mirror image above it.
                unsafe {
                    let to = self.out.add((column + j) * self.n_columns + row);
                    to.cast::<[S; M]>().write_unaligned(mirrored);
                }
            }
        }
    }

    /// # Safety
    /// (`row`, `column`) lies in the matrix, and in its lower triangle if it is mirrored.
    unsafe fn write(&self, row: usize, column: usize, value: S) {
        // SAFETY: by the caller's promise.
        unsafe {
            *self.out.add(row * self.n_columns + column) = value;
            if self.mirror {
                *self.out.add(column * self.n_columns + row) = value;
            }
        }
    }
}
