//! Rao and Kupper (1967): the better one wins only by more than a threshold λ = exp(τ).
//!
//! P(first) = σ(m − λ), P(second) = σ(−m − λ), and the rest is P(tie) = (exp(2λ) − 1) P(first) P(second). With p, q these
//! two and D = 2λ / (exp(2λ) − 1) the derivatives in m and τ are 1 − p and −λ (1 − p) where the first won, q − p and
//! D + λ (p + q) for a tie. The negative second ones are those of log σ, and, as λ is no line in τ, −λ ∂/∂λ more: for a tie
//! that is D (D + 2λ − 1) − λ (p + q) beside λ² (p (1 − p) + q (1 − q)), which for a tie against the odds is negative.

use std::array::from_fn;

use super::ties::{CONSTANTS, Derived, TieModel};
use crate::exponential::{exp_of_negative, ln_1p_of_unit};
use crate::simd::Target;

/// Larger thresholds are taken as exp of this: the square of one times the number of outcomes must stay finite.
const LARGEST: f64 = 300.0;

/// The model; its constants are λ, log(1 − exp(−2λ)), D and D (D + 2λ − 1).
pub(super) struct RaoKupper;

impl TieModel for RaoKupper {
    #[inline(always)]
    fn constants(tie: f64) -> [f64; CONSTANTS] {
        let threshold = tie.min(LARGEST).exp();
        let doubled = 2.0 * threshold;
        if doubled < 1e-9 {
            let log = tie + std::f64::consts::LN_2 - threshold;
            return [threshold, log, 1.0 - threshold, threshold];
        }
        let d = doubled / doubled.exp_m1();
        let log = (-(-doubled).exp_m1()).ln();
        [threshold, log, d, d * (d + doubled - 1.0)]
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        [threshold, log_spread, ..]: [[f64; 8]; CONSTANTS],
    ) -> [f64; 8] {
        let above: [f64; 8] = from_fn(|n| margin[n] - threshold[n]);
        let below: [f64; 8] = from_fn(|n| margin[n] + threshold[n]);
        let near = ln_1p_of_unit::<T, 8>(exp_of_negative::<T, 8>(above.map(|x| -x.abs())));
        let far = ln_1p_of_unit::<T, 8>(exp_of_negative::<T, 8>(below.map(|x| -x.abs())));
        from_fn(|n| {
            let over = (margin[n].abs() - threshold[n]).max(0.0);
            let tie = log_spread[n] - over - (near[n] + far[n]);
            let won = above[n].min(0.0) - near[n];
            if tied[n] > 0.0 { tie } else { won }
        })
    }

    /// Where the negative second derivative of a tie is not positive semidefinite, what the curve of λ in τ adds to it is
    /// left out (Gauss-Newton).
    #[inline(always)]
    fn derivatives<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        constants: [[f64; 8]; CONSTANTS],
    ) -> Derived {
        let mut derived = Self::exact::<T>(margin, tied, constants);
        let threshold = constants[0];
        derived.bend_tie = from_fn(|n| {
            let (bend, cross, tie) = (derived.bend[n], derived.bend_cross[n], derived.bend_tie[n]);
            let definite = tie >= 0.0 && bend * tie >= cross * cross;
            if tied[n] > 0.0 && !definite {
                threshold[n] * threshold[n] * bend
            } else {
                tie
            }
        });
        derived
    }

    #[inline(always)]
    fn exact<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        [threshold, _, d, extra]: [[f64; 8]; CONSTANTS],
    ) -> Derived {
        let above: [f64; 8] = from_fn(|n| margin[n] - threshold[n]);
        let below: [f64; 8] = from_fn(|n| -margin[n] - threshold[n]);
        let [p, not_p] = sides::<T>(above);
        let [q, not_q] = sides::<T>(below);
        let first: [f64; 8] = from_fn(|n| p[n] * not_p[n]);
        let second: [f64; 8] = from_fn(|n| if tied[n] > 0.0 { q[n] * not_q[n] } else { 0.0 });
        Derived {
            slope: from_fn(|n| if tied[n] > 0.0 { q[n] - p[n] } else { not_p[n] }),
            slope_tie: from_fn(|n| {
                if tied[n] > 0.0 {
                    d[n] + threshold[n] * (p[n] + q[n])
                } else {
                    -threshold[n] * not_p[n]
                }
            }),
            bend: from_fn(|n| first[n] + second[n]),
            bend_cross: from_fn(|n| threshold[n] * (second[n] - first[n])),
            bend_tie: from_fn(|n| {
                let straight = threshold[n] * threshold[n] * (first[n] + second[n]);
                if tied[n] > 0.0 {
                    straight - threshold[n] * (p[n] + q[n]) + extra[n]
                } else {
                    straight + threshold[n] * not_p[n]
                }
            }),
        }
    }
}

/// σ(x) and σ(−x).
#[inline(always)]
fn sides<T: Target>(x: [f64; 8]) -> [[f64; 8]; 2] {
    let small = exp_of_negative::<T, 8>(x.map(|x| -x.abs()));
    let more = small.map(|small| 1.0 / (1.0 + small));
    let less: [f64; 8] = from_fn(|n| small[n] * more[n]);
    [
        from_fn(|n| if x[n] < 0.0 { less[n] } else { more[n] }),
        from_fn(|n| if x[n] < 0.0 { more[n] } else { less[n] }),
    ]
}
