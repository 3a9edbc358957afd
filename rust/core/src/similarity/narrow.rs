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
use crate::memory::{filled, gathered};
use crate::parallel::Workers;
use crate::product::Source;
use crate::simd::{Target, Vectorized, vectorize};

use super::bounds::{About, Known, Most, about_bytes, about_floats, nearest};
use super::exact::Score;
use super::real::Embedding;
use super::rows::column_means;

/// Rows whose bounds a thread computes at a time.
const ROWS: usize = 256;

/// Blocks read as many values as they are long, also where they hang over the edge.
const LONGEST_BLOCK: usize = 32;

/// Rows and what is known of each.
pub(crate) struct Narrow<'a, E> {
    pub rows: Matrix<'a, E>,
    pub squared_norms: Vec<f64>,
    /// f and −m.
    factors: Vec<f64>,
    minus_center: Vec<f64>,
    /// 1 / s, or nothing where the rows are floats.
    inverse_steps: Vec<f64>,
    pub estimated: Estimated,
}

/// What estimates of products with the rows take.
pub(crate) struct Estimated {
    pub known: Vec<Known>,
    /// s, and what is added to a product with this row; both with room for a block that hangs over.
    pub steps: Vec<f32>,
    pub offsets: Vec<f32>,
}

impl Estimated {
    /// Nothing yet of `n` rows.
    fn nothing(n: usize) -> Result<Self> {
        Ok(Self {
            known: Vec::new(),
            steps: filled(0.0, n + LONGEST_BLOCK)?,
            offsets: filled(f32::NEG_INFINITY, n + LONGEST_BLOCK)?,
        })
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
        let factors = gathered(squared_norms.iter().map(|norm| scale.factor(*norm)))?;
        let mut narrow = Self {
            rows,
            factors,
            squared_norms,
            minus_center: gathered(scale.center.iter().map(|value| -value))?,
            inverse_steps: Vec::new(),
            estimated: Estimated::nothing(n)?,
        };
        let mut about = filled(About::default(), n)?;
        workers.run(about.chunks_mut(ROWS).enumerate(), |(chunk, out)| {
            vectorize(Describe {
                narrow: &narrow,
                bytes,
                dot: scale.kind != Score::SquaredDistance,
                first: chunk * ROWS,
                out,
            })
        })?;
        narrow.estimated.known = gathered(about.iter().map(|about| about.known))?;
        for (row, about) in about.iter().enumerate() {
            narrow.estimated.steps[row] = about.step as f32;
            narrow.estimated.offsets[row] = about.known.offset;
        }
        if bytes {
            narrow.inverse_steps = gathered(about.iter().map(|about| about.inverse_step))?;
        }
        Ok(narrow)
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

/// Finds out about some rows.
struct Describe<'a, E> {
    narrow: &'a Narrow<'a, E>,
    bytes: bool,
    dot: bool,
    first: usize,
    out: &'a mut [About],
}

impl<E: Embedding> Vectorized for Describe<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let n_columns = self.narrow.rows.n_columns();
        let mut values = filled(0.0, n_columns.next_multiple_of(8))?;
        let mut center = filled(0.0, values.len())?;
        for (center, minus) in center.iter_mut().zip(&self.narrow.minus_center) {
            *center = -minus;
        }
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
        Ok(())
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
