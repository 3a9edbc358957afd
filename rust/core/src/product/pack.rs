//! Rows in the order in which the micro-kernels read them: panels of a few rows, value by value.

use std::ops::Range;

use super::arithmetic::Arithmetic;
use crate::error::Result;
use crate::memory::{Growing, product};
use crate::simd::{Target, Vectorized, vectorize};

/// Rows to be multiplied.
pub trait Source<P>: Sync {
    /// Number of rows.
    fn n_rows(&self) -> usize;
    /// Packed values of a row.
    fn n_values(&self) -> usize;
    /// Writes a row as it enters the product.
    fn write<T: Target>(&self, row: usize, out: &mut [P]);
}

/// Rows to be multiplied, of whatever kind: the loops over products are compiled once for all kinds.
pub trait Rows<P>: Sync {
    /// Number of rows.
    fn n_rows(&self) -> usize;
    /// Packed values of a row.
    fn n_values(&self) -> usize;
    /// Writes rows as they enter the product, one every `stride` values.
    fn write_all(&self, range: Range<usize>, stride: usize, out: &mut [P]);
}

impl<P, S: Source<P>> Rows<P> for S {
    fn n_rows(&self) -> usize {
        Source::n_rows(self)
    }

    fn n_values(&self) -> usize {
        Source::n_values(self)
    }

    fn write_all(&self, range: Range<usize>, stride: usize, out: &mut [P]) {
        vectorize(WriteAll {
            source: self,
            range,
            stride,
            out,
        });
    }
}

struct WriteAll<'a, S, P> {
    source: &'a S,
    range: Range<usize>,
    stride: usize,
    out: &'a mut [P],
}

impl<P, S: Source<P>> Vectorized for WriteAll<'_, S, P> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let n_values = self.source.n_values();
        for (row, out) in self.range.zip(self.out.chunks_mut(self.stride)) {
            self.source.write::<T>(row, &mut out[..n_values]);
        }
    }
}

/// Consecutive rows in panels of `W`; missing rows of the last panel are rows of the default value.
pub(super) struct Panels<A: Arithmetic> {
    values: Vec<A::Packed>,
    starts: Vec<A::Sum>,
    /// The rows of one panel, one after the other.
    rows: Vec<A::Packed>,
    /// What is packed now.
    pub range: Range<usize>,
}

impl<A: Arithmetic> Panels<A> {
    pub fn new() -> Self {
        Self {
            values: Vec::new(),
            starts: Vec::new(),
            rows: Vec::new(),
            range: 0..0,
        }
    }

    /// Packs rows of the left side, `W` a panel.
    ///
    /// # Errors
    /// If there is not the memory.
    #[inline(always)]
    pub fn pack_left<const W: usize>(
        &mut self,
        source: &dyn Rows<A::Packed>,
        range: Range<usize>,
    ) -> Result<()> {
        self.pack::<W>(source, range, false)
    }

    /// Packs rows of the right side, `W` a panel.
    ///
    /// # Errors
    /// If there is not the memory.
    #[inline(always)]
    pub fn pack_right<const W: usize>(
        &mut self,
        source: &dyn Rows<A::Packed>,
        range: Range<usize>,
    ) -> Result<()> {
        self.pack::<W>(source, range, true)
    }

    #[inline(always)]
    fn pack<const W: usize>(
        &mut self,
        source: &dyn Rows<A::Packed>,
        range: Range<usize>,
        right: bool,
    ) -> Result<()> {
        let n_values = source.n_values();
        let n_panels = range.len().div_ceil(W);
        self.values
            .resized(product([n_panels, W, n_values])?, A::Packed::default())?;
        self.starts.resized(n_panels * W, A::Sum::default())?;
        // Rows a power of two apart would all fall on the same lines of the cache.
        let stride = padded_length(n_values);
        self.rows.resized(W * stride, A::Packed::default())?;
        let (values, _) = self.values.as_chunks_mut::<W>();
        let (starts, _) = self.starts.as_chunks_mut::<W>();
        let panels = values.chunks_exact_mut(n_values).zip(starts);
        for (first, (panel, start)) in range.clone().step_by(W).zip(panels) {
            let whole = W.min(range.end - first);
            source.write_all(first..first + whole, stride, &mut self.rows);
            self.rows[whole * stride..].fill(A::Packed::default());
            for (lane, row) in self.rows.chunks_exact_mut(stride).enumerate() {
                let row = &mut row[..n_values];
                if right {
                    start[lane] = A::start(row);
                } else {
                    for value in row.iter_mut() {
                        *value = A::left(*value);
                    }
                }
            }
            interleave(&self.rows, stride, panel);
        }
        self.range = range;
        Ok(())
    }

    /// The panels, each with where its sums start.
    #[inline(always)]
    pub fn panels<const W: usize>(
        &self,
        n_values: usize,
    ) -> impl ExactSizeIterator<Item = (&[[A::Packed; W]], &[A::Sum; W])> {
        let (values, _) = self.values.as_chunks::<W>();
        let (starts, _) = self.starts.as_chunks::<W>();
        values.chunks_exact(n_values).zip(starts)
    }
}

/// Value `at` of row `lane` becomes `panel[at][lane]`; squares of four by four turn in registers.
#[inline(always)]
fn interleave<P: Copy, const W: usize>(rows: &[P], stride: usize, panel: &mut [[P; W]]) {
    let whole = W - W % 4;
    let (squares, rest) = panel.as_chunks_mut::<4>();
    for (square, at) in squares.iter_mut().zip((0..).step_by(4)) {
        for lane in (0..whole).step_by(4) {
            let row = |n: usize| {
                let first = (lane + n) * stride + at;
                [
                    rows[first],
                    rows[first + 1],
                    rows[first + 2],
                    rows[first + 3],
                ]
            };
            let [a, b, c, d] = [row(0), row(1), row(2), row(3)];
            for n in 0..4 {
                square[n][lane..lane + 4].copy_from_slice(&[a[n], b[n], c[n], d[n]]);
            }
        }
        for lane in whole..W {
            for n in 0..4 {
                square[n][lane] = rows[lane * stride + at + n];
            }
        }
    }
    let done = 4 * squares.len();
    for (values, at) in rest.iter_mut().zip(done..) {
        for (lane, value) in values.iter_mut().enumerate() {
            *value = rows[lane * stride + at];
        }
    }
}

/// An odd number of lines of the cache, for values of four bytes.
fn padded_length(n_values: usize) -> usize {
    (n_values.div_ceil(16) | 1) * 16
}
