//! Rao and Kupper (1967): the better one wins only by more than a threshold λ = exp(τ).
//!
//! P(first) = σ(m − λ), P(second) = σ(−m − λ), and the rest is P(tie) = (exp(2λ) − 1) P(first) P(second). With p, q these
//! two and D = 2λ / (exp(2λ) − 1) the derivatives in m and τ are 1 − p and −λ (1 − p) where the first won, q − p and
//! D + λ (p + q) for a tie. The negative second ones are those of log σ, and, as λ is no line in τ, −λ ∂/∂λ more: for a tie
//! that is D (D + 2λ − 1) − λ (p + q) beside λ² (p (1 − p) + q (1 − q)), which for a tie against the odds is negative.

use super::ties::{CONSTANTS, Derived, TieModel};
use crate::exponential::{exp_one, ln_1p_one};
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
        margin: f64,
        tied: bool,
        [threshold, log_spread, ..]: [f64; CONSTANTS],
    ) -> f64 {
        let above = margin - threshold;
        let near = ln_1p_one::<T>(exp_one::<T>(-above.abs()));
        let far = ln_1p_one::<T>(exp_one::<T>(-(margin + threshold).abs()));
        let over = margin.abs() - threshold;
        let tie = log_spread - if over > 0.0 { over } else { 0.0 } - (near + far);
        let won = if above < 0.0 { above } else { 0.0 } - near;
        if tied { tie } else { won }
    }

    /// Where the negative second derivative of a tie is not positive semidefinite, what the curve of λ in τ adds to it is
    /// left out (Gauss-Newton).
    #[inline(always)]
    fn derivatives<T: Target>(
        margin: f64,
        tied: bool,
        [threshold, _, d, extra]: [f64; CONSTANTS],
    ) -> Derived {
        let [p, not_p] = sides::<T>(margin - threshold);
        let [q, not_q] = sides::<T>(-margin - threshold);
        let first = p * not_p;
        let second = if tied { q * not_q } else { 0.0 };
        let (bend, cross) = (first + second, threshold * (second - first));
        let straight = threshold * threshold * bend;
        let of_tie = straight - threshold * (p + q) + extra;
        let definite = of_tie >= 0.0 && bend * of_tie >= cross * cross;
        let of_tie = if definite { of_tie } else { straight };
        Derived {
            slope: if tied { q - p } else { not_p },
            slope_tie: if tied {
                d + threshold * (p + q)
            } else {
                -threshold * not_p
            },
            bend,
            bend_cross: cross,
            bend_tie: if tied {
                of_tie
            } else {
                straight + threshold * not_p
            },
        }
    }
}

/// σ(x) and σ(−x).
#[inline(always)]
fn sides<T: Target>(x: f64) -> [f64; 2] {
    let small = exp_one::<T>(-x.abs());
    let more = 1.0 / (1.0 + small);
    let less = small * more;
    if x < 0.0 { [less, more] } else { [more, less] }
}
