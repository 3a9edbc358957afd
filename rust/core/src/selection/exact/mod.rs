//! The best choice of all from each of many small pools, by branch and bound from the greedy choice.

mod cliques;
mod covering;
mod determinant;
mod held;
mod pairs;
mod pool;
mod search;
mod together;
mod tree;

use super::greedy::many_pools::BatchSelection;
use super::method::{Method, Terms};
use super::rules::Rules;
use super::source::{Pools, Source};
use crate::error::{Result, ensure};
use crate::matrix::{group, runs_of_groups, split_rows};
use crate::memory::{filled, product};
use crate::parallel::Workers;
use pool::Search;
use tree::MOST_ROWS;

/// Rows that a thread takes at a time.
const ROWS_PER_TASK: usize = 512;

/// What was chosen from each pool, and whether the greedy choice was as good.
pub type ExactBatch = (BatchSelection, Vec<bool>);

/// The best `ks[p]` of the rows `offsets[p]..offsets[p + 1]` of `x`, in the order of the greedy choice among them; where
/// no so many can be chosen together, the best of as many as can.
///
/// A set must be better by more than 1e-9 of its value and one: of equals it is the greedy choice, or else the first.
///
/// # Errors
/// As [`greedy_batch`](super::greedy_batch); a method whose value depends on the order, a pool of more than 64 rows, and
/// one of which no choice keeps the rules.
pub fn exact_batch<'a>(
    x: impl Into<Source<'a>>,
    offsets: &'a [i64],
    terms: Terms<'a>,
    ks: &[i64],
    rules: Option<Rules<'a>>,
    workers: &Workers<'_>,
) -> Result<ExactBatch> {
    let pools_of = Pools::to_choose(x, offsets, terms, ks, rules)?;
    let n_pools = pools_of.len();
    ensure(terms.method != Method::Mmr, || {
        "the value under mmr depends on the order: there is no best set".to_owned()
    })?;
    for pool in 0..n_pools {
        let n = group(offsets, pool).len();
        ensure(n <= MOST_ROWS, || {
            format!(
                "pool {pool} has {n} rows, more than the {MOST_ROWS} of which all sets are searched"
            )
        })?;
    }
    let k = ks.iter().max().map_or(0, |&k| k as usize);
    let n_out = product([n_pools, k])?;
    let (mut positions, mut gains) = (filled(-1_i32, n_out)?, filled(0.0, n_out)?);
    let mut of_greedy = filled(false, n_pools)?;
    let runs = runs_of_groups(offsets, ROWS_PER_TASK);
    let outputs = split_rows(&mut positions, k, &runs)
        .into_iter()
        .zip(split_rows(&mut gains, k, &runs))
        .zip(split_rows(&mut of_greedy, 1, &runs));
    workers.run(
        runs.iter().cloned().zip(outputs),
        |(pools, ((positions, gains), of_greedy))| {
            let (mut search, mut picks, end) = (Search::default(), Vec::new(), pools.end);
            for (at, pool) in pools.enumerate() {
                let rows = group(offsets, pool);
                let candidates =
                    pools_of.candidates(pool, Some(pool + 1).filter(|&next| next < end))?;
                let k_of_pool = rows.len().min(ks[pool] as usize);
                of_greedy[at] = search.best(&candidates, k_of_pool, workers, &mut picks)?;
                for (step, &(row, gain)) in picks.iter().enumerate() {
                    positions[at * k + step] = row as i32;
                    gains[at * k + step] = gain;
                }
            }
            Ok(())
        },
    )?;
    Ok(((positions, gains), of_greedy))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::Error;
    use crate::matrix::Matrix;
    use crate::selection::greedy_batch;

    fn random(n: usize) -> Vec<f32> {
        let mut state = 3_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .take(n)
        .collect()
    }

    fn terms(method: Method) -> Terms<'static> {
        Terms {
            method,
            bonus: None,
            weight: 1.0,
        }
    }

    #[test]
    fn three_rows_at_right_angles_are_found_where_greedy_begins_with_another() {
        let x = [
            1.0, 1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0_f32,
        ];
        let x = Matrix::new(&x, 4, 3).unwrap();
        for method in [Method::Dpp, Method::MaxSum, Method::MaxMin] {
            let ((rows, _), of_greedy) =
                exact_batch(x, &[0, 4], terms(method), &[3], None, &Workers::serial()).unwrap();
            assert_eq!((rows, of_greedy), (vec![1, 2, 3], vec![false]));
        }
    }

    #[test]
    fn threads_find_the_same_and_no_less_than_greedy() {
        let (n, d) = (900, 7);
        let x = random(n * d);
        let x = Matrix::new(&x, n, d).unwrap();
        let offsets: Vec<i64> = (0..=n as i64).step_by(15).collect();
        let ks = vec![4; offsets.len() - 1];
        for method in [Method::Dpp, Method::MaxSum, Method::FacilityLocation] {
            let run = |workers: &Workers<'_>| {
                exact_batch(x, &offsets, terms(method), &ks, None, workers).unwrap()
            };
            let ((rows, gains), of_greedy) = run(&Workers::serial());
            let again = run(&Workers::new(3, &|| false));
            assert_eq!(((rows, gains.clone()), of_greedy), again);
            let greedy =
                greedy_batch(x, &offsets, terms(method), &ks, None, &Workers::serial()).unwrap();
            for (best, greedy) in gains.chunks(4).zip(greedy.1.chunks(4)) {
                assert!(best.iter().sum::<f64>() >= greedy.iter().sum::<f64>());
            }
        }
    }

    #[test]
    fn a_long_search_stops_when_asked() {
        let (n, d) = (40, 30);
        let x = random(n * d);
        let x = Matrix::new(&x, n, d).unwrap();
        let long = exact_batch(
            x,
            &[0, n as i64],
            terms(Method::SaturatedCoverage),
            &[20],
            None,
            &Workers::new(1, &|| true),
        );
        assert_eq!(long, Err(Error::Interrupted));
    }
}
