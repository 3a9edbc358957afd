//! Rows in a narrow type, with what is known of the error: products of them say which pairs deserve an exact look.
//!
//! A row x enters as c = f·x − m, f its factor and m the centre, near the mean of all. With q = round(c / s), s its step, and
//! r = c − s·q the rest,
//!
//! c·c' = s·s' (q·q') + s·q·r' + r·c',   hence   |c·c' − s·s' (q·q')| ≤ ‖s·q‖·‖r'‖ + ‖r‖·‖c'‖
//!
//! by the Cauchy-Schwarz inequality. The three norms of every row are computed, so that the bound is proven, not hoped for. On
//! processors that multiply bytes four at a time q is a byte; elsewhere it is c rounded to float32, s = 1, and ‖r‖ stands for
//! the rounding of the sum as well.

use crate::error::Result;
use crate::matrix::Matrix;
use crate::parallel::Workers;
use crate::product::Source;
use crate::simd::{Target, Vectorized, vectorize};

use super::exact::Score;
use super::real::Embedding;
use super::rows::column_means;

/// Rows whose bounds a thread computes at a time.
const ROWS: usize = 256;

/// Blocks read as many values as they are long, also where they hang over the edge.
const LONGEST_BLOCK: usize = 32;

/// Room for the rounding of float32 on the way to an estimate: sixteen times what one operation rounds.
const SLACK: f32 = 1.0 / (1 << 20) as f32;

/// And for products too small for it.
const UNDERFLOW: f32 = 1e-30;

/// Rows and what is known of each.
pub(crate) struct Narrow<'a, E> {
    pub rows: Matrix<'a, E>,
    pub squared_norms: Vec<f64>,
    /// f and −m.
    factors: Vec<f64>,
    minus_center: Vec<f64>,
    /// 1 / s, or nothing where the rows are floats.
    inverse_steps: Vec<f64>,
    pub known: Vec<Known>,
    /// s, and what is added to a product with this row; both with room for a block that hangs over.
    pub steps: Vec<f32>,
    pub offsets: Vec<f32>,
}

/// What is known of a row.
#[derive(Clone, Copy, Default)]
pub(crate) struct Known {
    /// ‖s·q‖.
    narrow: f32,
    /// ‖r‖.
    rest: f32,
    /// ‖c‖.
    norm: f32,
    /// What its products are short of: of a dot product m·c + m·m / 2, of half a squared distance, taken away, −c·c / 2.
    pub offset: f32,
}

/// The largest of what is known of several rows.
#[derive(Clone, Copy, Default)]
pub(crate) struct Most {
    rest: f32,
    norm: f32,
    offset: f32,
}

impl Known {
    /// Of this row alone.
    pub fn alone(&self) -> Most {
        Most {
            rest: self.rest,
            norm: self.norm,
            offset: self.offset.abs(),
        }
    }
}

impl Most {
    /// No estimate of a product of `row` with one of these is further from the truth than this.
    #[inline(always)]
    pub fn error(&self, row: &Known) -> f32 {
        let bound = row.narrow * self.rest + row.rest * self.norm;
        let sizes = row.norm * self.norm + row.offset.abs() + self.offset;
        bound + SLACK * (bound + sizes) + UNDERFLOW
    }
}

/// In what the scores of a kind are estimated: for every kind more is better.
pub(crate) struct Scale {
    pub kind: Score,
    /// What rows are divided by where their length counts: a power of two.
    unit: f64,
    center: Vec<f64>,
}

impl Scale {
    /// Of the database that is searched and the rows that search it.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn new<E: Embedding>(
        kind: Score,
        database: (Matrix<'_, E>, &[f64]),
        longest: f64,
        workers: &Workers<'_>,
    ) -> Result<Self> {
        let (rows, squared_norms) = database;
        let unit = if longest > 0.0 {
            2.0_f64.powi(longest.log2().floor() as i32)
        } else {
            1.0
        };
        let inverse = |row: usize| match kind {
            Score::Cosine => 1.0 / squared_norms[row].sqrt(),
            _ => 1.0 / unit,
        };
        let center = column_means(rows, inverse, workers)?;
        Ok(Self { kind, unit, center })
    }

    fn factor(&self, squared_norm: f64) -> f64 {
        match self.kind {
            Score::Cosine => 1.0 / squared_norm.sqrt(),
            _ => 1.0 / self.unit,
        }
    }

    /// The estimate that an exact score would have, of a pair with these two rows.
    pub fn estimate_of(&self, score: f64) -> f64 {
        match self.kind {
            Score::Cosine => score,
            Score::Dot => score / (self.unit * self.unit),
            Score::SquaredDistance => -0.5 * score / (self.unit * self.unit),
        }
    }
}

impl<'a, E: Embedding> Narrow<'a, E> {
    /// Computes what is known of every row.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn new(
        rows: Matrix<'a, E>,
        squared_norms: Vec<f64>,
        scale: &Scale,
        bytes: bool,
        workers: &Workers<'_>,
    ) -> Result<Self> {
        let n = rows.n_rows();
        let factors: Vec<f64> = squared_norms
            .iter()
            .map(|norm| scale.factor(*norm))
            .collect();
        let mut narrow = Self {
            rows,
            factors,
            squared_norms,
            minus_center: scale.center.iter().map(|value| -value).collect(),
            inverse_steps: Vec::new(),
            known: Vec::new(),
            steps: vec![0.0; n + LONGEST_BLOCK],
            offsets: vec![f32::NEG_INFINITY; n + LONGEST_BLOCK],
        };
        let mut about = vec![About::default(); n];
        workers.run(about.chunks_mut(ROWS).enumerate(), |(chunk, out)| {
            vectorize(Describe {
                narrow: &narrow,
                bytes,
                dot: scale.kind != Score::SquaredDistance,
                first: chunk * ROWS,
                out,
            });
            Ok(())
        })?;
        narrow.known = about.iter().map(|about| about.known).collect();
        for (row, about) in about.iter().enumerate() {
            narrow.steps[row] = about.step as f32;
            narrow.offsets[row] = about.known.offset;
        }
        if bytes {
            narrow.inverse_steps = about.iter().map(|about| about.inverse_step).collect();
        }
        Ok(narrow)
    }

    /// The largest of what is known of these rows.
    pub fn most(&self, rows: std::ops::Range<usize>) -> Most {
        self.known[rows]
            .iter()
            .fold(Most::default(), |most, row| Most {
                rest: most.rest.max(row.rest),
                norm: most.norm.max(row.norm),
                offset: most.offset.max(row.offset.abs()),
            })
    }

    /// c, eight values at a time and then one by one.
    #[inline(always)]
    fn centered<T: Target, O>(
        &self,
        row: usize,
        out: &mut [O],
        eight: impl Fn(T::F64x8) -> [O; 8],
        one: impl Fn(f64) -> O,
    ) {
        let factor = self.factors[row];
        let (wide_out, rest_out) = out.as_chunks_mut::<8>();
        let (wide, rest) = self.rows.row(row).as_chunks::<8>();
        let (wide_minus, rest_minus) = self.minus_center.as_chunks::<8>();
        for ((out, values), minus) in wide_out.iter_mut().zip(wide).zip(wide_minus) {
            let (values, minus) = (E::widen_x8::<T>(values), T::load(minus));
            *out = eight(T::mul_add_x8(values, T::splat(factor), minus));
        }
        for ((out, value), minus) in rest_out.iter_mut().zip(rest).zip(rest_minus) {
            *out = one(T::mul_add(value.widen(), factor, *minus));
        }
    }
}

/// Adding this leaves the nearest integer in the low bits of the sum.
const ROUND: f32 = 12_582_912.0;

/// The nearest byte to a value that has one.
#[inline(always)]
fn nearest(value: f32) -> i8 {
    (value + ROUND).to_bits() as i8
}

#[derive(Clone, Copy, Default)]
struct About {
    known: Known,
    step: f64,
    inverse_step: f64,
}

/// Finds out about some rows.
struct Describe<'a, E> {
    narrow: &'a Narrow<'a, E>,
    bytes: bool,
    dot: bool,
    first: usize,
    out: &'a mut [About],
}

impl<E: Embedding> Vectorized for Describe<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let n_columns = self.narrow.rows.n_columns();
        let mut values = vec![0.0; n_columns.next_multiple_of(8)];
        let mut center: Vec<f64> = self
            .narrow
            .minus_center
            .iter()
            .map(|value| -value)
            .collect();
        center.resize(values.len(), 0.0);
        for (row, out) in (self.first..).zip(self.out) {
            let out_values = &mut values[..n_columns];
            self.narrow.centered::<T, f64>(
                row,
                out_values,
                |values| T::store(values),
                |value| value,
            );
            *out = if self.bytes {
                about_bytes(&values, &center, self.dot)
            } else {
                about_floats(&values, &center, self.dot)
            };
        }
    }
}

/// Sums of `term` in eight lanes.
#[inline(always)]
fn lanes(values: &[f64], others: &[f64], term: impl Fn(f64, f64) -> f64) -> f64 {
    let mut sums = [0.0; 8];
    let (values, _) = values.as_chunks::<8>();
    let (others, _) = others.as_chunks::<8>();
    for (values, others) in values.iter().zip(others) {
        for lane in 0..8 {
            sums[lane] += term(values[lane], others[lane]);
        }
    }
    sums.iter().sum()
}

#[inline(always)]
fn about_bytes(values: &[f64], center: &[f64], dot: bool) -> About {
    let mut most = [0.0_f64; 8];
    let (chunks, _) = values.as_chunks::<8>();
    for chunk in chunks {
        for lane in 0..8 {
            let size = chunk[lane].abs();
            most[lane] = if size > most[lane] { size } else { most[lane] };
        }
    }
    let most = most.into_iter().fold(0.0, f64::max);
    // A row of nothing but centre is all rest.
    let inverse_step = if most > 1e-30 { 127.0 / most } else { 0.0 };
    let step = f64::from((most / 127.0) as f32);
    let whole = |value: f64| f64::from(nearest((value * inverse_step) as f32));
    let narrow = lanes(values, values, |value, _| whole(value) * whole(value));
    let rest = lanes(values, values, |value, _| {
        let rest = value - step * whole(value);
        rest * rest
    });
    about(
        values,
        center,
        dot,
        step * narrow.sqrt(),
        rest.sqrt(),
        (step, inverse_step),
    )
}

#[inline(always)]
fn about_floats(values: &[f64], center: &[f64], dot: bool) -> About {
    let norm = lanes(values, values, |value, _| value * value).sqrt();
    // Both sides' rests together exceed the error of a float32 sum of so many terms, each rounded.
    let rest = norm * (values.len() as f64 / 2.0 + 4.0) * f64::from(f32::EPSILON);
    about(values, center, dot, norm, rest, (1.0, 1.0))
}

#[inline(always)]
fn about(
    values: &[f64],
    center: &[f64],
    dot: bool,
    narrow: f64,
    rest: f64,
    (step, inverse_step): (f64, f64),
) -> About {
    let squared = lanes(values, values, |value, _| value * value);
    let up = |value: f64| (value * 1.000_001) as f32;
    let offset = if dot {
        lanes(values, center, |value, center| {
            center * (value + 0.5 * center)
        })
    } else {
        -0.5 * squared
    };
    About {
        known: Known {
            narrow: up(narrow),
            rest: up(rest),
            norm: up(squared.sqrt()),
            offset: offset as f32,
        },
        step,
        inverse_step,
    }
}

impl<E: Embedding> Source<[i8; 4]> for Narrow<'_, E> {
    fn n_rows(&self) -> usize {
        self.rows.n_rows()
    }

    fn n_values(&self) -> usize {
        self.rows.n_columns().div_ceil(4)
    }

    #[inline(always)]
    fn write<T: Target>(&self, row: usize, out: &mut [[i8; 4]]) {
        let inverse_step = self.inverse_steps[row];
        let (used, padding) = out.as_flattened_mut().split_at_mut(self.rows.n_columns());
        let eight = |values| {
            let scaled = T::mul_add_x8(values, T::splat(inverse_step), T::splat(0.0));
            T::narrow(scaled).map(nearest)
        };
        let one = |value: f64| nearest((value * inverse_step) as f32);
        self.centered::<T, i8>(row, used, eight, one);
        padding.fill(0);
    }
}

impl<E: Embedding> Source<f32> for Narrow<'_, E> {
    fn n_rows(&self) -> usize {
        self.rows.n_rows()
    }

    fn n_values(&self) -> usize {
        self.rows.n_columns()
    }

    #[inline(always)]
    fn write<T: Target>(&self, row: usize, out: &mut [f32]) {
        self.centered::<T, f32>(row, out, |values| T::narrow(values), |value| value as f32);
    }
}
