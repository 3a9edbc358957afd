//! Selection from many pools: each is small, and the threads share the pools.

use super::one_pool::Scratch;
use crate::error::Result;
use crate::matrix::{group, runs_of_groups, split_rows};
use crate::memory::{filled, product};
use crate::parallel::Workers;
use crate::selection::method::Terms;
use crate::selection::rules::Rules;
use crate::selection::source::{Pools, Source};

/// Products of numbers, of every row with every other, beyond which a choice from it looks now and then at whether to stop.
const MANY_PRODUCTS: usize = 1 << 22;

/// Rows that a thread takes at a time.
const ROWS_PER_TASK: usize = 2048;

/// `(n_pools, max(ks))` positions within each pool, padded with -1, and the gains, padded with 0.
pub type BatchSelection = (Vec<i32>, Vec<f64>);

/// [`greedy`](fn@crate::selection::greedy) for every pool: up to `ks[p]` of the rows `offsets[p]..offsets[p + 1]` of `x`.
///
/// # Errors
/// As for one pool, and offsets that do not cut the rows of `x` into pools.
pub fn greedy_batch<'a>(
    x: impl Into<Source<'a>>,
    offsets: &'a [i64],
    terms: Terms<'a>,
    ks: &[i64],
    rules: Option<Rules<'a>>,
    workers: &Workers<'_>,
) -> Result<BatchSelection> {
    let pools_of = Pools::to_choose(x, offsets, terms, ks, rules)?;
    let n_pools = pools_of.len();
    let k = ks.iter().max().map_or(0, |&k| k as usize);
    let n_out = product([n_pools, k])?;
    let (mut positions, mut gains) = (filled(-1_i32, n_out)?, filled(0.0, n_out)?);
    let runs = runs_of_groups(offsets, ROWS_PER_TASK);
    let outputs = split_rows(&mut positions, k, &runs)
        .into_iter()
        .zip(split_rows(&mut gains, k, &runs));
    workers.run(
        runs.iter().cloned().zip(outputs),
        |(pools, (positions, gains))| {
            let stops = || workers.asked_to_stop();
            let (serial, watchful) = (Workers::serial(), Workers::new(1, &stops));
            let (mut scratch, mut picks) = (Scratch::default(), Vec::new());
            let end = pools.end;
            for (at, pool) in pools.enumerate() {
                let rows = group(offsets, pool);
                let candidates =
                    pools_of.candidates(pool, Some(pool + 1).filter(|&next| next < end))?;
                let k_of_pool = rows.len().min(ks[pool] as usize);
                let n_products = rows
                    .len()
                    .saturating_mul(rows.len() * candidates.n_features);
                let alone = if n_products > MANY_PRODUCTS {
                    &watchful
                } else {
                    &serial
                };
                scratch.greedy(&candidates, k_of_pool, alone, &mut picks)?;
                for (step, &(row, gain)) in picks.iter().enumerate() {
                    positions[at * k + step] = row as i32;
                    gains[at * k + step] = gain;
                }
            }
            Ok(())
        },
    )?;
    Ok((positions, gains))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::selection::Method;

    const DPP: Terms<'static> = Terms {
        method: Method::Dpp,
        bonus: None,
        weight: 1.0,
    };

    #[test]
    fn each_pool_is_chosen_from_alone_and_short_pools_are_padded() {
        let x = [1.0, 0.0, 0.0, 1.0, 5.0, 5.0, 1.0, 1.0];
        let x = Matrix::new(&x, 4, 2).unwrap();
        let offsets = [0, 2, 2, 4];
        let (positions, gains) =
            greedy_batch(x, &offsets, DPP, &[2, 2, 2], None, &Workers::serial()).unwrap();
        assert_eq!(positions, [0, 1, -1, -1, 0, -1]);
        assert_eq!(gains, [0.0; 6]);
    }

    #[test]
    fn decreasing_offsets_are_named() {
        let x = Matrix::new(&[1.0_f32, 1.0], 2, 1).unwrap();
        let error = greedy_batch(x, &[0, 2, 1], DPP, &[1, 1], None, &Workers::serial());
        assert_eq!(
            error.unwrap_err().to_string(),
            "offsets must not decrease: offsets[2]=1 after offsets[1]=2"
        );
    }
}
