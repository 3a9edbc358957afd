//! Products of a few rows with a few others: they stay in the first caches, where every block of sums fits the registers.

use std::array::from_fn;
use std::ops::Range;

use super::lanes::{Doubles8, Floats8, Floats16, Lanes, products};
use crate::simd::{Target, Vectorized, vectorize};

/// Rows of a product that is still small: more of them leave the caches, and it is better to pack them.
pub const MOST_ROWS: usize = 128;

/// What small products are computed in.
pub trait Small: Copy + Default + Sized {
    /// The spacing of the numbers at 1.
    const EPSILON: f64;
    /// Products of rows whose squared norms lie within these limits neither overflow nor lose digits at the lower end.
    const SAFE: (f64, f64);
    /// More than is lost at the lower end of the type in any sum of products.
    const LEAST: f64;

    /// As [`gram`], in vectors of `T`.
    fn gram<T: Target>(n_columns: usize, rows: &[Self], next: Next, out: &mut [Self]);

    /// As [`product`], in vectors of `T`.
    fn product<T: Target>(n_columns: usize, left: &[Self], right: &[Self], out: &mut [Self]);
}

/// Writes the product of every two rows, row-major `(n, n)`, exactly symmetric; `next` are the rows that come next, in the
/// type in which they are stored.
pub fn gram<R: Small, E>(n_columns: usize, rows: &[R], next: &[E], out: &mut [R]) {
    let next = Next {
        address: next.as_ptr().cast(),
        n_lines: size_of_val(next).div_ceil(LINE),
    };
    vectorize(Gram {
        n_columns,
        rows,
        next,
        out,
    });
}

/// Writes the product of every row of `left` with every row of `right`, row-major.
pub fn product<R: Small>(n_columns: usize, left: &[R], right: &[R], out: &mut [R]) {
    vectorize(Product {
        n_columns,
        left,
        right,
        out,
    });
}

/// Bytes of a line of the cache.
const LINE: usize = 64;

/// What is to be brought into the second cache meanwhile.
#[derive(Clone, Copy)]
pub struct Next {
    address: *const u8,
    n_lines: usize,
}

// Compiled once for every precision, not once more for every type in which rows are stored.
struct Gram<'a, R> {
    n_columns: usize,
    rows: &'a [R],
    next: Next,
    out: &'a mut [R],
}

impl<R: Small> Vectorized for Gram<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        R::gram::<T>(self.n_columns, self.rows, self.next, self.out);
    }
}

struct Product<'a, R> {
    n_columns: usize,
    left: &'a [R],
    right: &'a [R],
    out: &'a mut [R],
}

impl<R: Small> Vectorized for Product<'_, R> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        R::product::<T>(self.n_columns, self.left, self.right, self.out);
    }
}

impl Small for f32 {
    const EPSILON: f64 = f32::EPSILON as f64;
    const SAFE: (f64, f64) = (1e-24, 1e36);
    const LEAST: f64 = f32::MIN_POSITIVE as f64;

    #[inline(always)]
    fn gram<T: Target>(n_columns: usize, rows: &[f32], next: Next, out: &mut [f32]) {
        // 16 sums and 5 factors in 32 registers; 9 and 4 in 16.
        if T::WIDE {
            gram_in_blocks::<T, Floats16<T>, 16, 4>(n_columns, rows, next, out);
        } else {
            gram_in_blocks::<T, Floats8<T>, 8, 3>(n_columns, rows, next, out);
        }
    }

    #[inline(always)]
    fn product<T: Target>(n_columns: usize, left: &[f32], right: &[f32], out: &mut [f32]) {
        if T::WIDE {
            product_in_blocks::<Floats16<T>, 16, 4>(n_columns, left, right, out);
        } else {
            product_in_blocks::<Floats8<T>, 8, 3>(n_columns, left, right, out);
        }
    }
}

impl Small for f64 {
    const EPSILON: f64 = f64::EPSILON;
    const SAFE: (f64, f64) = (1e-280, 1e300);
    const LEAST: f64 = f64::MIN_POSITIVE;

    #[inline(always)]
    fn gram<T: Target>(n_columns: usize, rows: &[f64], next: Next, out: &mut [f64]) {
        // As above; without wide registers a vector takes two.
        if T::WIDE {
            gram_in_blocks::<T, Doubles8<T>, 8, 4>(n_columns, rows, next, out);
        } else {
            gram_in_blocks::<T, Doubles8<T>, 8, 2>(n_columns, rows, next, out);
        }
    }

    #[inline(always)]
    fn product<T: Target>(n_columns: usize, left: &[f64], right: &[f64], out: &mut [f64]) {
        if T::WIDE {
            product_in_blocks::<Doubles8<T>, 8, 4>(n_columns, left, right, out);
        } else {
            product_in_blocks::<Doubles8<T>, 8, 2>(n_columns, left, right, out);
        }
    }
}

#[inline(always)]
fn gram_in_blocks<T: Target, V: Lanes<LENGTH>, const LENGTH: usize, const SIDE: usize>(
    n_columns: usize,
    rows: &[V::Value],
    next: Next,
    out: &mut [V::Value],
) {
    let n = rows.len() / n_columns;
    let n_blocks = n.div_ceil(SIDE);
    // A little with every block: more at once would wait for the memory.
    let length = next.n_lines.div_ceil(n_blocks * (n_blocks + 1) / 2);
    let mut lines = 0..next.n_lines;
    in_blocks::<V, LENGTH, SIDE, true>(
        n_columns,
        rows,
        rows,
        |i, j, value| {
            out[i * n + j] = value;
            out[j * n + i] = value;
        },
        || {
            for line in lines.by_ref().take(length) {
                T::prefetch_to_read(next.address.wrapping_add(line * LINE));
            }
        },
    );
}

#[inline(always)]
fn product_in_blocks<V: Lanes<LENGTH>, const LENGTH: usize, const SIDE: usize>(
    n_columns: usize,
    left: &[V::Value],
    right: &[V::Value],
    out: &mut [V::Value],
) {
    let n = right.len() / n_columns;
    in_blocks::<V, LENGTH, SIDE, false>(
        n_columns,
        left,
        right,
        |i, j, value| out[i * n + j] = value,
        || (),
    );
}

/// Square blocks of `SIDE` rows, those that are left over one by one; with `TRIANGLE` only those up to the diagonal.
#[inline(always)]
fn in_blocks<V: Lanes<LENGTH>, const LENGTH: usize, const SIDE: usize, const TRIANGLE: bool>(
    n_columns: usize,
    left: &[V::Value],
    right: &[V::Value],
    mut write: impl FnMut(usize, usize, V::Value),
    mut before_block: impl FnMut(),
) {
    let of_left = |at: usize| &left[at * n_columns..(at + 1) * n_columns];
    let of_right = |at: usize| &right[at * n_columns..(at + 1) * n_columns];
    let (m, n) = (left.len() / n_columns, right.len() / n_columns);
    for rows in blocks(m, SIDE) {
        let i = rows.start;
        for columns in blocks(if TRIANGLE { rows.end } else { n }, SIDE) {
            before_block();
            let j = columns.start;
            let whole = (rows.len() == SIDE, columns.len() == SIDE);
            let (left, right) = (|a| of_left(i + a), |b| of_right(j + b));
            match whole {
                (true, true) if TRIANGLE && i == j => {
                    let block =
                        products::<V, LENGTH, SIDE, SIDE, true>(from_fn(left), from_fn(right));
                    for (a, row) in block.into_iter().enumerate() {
                        for (b, value) in row.into_iter().enumerate().take(a + 1) {
                            write(i + a, j + b, value);
                        }
                    }
                }
                (true, true) => {
                    let block =
                        products::<V, LENGTH, SIDE, SIDE, false>(from_fn(left), from_fn(right));
                    write_block(i, j, block, &mut write);
                }
                (true, false) => {
                    let block = products::<V, LENGTH, SIDE, 1, false>(from_fn(left), [right(0)]);
                    write_block(i, j, block, &mut write);
                }
                (false, true) => {
                    let block = products::<V, LENGTH, 1, SIDE, false>([left(0)], from_fn(right));
                    write_block(i, j, block, &mut write);
                }
                (false, false) => {
                    let block = products::<V, LENGTH, 1, 1, false>([left(0)], [right(0)]);
                    write_block(i, j, block, &mut write);
                }
            }
        }
    }
}

#[inline(always)]
fn write_block<V, const M: usize, const N: usize>(
    i: usize,
    j: usize,
    block: [[V; N]; M],
    write: &mut impl FnMut(usize, usize, V),
) {
    for (a, row) in (i..).zip(block) {
        for (b, value) in (j..).zip(row) {
            write(a, b, value);
        }
    }
}

fn blocks(n: usize, side: usize) -> impl Iterator<Item = Range<usize>> {
    let whole = n - n % side;
    (0..whole)
        .step_by(side)
        .map(move |first| first..first + side)
        .chain((whole..n).map(|one| one..one + 1))
}
