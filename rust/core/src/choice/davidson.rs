//! Davidson (1970): P(first) : P(second) : P(tie) = exp(u_first) : exp(u_second) : ν exp((u_first + u_second) / 2).
//!
//! With the margin m and τ = log ν it is a multinomial logit of m/2, −m/2 and τ. For its probabilities p, q and t:
//! ∂/∂m = q + t/2 where the first won and −(p − q)/2 for a tie, ∂/∂τ = 1{tie} − t; the negative second derivatives are
//! t (p + q)/4 + p q, −t (p − q)/2 and t (p + q) for every outcome.

use std::array::from_fn;

use super::ties::{CONSTANTS, Derived, TieModel};
use crate::exponential::{exp_of_negative, ln_1p_of_unit};
use crate::simd::Target;

/// The model; its constant is τ.
pub(super) struct Davidson;

impl TieModel for Davidson {
    #[inline(always)]
    fn constants(tie: f64) -> [f64; CONSTANTS] {
        [tie; CONSTANTS]
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        [tie, ..]: [[f64; 8]; CONSTANTS],
    ) -> [f64; 8] {
        let [more, less, t] = parts::<T>(margin, tie);
        // All but the largest, which is 1, so that no digit of a small sum is lost.
        let rest: [f64; 8] = from_fn(|n| if t[n] < 1.0 { t[n] } else { more[n] } + less[n]);
        let halved = rest.map(|rest| if rest > 1.0 { 0.5 * (rest - 1.0) } else { rest });
        let log = ln_1p_of_unit::<T, 8>(halved);
        from_fn(|n| {
            let half = 0.5 * margin[n].abs();
            let peak = half.max(tie[n]);
            let utility = if tied[n] > 0.0 {
                tie[n]
            } else {
                0.5 * margin[n]
            };
            let doubled = if rest[n] > 1.0 {
                std::f64::consts::LN_2
            } else {
                0.0
            };
            (utility - peak) - (log[n] + doubled)
        })
    }

    #[inline(always)]
    fn derivatives<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        [tie, ..]: [[f64; 8]; CONSTANTS],
    ) -> Derived {
        let [more, less, t] = parts::<T>(margin, tie);
        let inverse: [f64; 8] = from_fn(|n| 1.0 / (more[n] + less[n] + t[n]));
        let t: [f64; 8] = from_fn(|n| t[n] * inverse[n]);
        let first = |n: usize| if margin[n] < 0.0 { less[n] } else { more[n] };
        let second = |n: usize| if margin[n] < 0.0 { more[n] } else { less[n] };
        let p: [f64; 8] = from_fn(|n| first(n) * inverse[n]);
        let q: [f64; 8] = from_fn(|n| second(n) * inverse[n]);
        Derived {
            slope: from_fn(|n| {
                if tied[n] > 0.0 {
                    0.5 * (q[n] - p[n])
                } else {
                    q[n] + 0.5 * t[n]
                }
            }),
            slope_tie: from_fn(|n| if tied[n] > 0.0 { p[n] + q[n] } else { -t[n] }),
            bend: from_fn(|n| 0.25 * t[n] * (p[n] + q[n]) + p[n] * q[n]),
            bend_cross: from_fn(|n| 0.5 * t[n] * (q[n] - p[n])),
            bend_tie: from_fn(|n| t[n] * (p[n] + q[n])),
        }
    }

    #[inline(always)]
    fn exact<T: Target>(
        margin: [f64; 8],
        tied: [f64; 8],
        constants: [[f64; 8]; CONSTANTS],
    ) -> Derived {
        Self::derivatives::<T>(margin, tied, constants)
    }
}

/// The better item's, the worse item's and the tie's share, the largest of them 1.
#[inline(always)]
fn parts<T: Target>(margin: [f64; 8], tie: [f64; 8]) -> [[f64; 8]; 3] {
    let beyond: [f64; 8] = from_fn(|n| 0.5 * margin[n].abs() - tie[n]);
    let small = exp_of_negative::<T, 8>(beyond.map(|x| -x.abs()));
    let ratio = exp_of_negative::<T, 8>(margin.map(|m| -m.abs()));
    let more: [f64; 8] = from_fn(|n| if beyond[n] < 0.0 { small[n] } else { 1.0 });
    let less = from_fn(|n| more[n] * ratio[n]);
    let t = from_fn(|n| if beyond[n] < 0.0 { 1.0 } else { small[n] });
    [more, less, t]
}
