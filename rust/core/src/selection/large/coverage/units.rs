//! Rows at length 1 in a narrow type: their products are similarities, but for an error that is known.
//!
//! A unit vector u enters as q = round(K u) of 16 bits, with r = u − q / K, where the processor multiplies those. Then
//! |u·u' − q·q' / K²| ≤ ‖q / K‖ ‖r'‖ + ‖r‖ ‖u'‖ by the Cauchy-Schwarz inequality, and no sum exceeds ‖q‖ ‖q'‖ < 2³¹. Else, and
//! where more digits are asked for, it enters in float32.

use crate::error::Result;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::product::Source;
use crate::selection::candidates::{BLOCK, Candidates};
use crate::simd::{Int16Dot, Target, Vectorized, vectorize};

/// ‖q‖² fits into 32 bits with a sign.
const LONGEST: f64 = 46_340.0;

/// And each of its values into 16.
const LARGEST: f64 = 32_766.0;

/// What rounding in float32 on the way from a sum to a similarity may add to its error.
const ROUNDING: f64 = 4e-7;

/// Half the distance between float32 numbers from 1 on.
const HALF_STEP: f64 = 1.0 / (1_u64 << 24) as f64;

/// Room for a block of products that hangs over the edge.
pub(crate) const LONGEST_BLOCK: usize = 32;

/// In what unit vectors are multiplied.
#[derive(Clone, Copy)]
pub enum Narrow {
    Words(Int16Dot),
    Floats,
}

/// The rows of a pool at length 1.
pub struct Units<'a> {
    pub rows: &'a [f32],
    pub n_features: usize,
    pub inverse_norm: &'a [f64],
    /// The fastest narrow type.
    pub fast: Narrow,
    /// K of the words.
    scale: f64,
    error_of_words: f64,
}

impl<'a> Units<'a> {
    /// Measures the errors.
    pub fn new(
        candidates: &Candidates<'a>,
        inverse_norm: &'a [f64],
        workers: &Workers<'_>,
    ) -> Result<Self> {
        let mut units = Self {
            rows: candidates.rows,
            n_features: candidates.n_features,
            inverse_norm,
            fast: Narrow::Floats,
            scale: 0.0,
            error_of_words: 0.0,
        };
        if let Some(words) = Int16Dot::detect() {
            let largest = units.most(workers, Measure::Largest)?;
            let room = LONGEST - (units.n_features as f64).sqrt();
            units.scale = room.min(LARGEST / largest);
            let rest = units.most(workers, Measure::Rest)?.sqrt() / units.scale;
            units.error_of_words = rest * (2.0 + rest) * (1.0 + 1e-9) + ROUNDING;
            if units.scale > 1.0 {
                units.fast = Narrow::Words(words);
            }
        }
        Ok(units)
    }

    /// What a product is multiplied with to be a similarity.
    pub fn unit(&self, narrow: Narrow) -> f64 {
        match narrow {
            Narrow::Words(_) => 1.0 / (self.scale * self.scale),
            Narrow::Floats => 1.0,
        }
    }

    /// No similarity is further from the product.
    pub fn error(&self, narrow: Narrow) -> f64 {
        match narrow {
            Narrow::Words(_) => self.error_of_words,
            Narrow::Floats => (self.n_features as f64 + 8.0) * HALF_STEP * 1.01 + ROUNDING,
        }
    }

    /// Bounds of the rows, less the error, in units of the products; rows that do not exist are never above theirs.
    pub fn thresholds(&self, bounds: &[f64], narrow: Narrow) -> Result<Vec<f32>> {
        let (error, unit) = (self.error(narrow), self.unit(narrow));
        let mut out = filled(f32::INFINITY, bounds.len() + LONGEST_BLOCK)?;
        for (out, bound) in out.iter_mut().zip(bounds) {
            *out = ((bound - error) / unit) as f32;
        }
        Ok(out)
    }

    fn n_rows(&self) -> usize {
        self.inverse_norm.len()
    }

    fn row(&self, row: usize) -> &'a [f32] {
        &self.rows[row * self.n_features..(row + 1) * self.n_features]
    }

    fn most(&self, workers: &Workers<'_>, measure: Measure) -> Result<f64> {
        let mut most = 0.0_f64;
        let n = self.n_rows();
        let blocks = (0..n.div_ceil(BLOCK)).map(|at| at * BLOCK..n.min((at + 1) * BLOCK));
        let of_block = |rows| {
            Ok(vectorize(Most {
                units: self,
                rows,
                measure,
            }))
        };
        workers.fold(blocks, of_block, |of_block| most = most.max(of_block))?;
        Ok(most)
    }
}

#[derive(Clone, Copy)]
enum Measure {
    /// The largest value.
    Largest,
    /// (K ‖r‖)².
    Rest,
}

struct Most<'a> {
    units: &'a Units<'a>,
    rows: std::ops::Range<usize>,
    measure: Measure,
}

impl Vectorized for Most<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<T: Target>(self) -> f64 {
        let units = self.units;
        let mut most = 0.0_f64;
        for row in self.rows {
            let (values, inverse_norm) = (units.row(row), units.inverse_norm[row]);
            let of_row = match self.measure {
                Measure::Largest => {
                    in_lanes(values, 0.0, |most, value| {
                        let size = value.abs();
                        if size > most { size } else { most }
                    })
                    .into_iter()
                    .fold(0.0, f64::max)
                        * inverse_norm
                }
                Measure::Rest => {
                    let factor = inverse_norm * units.scale;
                    in_lanes(values, 0.0, |sum, value| {
                        let exact = value * factor;
                        let rest = exact - f64::from(nearest(exact));
                        sum + rest * rest
                    })
                    .into_iter()
                    .sum()
                }
            };
            most = most.max(of_row);
        }
        most
    }
}

#[inline(always)]
fn in_lanes(values: &[f32], start: f64, step: impl Fn(f64, f64) -> f64) -> [f64; 8] {
    let mut lanes = [start; 8];
    let (whole, rest) = values.as_chunks::<8>();
    for values in whole {
        for lane in 0..8 {
            lanes[lane] = step(lanes[lane], f64::from(values[lane]));
        }
    }
    for (lane, &value) in rest.iter().enumerate() {
        lanes[lane] = step(lanes[lane], f64::from(value));
    }
    lanes
}

/// The nearest integer of 16 bits to a value that has one: adding this number leaves it in the low bits of the sum.
#[inline(always)]
fn nearest(value: f64) -> i16 {
    const ROUND: f32 = 12_582_912.0;
    (value as f32 + ROUND).to_bits() as i16
}

/// Some of the rows, or all.
pub(crate) struct Picked<'a> {
    pub units: &'a Units<'a>,
    pub rows: Option<&'a [u32]>,
}

impl Picked<'_> {
    fn len(&self) -> usize {
        self.rows.map_or(self.units.n_rows(), <[u32]>::len)
    }

    #[inline(always)]
    fn get(&self, at: usize) -> (&[f32], f64) {
        let row = self.rows.map_or(at, |rows| rows[at] as usize);
        (self.units.row(row), self.units.inverse_norm[row])
    }
}

impl Source<[i16; 2]> for Picked<'_> {
    fn n_rows(&self) -> usize {
        self.len()
    }

    fn n_values(&self) -> usize {
        self.units.n_features.div_ceil(2)
    }

    #[inline(always)]
    fn write<T: Target>(&self, row: usize, out: &mut [[i16; 2]]) {
        let (values, inverse_norm) = self.get(row);
        let factor = inverse_norm * self.units.scale;
        let (used, padding) = out.as_flattened_mut().split_at_mut(values.len());
        for (out, &value) in used.iter_mut().zip(values) {
            *out = nearest(f64::from(value) * factor);
        }
        padding.fill(0);
    }
}

impl Source<f32> for Picked<'_> {
    fn n_rows(&self) -> usize {
        self.len()
    }

    fn n_values(&self) -> usize {
        self.units.n_features
    }

    #[inline(always)]
    fn write<T: Target>(&self, row: usize, out: &mut [f32]) {
        let (values, inverse_norm) = self.get(row);
        for (out, &value) in out.iter_mut().zip(values) {
            *out = (f64::from(value) * inverse_norm) as f32;
        }
    }
}
