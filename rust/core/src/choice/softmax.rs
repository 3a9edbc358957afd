//! Choice probabilities of a run of choice sets under every class.

use std::ops::Range;

use super::ChoiceSets;
use crate::matrix::Matrix;
use crate::simd::{Target, Vectorized, vectorize};

/// Choice probabilities, and the logarithm of the sums that they were divided by.
#[derive(Default)]
pub(crate) struct Softmax {
    /// `(items of the run, n_classes)`: how probable each item is within its set.
    pub probability: Vec<f64>,
    /// `(sets of the run, n_classes)`: log Σ exp(utility) over the set.
    pub log_sum: Vec<f64>,
}

impl Softmax {
    /// Computes a run of sets anew, reusing the buffers.
    pub fn fill(&mut self, utility: Matrix<'_, f64>, sets: &ChoiceSets<'_>, run: Range<usize>) {
        vectorize(Fill {
            softmax: self,
            utility,
            sets,
            run,
        });
    }
}

struct Fill<'a> {
    softmax: &'a mut Softmax,
    utility: Matrix<'a, f64>,
    sets: &'a ChoiceSets<'a>,
    run: Range<usize>,
}

impl Vectorized for Fill<'_> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let n_classes = self.utility.n_columns();
        let Softmax {
            probability,
            log_sum,
        } = self.softmax;
        probability.clear();
        for &item in self.sets.items_of(&self.run) {
            probability.extend_from_slice(self.utility.row(item as usize));
        }
        log_sum.clear();
        log_sum.resize(self.run.len() * n_classes, f64::NEG_INFINITY);
        for (set, peak) in by_set(probability, self.sets, &self.run, n_classes)
            .zip(log_sum.chunks_exact_mut(n_classes))
        {
            for item in set.chunks_exact(n_classes) {
                for (peak, utility) in peak.iter_mut().zip(item) {
                    *peak = if *utility > *peak { *utility } else { *peak };
                }
            }
            for item in set.chunks_exact_mut(n_classes) {
                for (utility, peak) in item.iter_mut().zip(peak.iter()) {
                    *utility -= peak;
                }
            }
        }
        exp_in_place::<T>(probability);
        let mut sum = vec![0.0; n_classes];
        for (set, peak) in by_set(probability, self.sets, &self.run, n_classes)
            .zip(log_sum.chunks_exact_mut(n_classes))
        {
            sum.fill(0.0);
            for item in set.chunks_exact(n_classes) {
                for (sum, value) in sum.iter_mut().zip(item) {
                    *sum += value;
                }
            }
            for (peak, sum) in peak.iter_mut().zip(sum.iter_mut()) {
                *peak += sum.ln();
                *sum = 1.0 / *sum;
            }
            for item in set.chunks_exact_mut(n_classes) {
                for (value, inverse) in item.iter_mut().zip(sum.iter()) {
                    *value *= inverse;
                }
            }
        }
    }
}

/// The values of each set of a run, one slice a set.
#[inline(always)]
fn by_set<'a>(
    mut values: &'a mut [f64],
    sets: &'a ChoiceSets<'a>,
    run: &Range<usize>,
    n_classes: usize,
) -> impl Iterator<Item = &'a mut [f64]> {
    run.clone().map(move |set| {
        let (set, rest) =
            std::mem::take(&mut values).split_at_mut(sets.items(set).len() * n_classes);
        values = rest;
        set
    })
}

/// Below this the exponential is no normal number; as a probability it is zero.
const EXP_UNDERFLOW: f64 = -708.0;
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Adding this leaves the nearest integer in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// 1/n! for n from 13 down to 2: the series is exact to the last bit on |r| ≤ ln 2 / 2.
const SERIES: [f64; 12] = [
    1.0 / 6_227_020_800.0,
    1.0 / 479_001_600.0,
    1.0 / 39_916_800.0,
    1.0 / 3_628_800.0,
    1.0 / 362_880.0,
    1.0 / 40_320.0,
    1.0 / 5_040.0,
    1.0 / 720.0,
    1.0 / 120.0,
    1.0 / 24.0,
    1.0 / 6.0,
    0.5,
];

/// The exponential of values that are not positive: 2ⁿ · exp(r) with |r| ≤ ln 2 / 2, without a branch, so that it
/// vectorises; within two units in the last place of the library's.
#[inline(always)]
fn exp_in_place<T: Target>(values: &mut [f64]) {
    for value in values {
        let x = *value;
        let shifted = T::mul_add(x, std::f64::consts::LOG2_E, ROUND);
        let n = shifted - ROUND;
        let r = T::mul_add(n, -LN2_LOW, T::mul_add(n, -LN2_HIGH, x));
        let mut sum = SERIES[0];
        for coefficient in &SERIES[1..] {
            sum = T::mul_add(sum, r, *coefficient);
        }
        let series = T::mul_add(r * r, sum, r) + 1.0;
        let power = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()));
        *value = if x < EXP_UNDERFLOW {
            0.0
        } else {
            series * power
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Exp<'a>(&'a mut [f64]);

    impl Vectorized for Exp<'_> {
        type Output = ();

        #[inline(always)]
        fn run<T: Target>(self) {
            exp_in_place::<T>(self.0);
        }
    }

    #[test]
    fn exponential_agrees_with_the_library() {
        let arguments: Vec<f64> = (0..100_000).map(|at| -f64::from(at) * 7.07e-3).collect();
        let mut values = arguments.clone();
        vectorize(Exp(&mut values));
        for (x, value) in arguments.iter().zip(&values) {
            let exact = x.exp();
            assert!(
                (value - exact).abs() <= 4.5e-16 * exact,
                "exp({x}) = {value}, not {exact}"
            );
        }
        let mut extremes = [-1e-300, -0.0, -1e4, f64::NEG_INFINITY];
        vectorize(Exp(&mut extremes));
        assert_eq!(extremes, [1.0, 1.0, 0.0, 0.0]);
    }
}
