//! Choice probabilities and log-sums of a run of choice sets under every class.
//!
//! Each works on the utilities of entries, `(entries, n_classes)`: what needs to know a set, its peak and its sum, goes set
//! by set; the exponentials and logarithms go over all values alike, eight at a time.

use std::array::from_fn;
use std::ops::Range;

use super::entries::Entries;
use super::sets::ChoiceSets;
use crate::error::Result;
use crate::exponential::{exp_each_of_negative, ln_each_from_one};
use crate::matrix::Matrix;
use crate::row_parts::{read, write};
use crate::simd::{Target, Vectorized, vectorize};

/// Values that stay in the first cache.
pub(super) const BLOCK: usize = 1024;

/// How probable each item of a run of sets is within its set, `(items of the run, n_classes)`.
///
/// # Errors
/// Refuses rows that the table has not, or if there is not the memory.
pub(crate) fn probabilities(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    run: &Range<usize>,
) -> Result<Vec<f64>> {
    let mut out = Vec::new();
    vectorize(Probabilities {
        utility,
        entries: sets.entries(),
        run,
        out: &mut out,
    })?;
    Ok(out)
}

struct Probabilities<'a> {
    utility: Matrix<'a, f64>,
    entries: Entries<'a>,
    run: &'a Range<usize>,
    out: &'a mut Vec<f64>,
}

impl Vectorized for Probabilities<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let n_classes = self.utility.n_columns();
        let (entries, mut left) = (self.entries, self.run.clone());
        entries.gather(self.utility, &entries.of(&left), self.out)?;
        let mut rest: &mut [f64] = self.out;
        while !left.is_empty() {
            let block = entries.head(&left, BLOCK / n_classes);
            left.start = block.end;
            let (values, others) = rest.split_at_mut(entries.of(&block).len() * n_classes);
            rest = others;
            to_probabilities::<T>(&entries, &block, n_classes, values);
        }
        Ok(())
    }
}

/// Turns utilities of the entries of some outcomes into probabilities within each outcome.
#[inline(always)]
pub(super) fn to_probabilities<T: Target>(
    entries: &Entries<'_>,
    outcomes: &Range<usize>,
    n_classes: usize,
    values: &mut [f64],
) {
    by_classes!(
        n_classes,
        below_peak(n_classes, entries, outcomes, values, &mut [])
    );
    exp_each_of_negative::<T>(values);
    by_classes!(n_classes, normalize(n_classes, entries, outcomes, values));
}

/// Writes log Σ exp(utility) over the entries of each outcome, `(outcomes, n_classes)`; `values` holds the utilities and is
/// used up, `peaks` is room of the size of `out`.
#[inline(always)]
pub(super) fn log_sums<T: Target>(
    entries: &Entries<'_>,
    outcomes: &Range<usize>,
    n_classes: usize,
    values: &mut [f64],
    peaks: &mut [f64],
    out: &mut [f64],
) {
    by_classes!(
        n_classes,
        below_peak(n_classes, entries, outcomes, values, peaks)
    );
    exp_each_of_negative::<T>(values);
    by_classes!(n_classes, sums(n_classes, entries, outcomes, values, out));
    // The item of the peak alone adds 1.
    ln_each_from_one::<T>(out);
    for (out, peak) in out.iter_mut().zip(peaks) {
        *out += *peak;
    }
}

/// Takes from the utilities of each outcome their largest, which is written to `peaks` if there is room.
#[inline(always)]
fn below_peak<const W: usize>(
    first: usize,
    n_classes: usize,
    entries: &Entries<'_>,
    outcomes: &Range<usize>,
    values: &mut [f64],
    peaks: &mut [f64],
) -> usize {
    let mut start = 0;
    for (outcome, size) in entries.sizes(outcomes).enumerate() {
        let mut peak = [f64::NEG_INFINITY; W];
        for at in start..start + size {
            let row = read::<W>(values, n_classes, at, first);
            peak = from_fn(|n| if row[n] > peak[n] { row[n] } else { peak[n] });
        }
        for at in start..start + size {
            let row = read::<W>(values, n_classes, at, first);
            write(
                values,
                n_classes,
                at,
                first,
                from_fn::<_, W, _>(|n| row[n] - peak[n]),
            );
        }
        if !peaks.is_empty() {
            write(peaks, n_classes, outcome, first, peak);
        }
        start += size;
    }
    W
}

#[inline(always)]
fn normalize<const W: usize>(
    first: usize,
    n_classes: usize,
    entries: &Entries<'_>,
    outcomes: &Range<usize>,
    values: &mut [f64],
) -> usize {
    let mut start = 0;
    for size in entries.sizes(outcomes) {
        let rows = start..start + size;
        let inverse = sum_of::<W>(first, n_classes, values, &rows).map(|sum| 1.0 / sum);
        for at in rows {
            let row = read::<W>(values, n_classes, at, first);
            write(
                values,
                n_classes,
                at,
                first,
                from_fn::<_, W, _>(|n| row[n] * inverse[n]),
            );
        }
        start += size;
    }
    W
}

#[inline(always)]
fn sums<const W: usize>(
    first: usize,
    n_classes: usize,
    entries: &Entries<'_>,
    outcomes: &Range<usize>,
    values: &[f64],
    out: &mut [f64],
) -> usize {
    let mut start = 0;
    for (outcome, size) in entries.sizes(outcomes).enumerate() {
        let sum = sum_of::<W>(first, n_classes, values, &(start..start + size));
        write(out, n_classes, outcome, first, sum);
        start += size;
    }
    W
}

#[inline(always)]
fn sum_of<const W: usize>(
    first: usize,
    n_classes: usize,
    values: &[f64],
    rows: &Range<usize>,
) -> [f64; W] {
    let mut sum = [0.0; W];
    for at in rows.clone() {
        let row = read::<W>(values, n_classes, at, first);
        sum = from_fn(|n| sum[n] + row[n]);
    }
    sum
}
