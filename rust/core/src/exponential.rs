//! Exponential and logarithm of several values at once, on the ranges that probabilities need, without a branch, so that
//! they vectorise. Both are within two units in the last place of the C library's.

use crate::simd::Target;

/// The exponential of anything below this is taken as that of this, 3e-308: a probability of nothing.
const LOWEST: f64 = -708.0;
/// The upper bits of ln 2, and the rest.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Adding this leaves the nearest integer in the low bits of the sum.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// 1/n! for n from 13 down to 2: exact to the last bit on |r| ≤ ln 2 / 2.
const EXP_SERIES: [f64; 12] = [
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

/// The exponential of values that are not positive: 2ⁿ · exp(r) with |r| ≤ ln 2 / 2.
#[inline(always)]
pub(crate) fn exp_of_negative<T: Target, const W: usize>(mut values: [f64; W]) -> [f64; W] {
    exp_each_of_negative::<T>(&mut values);
    values
}

/// The exponential of a value that is not positive.
#[inline(always)]
pub(crate) fn exp_one<T: Target>(value: f64) -> f64 {
    let value = if value > LOWEST { value } else { LOWEST };
    let shifted = T::mul_add(value, std::f64::consts::LOG2_E, ROUND);
    let n = shifted - ROUND;
    let r = T::mul_add(n, -LN2_LOW, T::mul_add(n, -LN2_HIGH, value));
    let mut sum = EXP_SERIES[0];
    for coefficient in &EXP_SERIES[1..] {
        sum = T::mul_add(sum, r, *coefficient);
    }
    let series = T::mul_add(r * r, sum, r) + 1.0;
    series * f64::from_bits((shifted.to_bits() << 52).wrapping_add(1.0_f64.to_bits()))
}

/// Replaces values that are not positive by their exponentials.
#[inline(always)]
pub(crate) fn exp_each_of_negative<T: Target>(values: &mut [f64]) {
    // No closure: the compiler need not inline those, and then nothing of it becomes vectors.
    for value in values {
        *value = exp_one::<T>(*value);
    }
}

/// 1/(2n + 1) for n from 10 down to 0: the series of atanh, exact to the last bit for |s| ≤ 0.172.
const ATANH_SERIES: [f64; 11] = [
    1.0 / 21.0,
    1.0 / 19.0,
    1.0 / 17.0,
    1.0 / 15.0,
    1.0 / 13.0,
    1.0 / 11.0,
    1.0 / 9.0,
    1.0 / 7.0,
    1.0 / 5.0,
    1.0 / 3.0,
    1.0,
];
/// 2⁵², whose mantissa counts in ones.
const ONES: f64 = 4_503_599_627_370_496.0;
const MANTISSA: u64 = (1 << 52) - 1;

/// Replaces finite values that are at least 1 by their logarithms: x = 2ⁿ m, ln m = 2 atanh((m − 1) / (m + 1)), √½ < m ≤ √2.
#[inline(always)]
pub(crate) fn ln_each_from_one<T: Target>(values: &mut [f64]) {
    for value in values {
        *value = ln_one::<T>(*value);
    }
}

#[inline(always)]
fn ln_one<T: Target>(value: f64) -> f64 {
    let bits = value.to_bits();
    let exponent = f64::from_bits((bits >> 52) | ONES.to_bits()) - (ONES + 1023.0);
    let mantissa = f64::from_bits((bits & MANTISSA) | 1.0_f64.to_bits());
    let above = mantissa > std::f64::consts::SQRT_2;
    let exponent = if above { exponent + 1.0 } else { exponent };
    let mantissa = if above { mantissa * 0.5 } else { mantissa };
    let s = (mantissa - 1.0) / (mantissa + 1.0);
    let rest = T::mul_add(2.0 * s, atanh_series::<T>(s), exponent * LN2_LOW);
    T::mul_add(exponent, LN2_HIGH, rest)
}

/// atanh(s) / s.
#[inline(always)]
fn atanh_series<T: Target>(s: f64) -> f64 {
    let mut sum = ATANH_SERIES[0];
    for coefficient in &ATANH_SERIES[1..] {
        sum = T::mul_add(sum, s * s, *coefficient);
    }
    sum
}

/// ln(1 + s) for 0 ≤ s ≤ 1, to the last digits however small s is: 2 atanh(s / (2 + s)), or for s above √2 − 1
/// ln 2 + 2 atanh((s − 1) / (s + 3)).
#[inline(always)]
pub(crate) fn ln_1p_one<T: Target>(value: f64) -> f64 {
    let above = value > std::f64::consts::SQRT_2 - 1.0;
    let over = if above { value - 1.0 } else { value };
    let under = if above { value + 3.0 } else { value + 2.0 };
    let doubled = if above { std::f64::consts::LN_2 } else { 0.0 };
    let s = over / under;
    T::mul_add(2.0 * s, atanh_series::<T>(s), doubled)
}

#[cfg(test)]
mod tests {
    use std::array::from_fn;

    use super::*;
    use crate::simd::{Vectorized, vectorize};

    struct Exp([f64; 4]);

    impl Vectorized for Exp {
        type Output = [f64; 4];

        #[inline(always)]
        fn run<T: Target>(self) -> [f64; 4] {
            exp_of_negative::<T, 4>(self.0)
        }
    }

    struct Ln([f64; 4]);

    impl Vectorized for Ln {
        type Output = [f64; 4];

        #[inline(always)]
        fn run<T: Target>(self) -> [f64; 4] {
            let mut values = self.0;
            ln_each_from_one::<T>(&mut values);
            values
        }
    }

    #[test]
    fn exponential_agrees_with_the_library() {
        for at in 0..25_000 {
            let x: [f64; 4] = from_fn(|lane| -f64::from(4 * at + lane as i32) * 7.07e-3);
            for (value, exact) in vectorize(Exp(x)).into_iter().zip(x.map(f64::exp)) {
                assert!(
                    (value - exact).abs() <= 4.5e-16 * exact,
                    "exp of {x:?}: {value}, not {exact}"
                );
            }
        }
        let extremes = vectorize(Exp([-1e-300, -0.0, -1e4, f64::NEG_INFINITY]));
        assert_eq!(extremes[..2], [1.0, 1.0]);
        assert!(
            extremes[2..]
                .iter()
                .all(|value| (0.0..1e-307).contains(value))
        );
    }

    #[test]
    fn logarithm_agrees_with_the_library() {
        let mut x = 1.0_f64;
        for _ in 0..25_000 {
            let values: [f64; 4] = from_fn(|lane| x * (1.0 + lane as f64 * 0.31));
            for (value, exact) in vectorize(Ln(values)).into_iter().zip(values.map(f64::ln)) {
                let error = (value - exact).abs();
                assert!(
                    error <= 4.5e-16 * exact.max(1e-300),
                    "ln of {values:?}: {value}, not {exact}"
                );
            }
            x *= 1.003;
        }
        assert_eq!(vectorize(Ln([1.0, 1.0 + f64::EPSILON, 2.0, 4.0]))[0], 0.0);
    }
}
