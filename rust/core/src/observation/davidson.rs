//! Davidson (1970): P(first) : P(second) : P(tie) = exp(u_first) : exp(u_second) : ν exp((u_first + u_second) / 2).
//!
//! With the margin m and τ = log ν it is a multinomial logit of m/2, −m/2 and τ. For its probabilities p, q and t:
//! ∂/∂m = q + t/2 where the first won and −(p − q)/2 for a tie, ∂/∂τ = 1{tie} − t; the negative second derivatives are
//! t (p + q)/4 + p q, −t (p − q)/2 and t (p + q) for every outcome.

use super::ties::{CONSTANTS, Derived, TieModel};
use crate::exponential::{exp_one, ln_1p_one};
use crate::simd::Target;

/// The model; its constant is τ.
pub(super) struct Davidson;

impl TieModel for Davidson {
    #[inline(always)]
    fn constants(tie: f64) -> [f64; CONSTANTS] {
        [tie; CONSTANTS]
    }

    #[inline(always)]
    fn log_likelihood<T: Target>(margin: f64, tied: bool, [tie, ..]: [f64; CONSTANTS]) -> f64 {
        let [more, less, t] = parts::<T>(margin, tie);
        // All but the largest, which is 1, so that no digit of a small sum is lost.
        let rest = if t < 1.0 { t } else { more } + less;
        let doubled = rest > 1.0;
        let halved = if doubled { 0.5 * (rest - 1.0) } else { rest };
        let two = if doubled { std::f64::consts::LN_2 } else { 0.0 };
        let half = 0.5 * margin.abs();
        let peak = if half > tie { half } else { tie };
        let utility = if tied { tie } else { 0.5 * margin };
        (utility - peak) - (ln_1p_one::<T>(halved) + two)
    }

    #[inline(always)]
    fn derivatives<T: Target>(margin: f64, tied: bool, [tie, ..]: [f64; CONSTANTS]) -> Derived {
        let [more, less, t] = parts::<T>(margin, tie);
        let inverse = 1.0 / (more + less + t);
        let t = t * inverse;
        let p = inverse * if margin < 0.0 { less } else { more };
        let q = inverse * if margin < 0.0 { more } else { less };
        Derived {
            slope: if tied { 0.5 * (q - p) } else { q + 0.5 * t },
            slope_tie: if tied { p + q } else { -t },
            bend: 0.25 * t * (p + q) + p * q,
            bend_cross: 0.5 * t * (q - p),
            bend_tie: t * (p + q),
        }
    }
}

/// The better item's, the worse item's and the tie's share, the largest of them 1.
#[inline(always)]
fn parts<T: Target>(margin: f64, tie: f64) -> [f64; 3] {
    let beyond = 0.5 * margin.abs() - tie;
    let small = exp_one::<T>(-beyond.abs());
    let ratio = exp_one::<T>(-margin.abs());
    let more = if beyond < 0.0 { small } else { 1.0 };
    let t = if beyond < 0.0 { 1.0 } else { small };
    [more, more * ratio, t]
}
