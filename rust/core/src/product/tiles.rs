//! The loop over tiles: each packs its rows once and visits the products block by block.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::arithmetic::{Arithmetic, Blocked};
use super::pack::{Panels, Rows};
use crate::error::Result;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Where a block lies, and how much of it does: blocks at the edge hang over.
#[derive(Clone, Copy)]
pub struct Corner {
    pub row: usize,
    pub column: usize,
    pub n_rows: usize,
    pub n_columns: usize,
}

impl Corner {
    /// The columns of row `i` of the block that count; of rows multiplied with each other, those up to the diagonal.
    #[inline(always)]
    pub fn columns(&self, i: usize, triangular: bool) -> Range<usize> {
        let end = self.column + self.n_columns;
        self.column..if triangular { end.min(i + 1) } else { end }
    }
}

/// Takes the products, block by block.
pub trait Visitor<S>: Sync {
    /// What it keeps while a tile is visited.
    type Local;
    /// A tile begins: all products of these rows with those.
    fn begin(&self, rows: Range<usize>, columns: Range<usize>) -> Self::Local;
    /// A block is about to be multiplied.
    #[inline(always)]
    fn expect<T: Target, const M: usize, const N: usize>(&self, _corner: Corner) {}
    /// One block of the tile. Of rows multiplied with each other it may reach above the diagonal, where it is to be ignored.
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        local: &mut Self::Local,
        corner: Corner,
        sums: &mut [[S; N]; M],
    );
    /// The tile has been visited.
    ///
    /// # Errors
    /// What the visitor refuses.
    fn end(&self, local: Self::Local) -> Result<()>;
}

/// What is multiplied with what.
pub enum Sides<'a, P> {
    /// Every row of one with every row of the other.
    Two(&'a dyn Rows<P>, &'a dyn Rows<P>),
    /// Every row with those up to itself.
    One(&'a dyn Rows<P>),
}

impl<'a, P> Sides<'a, P> {
    /// Left, right, and whether they are the same.
    pub fn parts(&self) -> (&'a dyn Rows<P>, &'a dyn Rows<P>, bool) {
        match *self {
            Self::Two(left, right) => (left, right, false),
            Self::One(rows) => (rows, rows, true),
        }
    }
}

/// Visits the product of every two rows, each once.
///
/// Needs some megabytes a thread, whatever the number of rows.
///
/// # Errors
/// As [`Workers::run`], and what the visitor refuses.
pub fn visit_products<A, V>(
    arithmetic: A,
    sides: &Sides<'_, A::Packed>,
    visitor: &V,
    workers: &Workers<'_>,
) -> Result<()>
where
    A: Arithmetic,
    V: Visitor<A::Sum>,
{
    let (left, right, triangular) = sides.parts();
    let row_bytes = left.n_values() * size_of::<A::Packed>();
    let height = tile_length(LEFT_BYTES, row_bytes, left.n_rows());
    let width = tile_length(RIGHT_BYTES, row_bytes, right.n_rows());
    let mut tiles = Vec::new();
    for rows in ranges(left.n_rows(), height) {
        let n_columns = if triangular { rows.end } else { right.n_rows() };
        for columns in ranges(n_columns, width) {
            tiles.pushed((rows.clone(), columns))?;
        }
    }
    visit_tiles(arithmetic, sides, &tiles, visitor, workers)
}

/// Visits the products of some rows with some others, tile by tile.
///
/// # Errors
/// As [`visit_products`].
pub fn visit_tiles<A, V>(
    arithmetic: A,
    sides: &Sides<'_, A::Packed>,
    tiles: &[(Range<usize>, Range<usize>)],
    visitor: &V,
    workers: &Workers<'_>,
) -> Result<()>
where
    A: Arithmetic,
    V: Visitor<A::Sum>,
{
    let (left, right, triangular) = sides.parts();
    let scratch: Mutex<Vec<Scratch<A>>> = Mutex::new(Vec::new());
    workers.run(tiles.iter().cloned(), |(rows, columns)| {
        let mut panels = lock(&scratch).pop().unwrap_or_else(Scratch::new);
        let mut local = visitor.begin(rows.clone(), columns.clone());
        vectorize(Tile {
            arithmetic,
            left,
            right,
            triangular,
            rows,
            columns,
            visitor,
            local: &mut local,
            scratch: &mut panels,
        })?;
        lock(&scratch).push(panels);
        visitor.end(local)
    })
}

/// A panel of right rows stays in the second cache of a core while the left rows of a tile pass through it, from the third.
const LEFT_BYTES: usize = 2_000_000;
const RIGHT_BYTES: usize = 800_000;
/// Lengths of a tile: a multiple of every block's; long enough to make up for the packing, short enough to stop in time.
const STEP: usize = 96;
const LONGEST: usize = 960;

/// Rows of a tile. Small inputs are cut finer, so that several threads have work.
fn tile_length(bytes: usize, row_bytes: usize, n_rows: usize) -> usize {
    let most = (bytes / row_bytes.max(1)).min(n_rows / 6);
    (most / STEP * STEP).clamp(STEP, LONGEST)
}

/// Cuts rows into stretches.
pub fn ranges(n: usize, length: usize) -> impl ExactSizeIterator<Item = Range<usize>> {
    (0..n)
        .step_by(length)
        .map(move |first| first..n.min(first + length))
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Scratch<A: Arithmetic> {
    left: Panels<A>,
    right: Panels<A>,
}

impl<A: Arithmetic> Scratch<A> {
    fn new() -> Self {
        Self {
            left: Panels::new(),
            right: Panels::new(),
        }
    }
}

/// All products of some rows with some others.
pub struct Tile<'a, A: Arithmetic, V: Visitor<A::Sum>> {
    arithmetic: A,
    left: &'a dyn Rows<A::Packed>,
    right: &'a dyn Rows<A::Packed>,
    triangular: bool,
    rows: Range<usize>,
    columns: Range<usize>,
    visitor: &'a V,
    local: &'a mut V::Local,
    scratch: &'a mut Scratch<A>,
}

impl<A, V> Vectorized for Tile<'_, A, V>
where
    A: Arithmetic,
    V: Visitor<A::Sum>,
{
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(mut self) -> Result<()> {
        A::run_in_blocks::<T>(&mut self)
    }
}

impl<A, V> Blocked for Tile<'_, A, V>
where
    A: Arithmetic,
    V: Visitor<A::Sum>,
{
    #[inline(always)]
    fn run<T: Target, const M: usize, const N: usize>(&mut self) -> Result<()> {
        let n_values = self.left.n_values();
        let Scratch { left, right } = &mut *self.scratch;
        // The tile before this one often had the same rows.
        if left.range != self.rows {
            left.pack_left::<M>(self.left, self.rows.clone())?;
        }
        right.pack_right::<N>(self.right, self.columns.clone())?;
        let mut sums = [[A::Sum::default(); N]; M];
        for (j, (columns, start)) in right.panels::<N>(n_values).enumerate() {
            let column = self.columns.start + j * N;
            for (i, (rows, _)) in left.panels::<M>(n_values).enumerate() {
                let row = self.rows.start + i * M;
                if self.triangular && column >= row + M {
                    continue;
                }
                let corner = Corner {
                    row,
                    column,
                    n_rows: M.min(self.rows.end - row),
                    n_columns: N.min(self.columns.end - column),
                };
                self.visitor.expect::<T, M, N>(corner);
                self.arithmetic
                    .multiply::<T, M, N>(rows, columns, start, &mut sums);
                self.visitor.visit::<T, M, N>(self.local, corner, &mut sums);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::arithmetic::{Float32, Float64, Int8, Int16};
    use super::super::pack::Source;
    use super::*;
    use crate::simd::{Int8Dot, Int16Dot};

    struct Numbers(usize, usize);

    impl Numbers {
        fn value(row: usize, column: usize) -> i8 {
            ((row * 31 + column * 17) % 255) as i8
        }
    }

    impl Source<f32> for Numbers {
        fn n_rows(&self) -> usize {
            self.0
        }

        fn n_values(&self) -> usize {
            self.1
        }

        fn write<T: Target>(&self, row: usize, out: &mut [f32]) {
            for (column, out) in out.iter_mut().enumerate() {
                *out = f32::from(Self::value(row, column));
            }
        }
    }

    impl Source<f64> for Numbers {
        fn n_rows(&self) -> usize {
            self.0
        }

        fn n_values(&self) -> usize {
            self.1
        }

        fn write<T: Target>(&self, row: usize, out: &mut [f64]) {
            for (column, out) in out.iter_mut().enumerate() {
                *out = f64::from(Self::value(row, column));
            }
        }
    }

    impl Source<[i8; 4]> for Numbers {
        fn n_rows(&self) -> usize {
            self.0
        }

        fn n_values(&self) -> usize {
            self.1.div_ceil(4)
        }

        fn write<T: Target>(&self, row: usize, out: &mut [[i8; 4]]) {
            for (column, out) in out.as_flattened_mut().iter_mut().enumerate() {
                *out = if column < self.1 {
                    Self::value(row, column)
                } else {
                    0
                };
            }
        }
    }

    impl Source<[i16; 2]> for Numbers {
        fn n_rows(&self) -> usize {
            self.0
        }

        fn n_values(&self) -> usize {
            self.1.div_ceil(2)
        }

        fn write<T: Target>(&self, row: usize, out: &mut [[i16; 2]]) {
            for (column, out) in out.as_flattened_mut().iter_mut().enumerate() {
                *out = if column < self.1 {
                    i16::from(Self::value(row, column))
                } else {
                    0
                };
            }
        }
    }

    /// Whether every product has been seen once, and was right.
    struct Seen {
        n_columns: usize,
        n_values: usize,
        counts: Mutex<Vec<u32>>,
        triangular: bool,
    }

    impl<S: Copy + Into<f64>> Visitor<S> for Seen {
        type Local = ();

        fn begin(&self, _: Range<usize>, _: Range<usize>) {}

        fn visit<T: Target, const M: usize, const N: usize>(
            &self,
            (): &mut (),
            corner: Corner,
            sums: &mut [[S; N]; M],
        ) {
            let mut counts = lock(&self.counts);
            for (i, sums) in (corner.row..corner.row + corner.n_rows).zip(sums.iter()) {
                for j in corner.columns(i, self.triangular) {
                    let product =
                        |at| i64::from(Numbers::value(i, at)) * i64::from(Numbers::value(j, at));
                    let expected: i64 = (0..self.n_values).map(product).sum();
                    let found: f64 = sums[j - corner.column].into();
                    assert_eq!(found, expected as f64, "rows {i} and {j}");
                    counts[i * self.n_columns + j] += 1;
                }
            }
        }

        fn end(&self, (): ()) -> Result<()> {
            Ok(())
        }
    }

    fn check<A: Arithmetic<Sum: Into<f64>>>(arithmetic: A)
    where
        Numbers: Source<A::Packed>,
    {
        for (n, m, n_values) in [
            (1, 1, 1),
            (13, 40, 7),
            (230, 101, 5),
            (7, 500, 64),
            (613, 2, 9),
        ] {
            let (left, right) = (Numbers(n, n_values), Numbers(m, n_values));
            for triangular in [false, true] {
                let sides = if triangular {
                    Sides::One(&left)
                } else {
                    Sides::Two(&left, &right)
                };
                let n_columns = if triangular { n } else { m };
                let counts = Mutex::new(vec![0; n * n_columns]);
                let seen = Seen {
                    n_columns,
                    n_values,
                    counts,
                    triangular,
                };
                visit_products(arithmetic, &sides, &seen, &Workers::new(2, &|| false)).unwrap();
                let counts = lock(&seen.counts);
                for i in 0..n {
                    for j in 0..n_columns {
                        let expected = u32::from(!triangular || j <= i);
                        assert_eq!(counts[i * n_columns + j], expected, "{i}, {j}");
                    }
                }
            }
        }
    }

    #[test]
    fn every_product_is_visited_once_and_right() {
        check(Float32);
        check(Float64);
        if let Some(bytes) = Int8Dot::detect() {
            check(Int8(bytes));
        }
        if let Some(words) = Int16Dot::detect() {
            check(Int16(words));
        }
    }
}
