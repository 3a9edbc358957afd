//! Sums of outer products of vectors with themselves, the lower triangle alone, tile by tile in registers.

use crate::error::Result;
use crate::matrix::Element;
use crate::memory::{filled, product};
use crate::simd::Target;

/// The side of a tile of the sum: its rows fill the registers.
pub const SIDE: usize = 8;

/// Outer products gathered before they are summed: few enough for the first cache, and for float32 sums of them.
const ROWS: usize = 96;

/// A square of the sum.
pub type Tile = [[f64; SIDE]; SIDE];

/// What vectors are kept in until their products are summed.
pub trait Stored: Copy + Default + Send + Sync {
    /// Eight values, rounded.
    fn from_vector<T: Target>(vector: T::F64x8) -> [Self; SIDE];
    /// Adds the products of the columns of `left` with those of `right` to a tile.
    fn add_products<T: Target>(left: &[[Self; SIDE]], right: &[[Self; SIDE]], tile: &mut Tile);
}

impl Stored for f64 {
    #[inline(always)]
    fn from_vector<T: Target>(vector: T::F64x8) -> [f64; SIDE] {
        T::store(vector)
    }

    #[inline(always)]
    fn add_products<T: Target>(left: &[[f64; SIDE]], right: &[[f64; SIDE]], tile: &mut Tile) {
        // A whole tile of doubles fits into wide registers, half of one into others.
        if T::WIDE {
            add_columns::<T, SIDE>(left, right, tile, 0);
        } else {
            add_columns::<T, { SIDE / 2 }>(left, right, tile, 0);
            add_columns::<T, { SIDE / 2 }>(left, right, tile, SIDE / 2);
        }
    }
}

/// The products of `N` columns of `left`, from `first`.
#[inline(always)]
fn add_columns<T: Target, const N: usize>(
    left: &[[f64; SIDE]],
    right: &[[f64; SIDE]],
    tile: &mut Tile,
    first: usize,
) {
    let mut sums = [T::splat(0.0); N];
    for n in 0..N {
        sums[n] = T::load(&tile[first + n]);
    }
    for (left, right) in left.iter().zip(right) {
        let right = T::load(right);
        for n in 0..N {
            sums[n] = T::mul_add_x8(T::splat(left[first + n]), right, sums[n]);
        }
    }
    for n in 0..N {
        tile[first + n] = T::store(sums[n]);
    }
}

impl Stored for f32 {
    #[inline(always)]
    fn from_vector<T: Target>(vector: T::F64x8) -> [f32; SIDE] {
        T::narrow(vector)
    }

    #[inline(always)]
    fn add_products<T: Target>(left: &[[f32; SIDE]], right: &[[f32; SIDE]], tile: &mut Tile) {
        let mut sums = [T::splat_f32(0.0); SIDE];
        for (left, right) in left.iter().zip(right) {
            let right = T::load_f32(right);
            for n in 0..SIDE {
                sums[n] = T::mul_add_f32(T::splat_f32(left[n]), right, sums[n]);
            }
        }
        for n in 0..SIDE {
            for (entry, sum) in tile[n].iter_mut().zip(T::store_f32(sums[n])) {
                *entry += f64::from(sum);
            }
        }
    }
}

/// Vectors whose outer products are still to be summed, panel by panel so that a tile reads two contiguous stretches.
pub struct OuterProducts<S> {
    /// `capacity` stretches of each panel, one panel after the other.
    panels: Vec<[S; SIDE]>,
    n_rows: usize,
    capacity: usize,
}

impl<S: Stored> OuterProducts<S> {
    /// For vectors of `n_panels` stretches, of which up to `at_once` come together.
    pub fn new(n_panels: usize, at_once: usize) -> Result<Self> {
        let capacity = ROWS.max(at_once);
        Ok(Self {
            panels: filled([S::default(); SIDE], product([n_panels, capacity])?)?,
            n_rows: 0,
            capacity,
        })
    }

    /// Makes room for `n_rows` vectors: a slice of them, to be filled, for every stretch of the vectors.
    #[inline(always)]
    pub fn reserve<T: Target>(
        &mut self,
        n_rows: usize,
        tiles: &mut [Tile],
    ) -> impl Iterator<Item = &mut [[S; SIDE]]> {
        if self.n_rows + n_rows > self.capacity {
            self.sum_into::<T>(tiles);
        }
        let first = self.n_rows;
        self.n_rows += n_rows;
        self.panels
            .chunks_exact_mut(self.capacity)
            .map(move |panel| &mut panel[first..first + n_rows])
    }

    /// Adds all outer products to the tiles of the lower triangle, row after row.
    #[inline(always)]
    pub fn sum_into<T: Target>(&mut self, tiles: &mut [Tile]) {
        let mut tiles = tiles.iter_mut();
        let panels = || {
            self.panels
                .chunks_exact(self.capacity)
                .map(|panel| &panel[..self.n_rows])
        };
        for (row, left) in panels().enumerate() {
            for (right, tile) in panels().take(row + 1).zip(&mut tiles) {
                S::add_products::<T>(left, right, tile);
            }
        }
        self.n_rows = 0;
    }
}

/// Stretch `panel` of a vector, zeros beyond its end.
#[inline(always)]
pub fn stretch<T: Target, E: Element>(row: &[E], panel: usize) -> T::F64x8 {
    let (whole, rest) = row.as_chunks::<SIDE>();
    if let Some(values) = whole.get(panel) {
        return E::widen_x8::<T>(values);
    }
    E::widen_x8::<T>(&padded(rest))
}

/// Fewer than eight values, and zeros. By four, two and one: a copy of any length is a call, around which every register
/// would be saved.
#[inline(always)]
fn padded<E: Element>(rest: &[E]) -> [E; SIDE] {
    let mut values = [E::default(); SIDE];
    let n = rest.len();
    if n & 4 > 0 {
        values[..4].copy_from_slice(&rest[..4]);
    }
    if n & 2 > 0 {
        let at = n & 4;
        values[at..at + 2].copy_from_slice(&rest[at..at + 2]);
    }
    if n & 1 > 0 {
        values[n & 6] = rest[n & 6];
    }
    values
}
