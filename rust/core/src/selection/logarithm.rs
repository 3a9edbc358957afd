//! The natural logarithm, with the same bits on every processor: choices are made by comparing it.

const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
const EVEN: [f64; 3] = [
    3.999_999_999_940_942e-1,
    2.222_219_843_214_978_4e-1,
    1.531_383_769_920_937_3e-1,
];
const ODD: [f64; 4] = [
    6.666_666_666_666_735e-1,
    2.857_142_874_366_239e-1,
    1.818_357_216_161_805e-1,
    1.479_819_860_511_658_6e-1,
];

/// The logarithm of a positive normal number, by the series of the C library (fdlibm), without fused operations.
#[inline(always)]
pub(super) fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    let mut m = f64::from_bits((bits & 0x000f_ffff_ffff_ffff) | 0x3fe0_0000_0000_0000);
    let mut exponent = f64::from((bits >> 52) as i32 - 1022);
    if m < std::f64::consts::FRAC_1_SQRT_2 {
        m *= 2.0;
        exponent -= 1.0;
    }
    let f = m - 1.0;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (EVEN[0] + w * (EVEN[1] + w * EVEN[2]));
    let odd = z * (ODD[0] + w * (ODD[1] + w * (ODD[2] + w * ODD[3])));
    let half = 0.5 * f * f;
    let low = s * (half + (odd + even)) + exponent * LN2_LOW;
    exponent * LN2_HIGH - ((half - low) - f)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_that_of_the_library_to_the_last_bits() {
        let mut x = 1e-10_f64;
        while x < 2.0 {
            assert!(
                (ln(x) - x.ln()).abs() <= 4e-16 * x.ln().abs().max(1e-3),
                "{x}"
            );
            x *= 1.000_37;
        }
        assert_eq!(ln(1.0), 0.0);
    }
}
