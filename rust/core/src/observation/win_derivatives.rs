//! Bradley and Terry's likelihood of wins sorted by winner: value, gradient, diagonal and the curvature of each win.
//!
//! With the margin m = u_i − u_j of a winner over a loser, log σ(m) has the slope σ(−m) and the curvature −σ(m) σ(−m).

use std::ops::Range;

use super::win_rows::{BLOCK, Cursor, WinRows, differences, sum};
use crate::error::Result;
use crate::exponential::{exp_one, ln_1p_one};
use crate::memory::{filled, zeroed};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// What utilities say of wins.
pub struct WinDerivatives {
    /// Σ weight · log σ(m).
    pub log_likelihood: f64,
    /// Its gradient in the utilities.
    pub gradient: Vec<f64>,
    /// The diagonal of its negative Hessian.
    pub diagonal: Vec<f64>,
    /// The curvature of each win, weight · σ(m) σ(−m): between its two items the negative Hessian is as much below 0.
    pub curvature: Vec<f64>,
}

/// Log-likelihood and its derivatives; `weight` is what each win counts, 1 by default.
///
/// # Errors
/// Refuses what is of another length, rows that there are not, and utilities that are not finite.
pub fn win_derivatives(
    utility: &[f64],
    wins: WinRows<'_>,
    weight: Option<&[f64]>,
    workers: &Workers<'_>,
) -> Result<WinDerivatives> {
    wins.check_values("utility", utility, workers)?;
    if let Some(weight) = weight {
        wins.check_wins("weight", weight)?;
    }
    let (step, tasks) = wins.tasks();
    let mut curvature = zeroed(wins.loser.len())?;
    let mut log_likelihood = 0.0;
    let mut sums = filled([0.0; 2], utility.len())?;
    workers.fold(
        tasks.into_iter().zip(curvature.chunks_mut(step)),
        |(run, curvature)| {
            let mut sums = filled([0.0; 2], utility.len())?;
            let log_likelihood = vectorize(Derivatives {
                utility,
                wins,
                weight,
                run,
                curvature,
                sums: &mut sums,
            })?;
            Ok((log_likelihood, sums))
        },
        |(value, own)| {
            log_likelihood += value;
            for (sums, own) in sums.iter_mut().zip(&own) {
                sums[0] += own[0];
                sums[1] += own[1];
            }
        },
    )?;
    let mut gradient = filled(0.0, utility.len())?;
    let mut diagonal = filled(0.0, utility.len())?;
    for (sums, (gradient, diagonal)) in sums.iter().zip(gradient.iter_mut().zip(&mut diagonal)) {
        [*gradient, *diagonal] = *sums;
    }
    Ok(WinDerivatives {
        log_likelihood,
        gradient,
        diagonal,
        curvature,
    })
}

struct Derivatives<'a> {
    utility: &'a [f64],
    wins: WinRows<'a>,
    weight: Option<&'a [f64]>,
    run: Range<usize>,
    curvature: &'a mut [f64],
    sums: &'a mut [[f64; 2]],
}

impl Vectorized for Derivatives<'_> {
    type Output = Result<f64>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<f64> {
        let Self {
            utility,
            wins,
            weight,
            run,
            curvature,
            sums,
        } = self;
        let mut margins = [0.0; BLOCK];
        let mut values = [0.0; BLOCK];
        let mut both = [[0.0; 2]; BLOCK];
        let mut ahead = Cursor::new(wins.offsets, run.start);
        let mut behind = Cursor::new(wins.offsets, run.start);
        let mut total = 0.0;
        let mut first = run.start;
        for curvature in curvature.chunks_mut(BLOCK) {
            let n = curvature.len();
            let block = first..first + n;
            if !differences(utility, wins, &mut ahead, &block, &mut margins) {
                return Err(wins.refusal(block));
            }
            let rows = margins[..n].iter().zip(&mut values).zip(&mut both);
            for ((margin, value), both) in rows {
                let small = exp_one::<T>(-margin.abs());
                let more = 1.0 / (1.0 + small);
                let lost = *margin < 0.0;
                *value = (if lost { *margin } else { 0.0 }) - ln_1p_one::<T>(small);
                *both = [(if lost { 1.0 } else { small }) * more, small * more * more];
            }
            if let Some(weight) = weight {
                let rows = weight[block.clone()].iter().zip(&mut values).zip(&mut both);
                for ((weight, value), both) in rows {
                    *value *= weight;
                    both[0] *= weight;
                    both[1] *= weight;
                }
            }
            total += sum(&values[..n]);
            for (curvature, both) in curvature.iter_mut().zip(&both) {
                *curvature = both[1];
            }
            let mut at = block.start;
            while at < block.end {
                let (row, end) = behind.row_at(at, block.end);
                let both = &both[at - block.start..end - block.start];
                let mut own = [0.0; 2];
                for (&loser, both) in wins.loser[at..end].iter().zip(both) {
                    own[0] += both[0];
                    own[1] += both[1];
                    if let Some(sums) = sums.get_mut(loser as usize) {
                        sums[0] -= both[0];
                        sums[1] += both[1];
                    }
                }
                sums[row][0] += own[0];
                sums[row][1] += own[1];
                at = end;
            }
            first = block.end;
        }
        Ok(total)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_pair_is_a_logistic_function_of_its_margin() {
        let wins = WinRows::new(&[0, 1, 1], &[1]).unwrap();
        let workers = Workers::serial();
        let found = win_derivatives(&[0.75, -0.25], wins, Some(&[2.0]), &workers).unwrap();
        let lost = 1.0 / (1.0 + 1_f64.exp());
        let near = |one: f64, other: f64| (one - other).abs() < 1e-15;
        assert!(near(found.log_likelihood, 2.0 * (1.0 - lost).ln()));
        assert!(near(found.gradient[0], 2.0 * lost) && near(found.gradient[1], -2.0 * lost));
        assert!(near(found.curvature[0], 2.0 * lost * (1.0 - lost)));
        assert_eq!(found.diagonal, [found.curvature[0]; 2]);
    }

    #[test]
    fn rows_that_blocks_and_tasks_cut_are_whole() {
        let n = 200_000_i64;
        let offsets = [0, 7, 7, n, n];
        let loser: Vec<i32> = (0..n as i32)
            .map(|i| if i < 7 { 2 } else { i % 2 })
            .collect();
        let wins = WinRows::new(&offsets, &loser).unwrap();
        let utility = [0.5, -1.0, 0.25, 2.0];
        let one = win_derivatives(&utility, wins, None, &Workers::serial()).unwrap();
        let many = win_derivatives(&utility, wins, None, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(one.gradient, many.gradient);
        assert_eq!(one.log_likelihood, many.log_likelihood);
        assert!(one.gradient.iter().sum::<f64>().abs() < 1e-6);
        assert_eq!((one.gradient[3], one.diagonal[3]), (0.0, 0.0));
        let bends = one.curvature.iter().sum::<f64>();
        assert!((one.diagonal[2] - bends).abs() < 1e-6);
    }

    #[test]
    fn losers_that_there_are_not_are_refused_and_not_looked_up() {
        let workers = Workers::serial();
        for loser in [[0, 2], [0, -1], [i32::MIN, 0]] {
            let wins = WinRows::new(&[0, 1, 2], &loser).unwrap();
            let refused = win_derivatives(&[0.0, 1.0], wins, None, &workers);
            let text = refused.err().unwrap().to_string();
            assert!(text.starts_with("loser must lie between 0 and 1: loser["));
        }
        assert!(WinRows::new(&[0, 3], &[0, 1]).is_err());
    }
}
