//! Choice probabilities of a run of choice sets under every class.

use std::array::from_fn;
use std::ops::Range;

use super::ChoiceSets;
use crate::exponential::{exp_of_negative, ln_from_one};
use crate::matrix::Matrix;
use crate::simd::{Target, Vectorized, vectorize};

/// How probable each item of a run of sets is within its set, `(items of the run, n_classes)`.
pub(crate) fn probabilities(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    run: &Range<usize>,
) -> Vec<f64> {
    let mut out = vec![0.0; sets.items_of(run).len() * utility.n_columns()];
    vectorize(Probabilities {
        utility,
        sets,
        run,
        out: &mut out,
    });
    out
}

/// Writes log Σ exp(utility) over each set of a run, `(sets of the run, n_classes)`.
pub(super) fn log_sums(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    run: &Range<usize>,
    out: &mut [f64],
) {
    vectorize(LogSums {
        utility,
        sets,
        run,
        out,
    });
}

/// Calls a function of the first of `W` consecutive classes for every stretch of classes: by eights, the rest by four,
/// two and one, so that each stretch has a length known to the compiler.
macro_rules! by_classes {
    ($n_classes:expr, $function:ident :: <$target:ident>($($argument:expr),*)) => {
        let mut first = 0;
        while first < $n_classes {
            first += match $n_classes - first {
                8.. => $function::<$target, 8>(first, $($argument),*),
                4.. => $function::<$target, 4>(first, $($argument),*),
                2.. => $function::<$target, 2>(first, $($argument),*),
                _ => $function::<$target, 1>(first, $($argument),*),
            };
        }
    };
}

struct Probabilities<'a> {
    utility: Matrix<'a, f64>,
    sets: &'a ChoiceSets<'a>,
    run: &'a Range<usize>,
    out: &'a mut [f64],
}

impl Vectorized for Probabilities<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            utility,
            sets,
            run,
            out,
        } = self;
        by_classes!(
            utility.n_columns(),
            probabilities_of::<T>(utility, sets, run, out)
        );
    }
}

#[inline(always)]
fn probabilities_of<T: Target, const W: usize>(
    first: usize,
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    run: &Range<usize>,
    out: &mut [f64],
) -> usize {
    let n_classes = utility.n_columns();
    let mut rest = out;
    for set in run.clone() {
        let items = sets.items(set);
        let peak = peak_of::<W>(first, utility, items);
        let mut sum = [0.0; W];
        let (of_set, others) = rest.split_at_mut(items.len() * n_classes);
        rest = others;
        for (&item, row) in items.iter().zip(of_set.chunks_exact_mut(n_classes)) {
            let utility = classes::<W>(first, utility, item);
            let value = exp_of_negative::<T, W>(from_fn(|class| utility[class] - peak[class]));
            sum = from_fn(|class| sum[class] + value[class]);
            row[first..first + W].copy_from_slice(&value);
        }
        let inverse = sum.map(|sum| 1.0 / sum);
        for row in of_set.chunks_exact_mut(n_classes) {
            for (value, inverse) in row[first..first + W].iter_mut().zip(inverse) {
                *value *= inverse;
            }
        }
    }
    W
}

struct LogSums<'a> {
    utility: Matrix<'a, f64>,
    sets: &'a ChoiceSets<'a>,
    run: &'a Range<usize>,
    out: &'a mut [f64],
}

impl Vectorized for LogSums<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            utility,
            sets,
            run,
            out,
        } = self;
        by_classes!(
            utility.n_columns(),
            log_sums_of::<T>(utility, sets, run, out)
        );
    }
}

#[inline(always)]
fn log_sums_of<T: Target, const W: usize>(
    first: usize,
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    run: &Range<usize>,
    out: &mut [f64],
) -> usize {
    for (set, out) in run.clone().zip(out.chunks_exact_mut(utility.n_columns())) {
        let items = sets.items(set);
        let peak = peak_of::<W>(first, utility, items);
        let mut sum = [0.0; W];
        for &item in items {
            let utility = classes::<W>(first, utility, item);
            let value = exp_of_negative::<T, W>(from_fn(|class| utility[class] - peak[class]));
            sum = from_fn(|class| sum[class] + value[class]);
        }
        // The item of the peak alone adds 1.
        let log = ln_from_one::<T, W>(sum);
        out[first..first + W]
            .copy_from_slice(&from_fn::<_, W, _>(|class| peak[class] + log[class]));
    }
    W
}

/// Utilities of an item under `W` classes.
#[inline(always)]
fn classes<const W: usize>(first: usize, utility: Matrix<'_, f64>, item: i32) -> [f64; W] {
    let row = &utility.row(item as usize)[first..first + W];
    from_fn(|class| row[class])
}

/// The largest utility in a set under `W` classes.
#[inline(always)]
fn peak_of<const W: usize>(first: usize, utility: Matrix<'_, f64>, items: &[i32]) -> [f64; W] {
    let mut peak = [f64::NEG_INFINITY; W];
    for &item in items {
        let row = classes::<W>(first, utility, item);
        peak = from_fn(|class| {
            if row[class] > peak[class] {
                row[class]
            } else {
                peak[class]
            }
        });
    }
    peak
}
