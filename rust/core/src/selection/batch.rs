//! Selection from many pools: each is small, and the threads share the pools.

use super::dpp::{Candidates, Search, greedy};
use super::pool::check_quality;
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_offsets, group, runs_of_groups, split_rows};
use crate::parallel::Workers;

/// Rows that a thread takes at a time.
const ROWS_PER_TASK: usize = 2048;

/// `(n_pools, k)` positions within each pool, padded with -1, and the gains, padded with 0.
pub type BatchSelection = (Vec<i32>, Vec<f64>);

/// [`greedy_dpp`](super::greedy_dpp) for every pool: pool `p` holds the rows `offsets[p]..offsets[p + 1]` of `x`.
///
/// # Errors
/// As for one pool, and offsets that do not cut the rows of `x` into pools.
pub fn greedy_dpp_batch(
    x: Matrix<'_, f32>,
    offsets: &[i64],
    quality: Option<&[f64]>,
    k: usize,
    workers: &Workers<'_>,
) -> Result<BatchSelection> {
    check_quality(quality, x.n_rows())?;
    let n_pools = check_offsets("offsets", offsets, x.n_rows())?;
    ensure(x.n_columns() > 0, || "X must have a column".to_owned())?;
    let n_out = n_pools
        .checked_mul(k)
        .ok_or_else(|| Error::Shape(format!("k={k} is too large")))?;
    let (mut positions, mut gains) = (vec![-1_i32; n_out], vec![0.0; n_out]);
    let runs = runs_of_groups(offsets, ROWS_PER_TASK);
    let outputs = split_rows(&mut positions, k, &runs)
        .into_iter()
        .zip(split_rows(&mut gains, k, &runs));
    workers.run(
        runs.iter().cloned().zip(outputs),
        |(pools, (positions, gains))| {
            let (mut search, mut picks) = (Search::default(), Vec::new());
            for (at, pool) in pools.enumerate() {
                let rows = group(offsets, pool);
                let first = rows.start;
                let quality = quality.map(|quality| &quality[rows.clone()]);
                let rows = x.rows(rows);
                let candidates = Candidates {
                    first,
                    rows,
                    n_features: x.n_columns(),
                    quality,
                };
                let mut blocks = [(candidates, std::mem::take(&mut search))];
                greedy(&mut blocks, k, &Workers::serial(), &mut picks)?;
                [(_, search)] = blocks;
                for (step, &(row, gain)) in picks.iter().enumerate() {
                    positions[at * k + step] = (row - first) as i32;
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

    #[test]
    fn each_pool_is_chosen_from_alone_and_short_pools_are_padded() {
        let x = [1.0, 0.0, 0.0, 1.0, 5.0, 5.0, 1.0, 1.0];
        let x = Matrix::new(&x, 4, 2).unwrap();
        let (positions, gains) =
            greedy_dpp_batch(x, &[0, 2, 2, 4], None, 2, &Workers::serial()).unwrap();
        assert_eq!(positions, [0, 1, -1, -1, 0, -1]);
        assert_eq!(gains, [0.0; 6]);
    }

    #[test]
    fn decreasing_offsets_are_named() {
        let x = Matrix::new(&[1.0_f32, 1.0], 2, 1).unwrap();
        let error = greedy_dpp_batch(x, &[0, 2, 1], None, 1, &Workers::serial()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "offsets must not decrease: offsets[2]=1 after offsets[1]=2"
        );
    }
}
