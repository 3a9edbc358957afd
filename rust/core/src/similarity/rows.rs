//! Rows of embeddings as they enter a product: shifted and scaled while they are packed, so that no copy of them is made.

use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, not_finite};
use crate::memory::filled;
use crate::parallel::Workers;
use crate::product::Source;
use crate::simd::{Target, Vectorized, vectorize};

use super::exact::{dot, squared_distance};
use super::real::{Embedding, Real};

/// Rows whose norms a thread takes at a time.
const ROWS: usize = 256;

/// An argument of a kernel: its name, for those who must correct it, and its rows.
#[derive(Clone, Copy)]
pub(crate) struct Argument<'a, E> {
    pub name: &'static str,
    pub rows: Matrix<'a, E>,
}

impl<E: Embedding> Argument<'_, E> {
    /// The squared norm of every row.
    ///
    /// # Errors
    /// Refuses NaN and infinity, and float64 rows too long or too short for their square.
    pub fn squared_norms(&self, workers: &Workers<'_>) -> Result<Vec<f64>> {
        ensure(self.rows.n_columns() > 0, || {
            format!("{} must have a column", self.name)
        })?;
        let norms = self.squared(&[], workers)?;
        for (row, &norm) in norms.iter().enumerate() {
            // float64 alone has values whose squares it cannot hold.
            if !norm.is_finite() || norm < f64::MIN_POSITIVE {
                self.check(row, norm)?;
            }
        }
        Ok(norms)
    }

    /// The squared distance of every row from `center`.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn squared_distances(&self, center: &[f64], workers: &Workers<'_>) -> Result<Vec<f64>> {
        self.squared(center, workers)
    }

    fn squared(&self, center: &[f64], workers: &Workers<'_>) -> Result<Vec<f64>> {
        let mut out = filled(0.0, self.rows.n_rows())?;
        workers.run(out.chunks_mut(ROWS).enumerate(), |(chunk, out)| {
            vectorize(Squares {
                rows: self.rows,
                first: chunk * ROWS,
                center,
                out,
            });
            Ok(())
        })?;
        Ok(out)
    }

    /// Says why the squared norm of a row is not an ordinary number.
    ///
    /// # Errors
    /// Unless all its values are zero.
    pub fn check(&self, row: usize, norm: f64) -> Result<()> {
        let values = self.rows.row(row);
        if values.iter().any(|value| !value.widen().is_finite()) {
            return Err(not_finite(self.name, row, values));
        }
        if values.iter().all(|value| value.widen() == 0.0) {
            return Ok(());
        }
        Err(Error::Squares {
            size: if norm > 1.0 { "large" } else { "small" },
            argument: self.name,
            row,
        })
    }

    /// Refuses rows of zeros, which have no direction.
    ///
    /// # Errors
    /// Names the first.
    pub fn refuse_zeros(&self, squared_norms: &[f64]) -> Result<()> {
        match squared_norms.iter().position(|norm| *norm == 0.0) {
            Some(row) => Err(Error::ZeroRow {
                argument: self.name,
                row,
            }),
            None => Ok(()),
        }
    }

    /// Refuses rows longer than `longest`.
    ///
    /// # Errors
    /// Names the first.
    pub fn refuse_longer(
        &self,
        squared_norms: &[f64],
        longest: f64,
        what: &'static str,
    ) -> Result<()> {
        match squared_norms.iter().position(|norm| norm.sqrt() > longest) {
            Some(row) => Err(Error::Overflow {
                kind: E::Real::NAME,
                what,
                argument: self.name,
                row,
                norm: squared_norms[row].sqrt(),
            }),
            None => Ok(()),
        }
    }
}

/// The squared norms of some rows, or their squared distances from a point.
struct Squares<'a, E> {
    rows: Matrix<'a, E>,
    first: usize,
    center: &'a [f64],
    out: &'a mut [f64],
}

impl<E: Embedding> Vectorized for Squares<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        for (row, out) in (self.first..).zip(self.out) {
            let row = self.rows.row(row);
            *out = if self.center.is_empty() {
                dot::<T, E>(row, row)
            } else {
                squared_distance::<T, E, f64>(row, self.center)
            };
        }
    }
}

/// Row `i` enters the product as `(row − center) · scales[i]`.
pub(crate) struct Scaled<'a, E> {
    pub rows: Matrix<'a, E>,
    /// Nothing, or what is subtracted.
    pub center: &'a [f64],
    pub scales: &'a [f64],
}

impl<E: Embedding> Source<E::Real> for Scaled<'_, E> {
    fn n_rows(&self) -> usize {
        self.rows.n_rows()
    }

    fn n_values(&self) -> usize {
        self.rows.n_columns()
    }

    #[inline(always)]
    fn write<T: Target>(&self, row: usize, out: &mut [E::Real]) {
        let scale = self.scales[row];
        let values = self.rows.row(row);
        let (wide_out, rest_out) = out.as_chunks_mut::<8>();
        let (wide, rest) = values.as_chunks::<8>();
        let (factor, zero) = (T::splat(scale), T::splat(0.0));
        if self.center.is_empty() {
            for (out, values) in wide_out.iter_mut().zip(wide) {
                let scaled = T::mul_add_x8(E::widen_x8::<T>(values), factor, zero);
                *out = E::Real::from_vector::<T>(scaled);
            }
            for (out, value) in rest_out.iter_mut().zip(rest) {
                *out = E::Real::from_f64(value.widen() * scale);
            }
        } else {
            let (wide_center, rest_center) = self.center.as_chunks::<8>();
            for ((out, values), center) in wide_out.iter_mut().zip(wide).zip(wide_center) {
                let shifted =
                    T::mul_add_x8(T::splat(-1.0), T::load(center), E::widen_x8::<T>(values));
                *out = E::Real::from_vector::<T>(T::mul_add_x8(shifted, factor, zero));
            }
            for ((out, value), center) in rest_out.iter_mut().zip(rest).zip(rest_center) {
                *out = E::Real::from_f64((value.widen() - center) * scale);
            }
        }
    }
}

/// The mean of each column, in float64, every row taken `factor` times.
///
/// # Errors
/// As [`Workers::run`].
pub(crate) fn column_means<E: Embedding>(
    rows: Matrix<'_, E>,
    factor: impl Fn(usize) -> f64 + Sync,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let n = rows.n_rows();
    let mut means = filled(0.0, rows.n_columns())?;
    let chunks = (0..n.div_ceil(ROWS)).map(|chunk| chunk * ROWS..n.min((chunk + 1) * ROWS));
    let sums = |range: std::ops::Range<usize>| {
        let mut sums = filled(0.0, rows.n_columns())?;
        for row in range {
            let factor = factor(row);
            for (sum, value) in sums.iter_mut().zip(rows.row(row)) {
                *sum += value.widen() * factor;
            }
        }
        Ok(sums)
    };
    workers.fold(chunks, sums, |sums| {
        for (mean, sum) in means.iter_mut().zip(sums) {
            *mean += sum;
        }
    })?;
    let count = n.max(1) as f64;
    for mean in &mut means {
        *mean /= count;
    }
    Ok(means)
}

/// The largest norm, given its square.
pub(crate) fn longest(squared_norms: &[f64]) -> f64 {
    squared_norms.iter().copied().fold(0.0, f64::max).sqrt()
}
