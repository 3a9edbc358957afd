//! Row-major views: the shape of a kernel's arguments, checked once at the door.

use std::ops::Range;

use crate::error::{Error, Result, ensure};
use crate::simd::Target;

/// float32 or float64, read as float64.
pub trait Element: Copy + Default + Send + Sync + 'static {
    /// The value, exactly.
    fn widen(self) -> f64;
    /// Eight values, exactly.
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8;
}

impl Element for f32 {
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::widen(values)
    }
}

impl Element for f64 {
    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::load(values)
    }
}

/// A row-major view of `n_rows` rows with `n_columns` values each.
#[derive(Debug)]
pub struct Matrix<'a, T> {
    values: &'a [T],
    n_rows: usize,
    n_columns: usize,
}

impl<T> Clone for Matrix<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Matrix<'_, T> {}

impl<'a, T> Matrix<'a, T> {
    /// # Errors
    /// [`Error::Shape`] if `values` does not hold `n_rows * n_columns` values.
    pub fn new(values: &'a [T], n_rows: usize, n_columns: usize) -> Result<Self> {
        ensure(n_rows.checked_mul(n_columns) == Some(values.len()), || {
            format!(
                "{} values do not make a matrix of shape ({n_rows}, {n_columns})",
                values.len()
            )
        })?;
        Ok(Self {
            values,
            n_rows,
            n_columns,
        })
    }

    /// All values, row after row.
    #[must_use]
    pub fn values(&self) -> &'a [T] {
        self.values
    }

    /// Number of rows.
    #[must_use]
    pub fn n_rows(&self) -> usize {
        self.n_rows
    }

    /// Number of columns.
    #[must_use]
    pub fn n_columns(&self) -> usize {
        self.n_columns
    }

    /// One row.
    #[inline(always)]
    pub(crate) fn row(&self, row: usize) -> &'a [T] {
        &self.values[row * self.n_columns..(row + 1) * self.n_columns]
    }

    /// Consecutive rows, as one slice.
    #[inline(always)]
    pub(crate) fn rows(&self, rows: Range<usize>) -> &'a [T] {
        &self.values[rows.start * self.n_columns..rows.end * self.n_columns]
    }
}

/// The error that names the first value of a row that is not finite; `row` is its number in the whole argument.
pub(crate) fn not_finite(argument: &'static str, row: usize, values: &[f32]) -> Error {
    let column = values
        .iter()
        .position(|value| !value.is_finite())
        .unwrap_or(0);
    let value = values.get(column).copied().unwrap_or(f32::NAN);
    let value = if value.is_nan() {
        "nan".to_owned()
    } else {
        format!("{value}")
    };
    Error::NotFinite {
        argument,
        row,
        column,
        value,
    }
}

/// Checks that `offsets` cuts `n_values` values into groups and returns the number of groups.
pub(crate) fn check_offsets(name: &str, offsets: &[i64], n_values: usize) -> Result<usize> {
    ensure(offsets.first() == Some(&0), || {
        format!("{name} must start with 0")
    })?;
    if let Some(at) = offsets.windows(2).position(|pair| pair[0] > pair[1]) {
        let (before, after) = (offsets[at], offsets[at + 1]);
        return Err(Error::Shape(format!(
            "{name} must not decrease: {name}[{}]={after} after {name}[{at}]={before}",
            at + 1
        )));
    }
    let last = offsets[offsets.len() - 1];
    ensure(usize::try_from(last) == Ok(n_values), || {
        format!("{name} must end with the number of values: {name}[-1]={last} for {n_values}")
    })?;
    Ok(offsets.len() - 1)
}

/// Group `index` of checked offsets.
#[inline(always)]
pub(crate) fn group(offsets: &[i64], index: usize) -> Range<usize> {
    offsets[index] as usize..offsets[index + 1] as usize
}

/// Cuts groups into runs of consecutive groups that hold at least `weight` values each (but the last).
///
/// The cut depends on the offsets alone, so that results do not depend on the number of threads.
pub(crate) fn runs_of_groups(offsets: &[i64], weight: usize) -> Vec<Range<usize>> {
    let n_groups = offsets.len() - 1;
    let mut runs = Vec::new();
    let mut first = 0;
    for last in 1..=n_groups {
        if last == n_groups || (offsets[last] - offsets[first]) as usize >= weight {
            runs.push(first..last);
            first = last;
        }
    }
    runs
}

/// Splits a row-major buffer into one piece for each run of rows.
pub(crate) fn split_rows<'a, T>(
    mut values: &'a mut [T],
    n_columns: usize,
    runs: &[Range<usize>],
) -> Vec<&'a mut [T]> {
    let mut pieces = Vec::with_capacity(runs.len());
    for run in runs {
        let (piece, rest) = values.split_at_mut(run.len() * n_columns);
        pieces.push(piece);
        values = rest;
    }
    pieces
}
