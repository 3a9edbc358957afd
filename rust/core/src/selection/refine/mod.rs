//! Better sets from given ones, by swaps of a chosen row for another until none helps.
//!
//! Sums over pairs, smallest pairs and log-determinants keep the similarities of all rows with those chosen, and make the
//! best swap of all; what covers looks at one row after the other and swaps where it can.

mod covering;
mod determinant;
mod pairs;
mod swap;
mod swaps;

use super::method::{Method, Terms};
use super::rules::Rules;
use super::source::{Pools, Source};
use crate::error::{Result, ensure};
use crate::matrix::{group, runs_of_groups, split_rows};
use crate::memory::copied;
use crate::parallel::Workers;
use swaps::Swaps;

/// Rows that a thread takes at a time.
const ROWS_PER_TASK: usize = 512;

/// The sets of [`greedy_batch`](super::greedy_batch), each refined until no swap helps by more than 1e-9 of one and its
/// value, or 100 swaps a row were made. A row takes the place of the one that it replaces; what is included stays.
///
/// # Errors
/// As [`greedy_batch`](super::greedy_batch); a method whose value depends on the order, and positions outside their pool.
pub fn refine_batch<'a>(
    x: impl Into<Source<'a>>,
    offsets: &'a [i64],
    terms: Terms<'a>,
    ks: &[i64],
    rules: Option<Rules<'a>>,
    positions: &[i32],
    workers: &Workers<'_>,
) -> Result<Vec<i32>> {
    let pools_of = Pools::to_choose(x, offsets, terms, ks, rules)?;
    let n_pools = pools_of.len();
    let k = positions.len() / n_pools.max(1);
    ensure(positions.len() == n_pools * k, || {
        format!("positions must be of {n_pools} pools")
    })?;
    ensure(terms.method != Method::Mmr, || {
        "the value under mmr depends on the order: sets are not compared".to_owned()
    })?;
    let mut refined = copied(positions)?;
    let runs = runs_of_groups(offsets, ROWS_PER_TASK);
    let outputs = split_rows(&mut refined, k, &runs);
    workers.run(runs.iter().cloned().zip(outputs), |(pools, refined)| {
        let stops = || workers.asked_to_stop();
        let alone = Workers::new(1, &stops);
        let of_pool = if n_pools == 1 { workers } else { &alone };
        let mut swaps = Swaps::default();
        for (at, pool) in pools.enumerate() {
            let rows = group(offsets, pool);
            let candidates = pools_of.candidates(pool, None)?;
            let chosen = &mut refined[at * k..(at + 1) * k];
            let n_chosen = chosen.iter().take_while(|&&row| row >= 0).count();
            let chosen = &mut chosen[..n_chosen];
            let inside = chosen.iter().all(|&row| (row as usize) < rows.len());
            ensure(inside, || format!("positions must be rows of pool {pool}"))?;
            let asked = rows.len().min(ks[pool].max(0) as usize);
            swaps.refine(&candidates, asked, chosen, of_pool, workers)?;
        }
        Ok(())
    })?;
    Ok(refined)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;

    #[test]
    fn rows_at_right_angles_replace_one_between_them() {
        let x = [
            1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0_f32,
        ];
        let x = Matrix::new(&x, 4, 3).unwrap();
        for method in [Method::Dpp, Method::MaxSum] {
            let terms = Terms {
                method,
                bonus: None,
                weight: 1.0,
            };
            let refine = |positions: &[i32], workers: &Workers<'_>| {
                refine_batch(x, &[0, 4], terms, &[3], None, positions, workers)
            };
            let refined = refine(&[0, 1, 2], &Workers::serial()).unwrap();
            assert_eq!(refined, [3, 1, 2], "the row takes the place of the other");
            assert_eq!(refine(&refined, &Workers::serial()).unwrap(), refined);
            let error = refine(&[0, 1, 4], &Workers::serial()).unwrap_err();
            assert_eq!(error.to_string(), "positions must be rows of pool 0");
        }
    }
}
