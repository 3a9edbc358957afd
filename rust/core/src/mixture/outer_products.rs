//! Sums of outer products of vectors with themselves, the lower triangle alone, tile by tile in registers.

use crate::simd::Target;

/// The side of a tile of the Hessian: its rows fill the registers.
pub(super) const SIDE: usize = 8;

/// Outer products gathered before they are summed: a panel of them stays in the first cache.
const ROWS: usize = 128;

/// A square of the sum.
pub(super) type Tile = [[f64; SIDE]; SIDE];

/// Vectors whose outer products are still to be summed, panel by panel so that a tile reads two contiguous stretches.
pub(super) struct OuterProducts {
    panels: Vec<[[f64; SIDE]; ROWS]>,
    n_rows: usize,
}

impl OuterProducts {
    pub fn new(n_panels: usize) -> Self {
        Self {
            panels: vec![[[0.0; SIDE]; ROWS]; n_panels],
            n_rows: 0,
        }
    }

    /// Takes up `scale · (row − mean)` and moves the mean by `share` of the way to the row.
    #[inline(always)]
    pub fn push<T: Target>(
        &mut self,
        row: &[[f64; SIDE]],
        mean: &mut [[f64; SIDE]],
        scale: f64,
        share: f64,
        tiles: &mut [Tile],
    ) {
        for ((panel, row), mean) in self.panels.iter_mut().zip(row).zip(mean) {
            let difference: [f64; SIDE] = std::array::from_fn(|lane| row[lane] - mean[lane]);
            panel[self.n_rows] = difference.map(|value| scale * value);
            *mean = std::array::from_fn(|lane| T::mul_add(share, difference[lane], mean[lane]));
        }
        self.n_rows += 1;
        if self.n_rows == ROWS {
            self.sum_into::<T>(tiles);
        }
    }

    #[inline(always)]
    pub fn sum_into<T: Target>(&mut self, tiles: &mut [Tile]) {
        let mut tiles = tiles.iter_mut();
        for (row, left) in self.panels.iter().enumerate() {
            for (right, tile) in self.panels[..=row].iter().zip(&mut tiles) {
                let (left, right) = (&left[..self.n_rows], &right[..self.n_rows]);
                if T::WIDE {
                    add_products::<T, SIDE>(left, right, tile, 0);
                } else {
                    add_products::<T, { SIDE / 2 }>(left, right, tile, 0);
                    add_products::<T, { SIDE / 2 }>(left, right, tile, SIDE / 2);
                }
            }
        }
        self.n_rows = 0;
    }
}

/// Adds the products of `N` columns of `left`, from `first`, with the columns of `right` to a tile kept in registers.
#[inline(always)]
fn add_products<T: Target, const N: usize>(
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
