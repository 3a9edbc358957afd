//! Row-major views: the shape of a kernel's arguments, checked once at the door.

use std::array::from_fn;
use std::ops::Range;

use half::{bf16, f16};

use crate::error::{Error, Result, ensure};
use crate::parallel::Workers;
use crate::simd::Target;

/// Values that a thread looks through at a time.
const VALUES_PER_TASK: usize = 1 << 16;

/// What a row may hold: floats of 64, 32 or 16 bits or bytes, read as float64.
pub trait Element: Copy + Default + Send + Sync + 'static {
    /// float64 holds the product of two values exactly.
    const EXACT_PRODUCTS: bool;
    /// The value, exactly.
    fn widen(self) -> f64;
    /// Eight values, exactly.
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8;
}

impl Element for f32 {
    const EXACT_PRODUCTS: bool = true;

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
    const EXACT_PRODUCTS: bool = false;

    #[inline(always)]
    fn widen(self) -> f64 {
        self
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::load(values)
    }
}

impl Element for f16 {
    const EXACT_PRODUCTS: bool = true;

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self.to_f32())
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::widen(&T::floats_of_halves(values))
    }
}

impl Element for bf16 {
    const EXACT_PRODUCTS: bool = true;

    /// It is the upper half of a float32; NaN need not keep its payload, as `bf16::to_f32` takes care that it does.
    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(f32::from_bits(u32::from(self.to_bits()) << 16))
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::widen_upper_halves(&values.map(bf16::to_bits))
    }
}

impl Element for i8 {
    const EXACT_PRODUCTS: bool = true;

    #[inline(always)]
    fn widen(self) -> f64 {
        f64::from(self)
    }

    #[inline(always)]
    fn widen_x8<T: Target>(values: &[Self; 8]) -> T::F64x8 {
        T::widen(&from_fn(|at| f32::from(values[at])))
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

    /// Consecutive rows, as a matrix.
    pub(crate) fn part(&self, rows: Range<usize>) -> Self {
        Self {
            values: self.rows(rows.clone()),
            n_rows: rows.len(),
            n_columns: self.n_columns,
        }
    }

    /// Consecutive rows, as one slice.
    #[inline(always)]
    pub(crate) fn rows(&self, rows: Range<usize>) -> &'a [T] {
        &self.values[rows.start * self.n_columns..rows.end * self.n_columns]
    }
}

/// The error that names the first value of a row that is not finite; `row` is its number in the whole argument.
pub(crate) fn not_finite<E: Element>(argument: &'static str, row: usize, values: &[E]) -> Error {
    let column = values
        .iter()
        .position(|value| !value.widen().is_finite())
        .unwrap_or(0);
    let value = values.get(column).map_or(f64::NAN, |value| value.widen());
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

/// Checks that every value is finite.
pub(crate) fn check_finite(
    argument: &'static str,
    matrix: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<()> {
    let n_columns = matrix.n_columns().max(1);
    let length = (VALUES_PER_TASK / n_columns).max(1) * n_columns;
    workers.run(
        matrix.values().chunks(length).enumerate(),
        |(task, values)| {
            // Without a branch the loop vectorises.
            if values.iter().fold(true, |all, x| all & x.is_finite()) {
                return Ok(());
            }
            let row = values.iter().position(|x| !x.is_finite()).unwrap_or(0) / n_columns;
            let bad = &values[row * n_columns..(row + 1) * n_columns];
            Err(not_finite(argument, task * length / n_columns + row, bad))
        },
    )
}

/// Checks that `offsets` cuts `n_values` values into groups and returns the number of groups.
pub(crate) fn check_offsets(name: &str, offsets: &[i64], n_values: usize) -> Result<usize> {
    let first = offsets.first();
    ensure(first == Some(&0), || format!("{name} must start with 0"))?;
    // Without a branch inside it the search is several times as fast.
    let decreases = |(before, after): (&i64, &i64)| before > after;
    let pairs = offsets.iter().zip(&offsets[1..]);
    if pairs.fold(false, |any, pair| any | decreases(pair))
        && let Some(at) = offsets.windows(2).position(|pair| pair[0] > pair[1])
    {
        let (before, after) = (offsets[at], offsets[at + 1]);
        return Err(Error::Shape(format!(
            "{name} must not decrease: {name}[{}]={after} after {name}[{at}]={before}",
            at + 1
        )));
    }
    check_ends(name, offsets, n_values)
}

/// Checks the first and the last of `offsets` alone, and returns the number of groups.
pub(crate) fn check_ends(name: &str, offsets: &[i64], n_values: usize) -> Result<usize> {
    let (first, last) = (offsets.first(), offsets.last().copied().unwrap_or(0));
    ensure(first == Some(&0), || format!("{name} must start with 0"))?;
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
    while first < n_groups {
        let enough = offsets[first].saturating_add(weight as i64);
        let after = offsets[first + 1..].partition_point(|&offset| offset < enough);
        let last = n_groups.min(first + 1 + after);
        runs.push(first..last);
        first = last;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simd::{Vectorized, vectorize};

    struct Eight<E>([E; 8]);

    impl<E: Element> Vectorized for Eight<E> {
        type Output = [f64; 8];

        fn run<T: Target>(self) -> [f64; 8] {
            T::store(E::widen_x8::<T>(&self.0))
        }
    }

    fn widened<E: Element>(values: [E; 8]) -> [u64; 8] {
        let wide = vectorize(Eight(values)).map(f64::to_bits);
        assert_eq!(wide, values.map(|value| value.widen().to_bits()));
        wide
    }

    #[test]
    fn every_half_and_every_byte_is_widened_exactly() {
        for bits in (0..=u16::MAX).step_by(8) {
            let bits: [u16; 8] = from_fn(|at| bits + at as u16);
            let halves = bits.map(f16::from_bits);
            if halves.iter().all(|value| !value.is_nan()) {
                assert_eq!(widened(halves), halves.map(|x| x.to_f64_const().to_bits()));
            }
            let brains = bits.map(bf16::from_bits);
            if brains.iter().all(|value| !value.is_nan()) {
                assert_eq!(widened(brains), brains.map(|x| x.to_f64_const().to_bits()));
            }
        }
        for first in (i8::MIN..=i8::MAX).step_by(8) {
            let bytes = from_fn(|at| first + at as i8);
            assert_eq!(widened(bytes), bytes.map(|x| f64::from(x).to_bits()));
        }
    }

    #[test]
    fn a_value_that_is_no_number_stays_none() {
        assert!(widened([f16::NAN; 8]).map(f64::from_bits)[7].is_nan());
        assert!(widened([bf16::NAN; 8]).map(f64::from_bits)[7].is_nan());
    }
}
