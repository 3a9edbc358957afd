//! Dot products of candidates with a few directions in float32, for bounds; and how far off they may be.

use crate::error::Result;
use crate::memory::Growing;
use std::array::from_fn;

use crate::simd::Target;

const LANES: usize = 16;

/// Directions of about unit length, each padded with zeros to a multiple of 16 values.
#[derive(Default)]
pub(crate) struct Directions {
    values: Vec<f32>,
    stride: usize,
}

impl Directions {
    pub(crate) fn new(n_features: usize) -> Self {
        Self {
            values: Vec::new(),
            stride: n_features.next_multiple_of(LANES),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.values.clear();
    }

    pub(crate) fn push(&mut self, direction: impl Iterator<Item = f64>) -> Result<()> {
        let end = self.values.len() + self.stride;
        if self.values.capacity() < end {
            // Room to grow on.
            self.values.reserving(end)?;
        }
        self.values.extend(direction.map(|value| value as f32));
        self.values.resized(end, 0.0)
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len() / self.stride
    }

    #[inline(always)]
    fn get(&self, at: usize) -> &[[f32; LANES]] {
        let (chunks, _) = self.values[at * self.stride..(at + 1) * self.stride].as_chunks();
        chunks
    }
}

/// How far a product may be off, as computed in float32 with a unit vector and divided by the norm of the row.
///
/// Every lane sums `n_features / 16` products; the lanes, the rounding of the direction and of the norm add a few more
/// roundings of at most 2⁻²⁴ each, and by Cauchy and Schwarz the products are together no larger than the norms.
pub(crate) fn error(n_features: usize) -> f64 {
    (n_features.div_ceil(LANES) + 24) as f64 * 2.0_f64.powi(-24)
}

/// Calls `take(r, at, products)` for each row `r`: its products with a few of the directions `first..`, from `at` on.
#[inline(always)]
pub(crate) fn products<T: Target, const R: usize>(
    rows: [&[f32]; R],
    directions: &Directions,
    first: usize,
    mut take: impl FnMut(usize, usize, &[f32]),
) {
    let n = directions.len();
    let mut at = first;
    if T::WIDE {
        while at + 4 <= n {
            tile::<T, R, 4>(rows, from_fn(|p| directions.get(at + p)), at, &mut take);
            at += 4;
        }
    }
    while at + 2 <= n {
        tile::<T, R, 2>(rows, from_fn(|p| directions.get(at + p)), at, &mut take);
        at += 2;
    }
    if at < n {
        tile::<T, R, 1>(rows, [directions.get(at)], at, &mut take);
    }
}

#[inline(always)]
fn tile<T: Target, const R: usize, const P: usize>(
    rows: [&[f32]; R],
    directions: [&[[f32; LANES]]; P],
    first: usize,
    take: &mut impl FnMut(usize, usize, &[f32]),
) {
    let zero = T::splat_f32x16(0.0);
    let mut sums = [[zero; P]; R];
    let whole = rows.map(|row| row.as_chunks::<LANES>().0);
    let n_whole = whole[0].len();
    for at in 0..n_whole {
        let mut columns = [zero; P];
        for p in 0..P {
            columns[p] = T::load_f32x16(&directions[p][at]);
        }
        for r in 0..R {
            let row = T::load_f32x16(&whole[r][at]);
            for p in 0..P {
                sums[r][p] = T::mul_add_f32x16(row, columns[p], sums[r][p]);
            }
        }
    }
    for r in 0..R {
        let rest = rows[r].as_chunks::<LANES>().1;
        if !rest.is_empty() {
            let mut values = [0.0; LANES];
            values[..rest.len()].copy_from_slice(rest);
            let row = T::load_f32x16(&values);
            for p in 0..P {
                let column = T::load_f32x16(&directions[p][n_whole]);
                sums[r][p] = T::mul_add_f32x16(row, column, sums[r][p]);
            }
        }
        let mut out = [0.0; P];
        for p in 0..P {
            let mut lanes = [0.0; LANES];
            T::store_f32x16(sums[r][p], &mut lanes);
            let mut half = LANES / 2;
            while half > 0 {
                for lane in 0..half {
                    lanes[lane] += lanes[lane + half];
                }
                half /= 2;
            }
            out[p] = lanes[0];
        }
        take(r, first, &out);
    }
}
