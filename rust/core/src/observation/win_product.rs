//! Products with the negative Hessian of wins sorted by winner: a Laplacian, whose edges are the curvatures of the wins.

use std::ops::Range;

use super::win_rows::{BLOCK, Cursor, WinRows, differences, sum};
use crate::error::Result;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// The negative Hessian times a direction, by the curvature of each win.
///
/// # Errors
/// Refuses what is of another length, rows that there are not, and directions that are not finite.
pub fn win_product(
    direction: &[f64],
    wins: WinRows<'_>,
    curvature: &[f64],
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    wins.check_values("direction", direction, workers)?;
    wins.check_wins("curvature", curvature)?;
    let mut out = filled(0.0, direction.len())?;
    workers.fold(
        wins.tasks().1,
        |run| {
            let mut own = filled(0.0, direction.len())?;
            vectorize(Product {
                direction,
                wins,
                curvature,
                run,
                out: &mut own,
            })?;
            Ok(own)
        },
        |own| {
            for (out, own) in out.iter_mut().zip(&own) {
                *out += own;
            }
        },
    )?;
    Ok(out)
}

struct Product<'a> {
    direction: &'a [f64],
    wins: WinRows<'a>,
    curvature: &'a [f64],
    run: Range<usize>,
    out: &'a mut [f64],
}

impl Vectorized for Product<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            direction,
            wins,
            curvature,
            run,
            out,
        } = self;
        let mut moved = [0.0; BLOCK];
        let mut ahead = Cursor::new(wins.offsets, run.start);
        let mut behind = Cursor::new(wins.offsets, run.start);
        let mut first = run.start;
        for curvature in curvature[run].chunks(BLOCK) {
            let block = first..first + curvature.len();
            if !differences(direction, wins, &mut ahead, &block, &mut moved) {
                return Err(wins.refusal(block));
            }
            for (moved, curvature) in moved.iter_mut().zip(curvature) {
                *moved *= curvature;
            }
            let mut at = block.start;
            while at < block.end {
                let (row, end) = behind.row_at(at, block.end);
                let moved = &moved[at - block.start..end - block.start];
                for (&loser, moved) in wins.loser[at..end].iter().zip(moved) {
                    if let Some(out) = out.get_mut(loser as usize) {
                        *out -= moved;
                    }
                }
                out[row] += sum(moved);
                at = end;
            }
            first = block.end;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_is_that_of_a_laplacian() {
        let wins = WinRows::new(&[0, 2, 3, 3], &[1, 2, 2]).unwrap();
        let workers = Workers::serial();
        let product = win_product(&[3.0, 1.0, 0.0], wins, &[0.5, 2.0, 4.0], &workers).unwrap();
        assert_eq!(product, [7.0, 3.0, -10.0]);
    }

    #[test]
    fn losers_that_there_are_not_are_refused_and_not_looked_up() {
        for loser in [[0, 2], [0, -1], [i32::MIN, 0]] {
            let wins = WinRows::new(&[0, 1, 2], &loser).unwrap();
            let refused = win_product(&[0.0, 1.0], wins, &[1.0, 1.0], &Workers::serial());
            let text = refused.err().unwrap().to_string();
            assert!(text.starts_with("loser must lie between 0 and 1: loser["));
        }
    }
}
