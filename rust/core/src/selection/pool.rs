//! Selection from one pool, which may be large: the threads share its candidates.

use super::dpp::{Candidates, Search, greedy};
use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::parallel::Workers;

/// Rows a block: enough work for a thread to be worth waking.
const BLOCK: usize = 1024;

/// Rows in order of choice, and the gain of each.
pub type Selection = (Vec<i32>, Vec<f64>);

/// Greedy MAP of the DPP with kernel diag(q) S diag(q), S the cosine similarities of the rows of `x`.
///
/// Returns up to `k` rows in order of choice and the gain in log-determinant of each; fewer than `k` where the
/// candidates of positive quality span fewer dimensions. Ties go to the lowest row. Needs `8 (k + 3) n` bytes beside `x`.
///
/// # Errors
/// Refuses NaN, infinity and rows of zeros in `x`, and a quality of another length.
pub fn greedy_dpp(
    x: Matrix<'_, f32>,
    quality: Option<&[f64]>,
    k: usize,
    workers: &Workers<'_>,
) -> Result<Selection> {
    check_quality(quality, x.n_rows())?;
    ensure(
        x.n_columns() > 0 && i32::try_from(x.n_rows()).is_ok(),
        || {
            format!(
                "X must have a column and fewer than 2**31 rows, not shape ({}, {})",
                x.n_rows(),
                x.n_columns()
            )
        },
    )?;
    let mut blocks: Vec<_> = (0..x.n_rows())
        .step_by(BLOCK)
        .map(|first| {
            let rows = first..x.n_rows().min(first + BLOCK);
            let quality = quality.map(|quality| &quality[rows.clone()]);
            let rows = x.rows(rows);
            (
                Candidates {
                    first,
                    rows,
                    n_features: x.n_columns(),
                    quality,
                },
                Search::default(),
            )
        })
        .collect();
    let mut picks = Vec::new();
    greedy(&mut blocks, k, workers, &mut picks)?;
    Ok(picks
        .into_iter()
        .map(|(row, gain)| (row as i32, gain))
        .unzip())
}

pub(super) fn check_quality(quality: Option<&[f64]>, n_rows: usize) -> Result<()> {
    let n_given = quality.map_or(n_rows, <[f64]>::len);
    ensure(n_given == n_rows, || {
        format!("quality has {n_given} values for {n_rows} rows of X")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn orthogonal_rows_are_chosen_before_their_copies() {
        let x = [1.0, 0.0, 2.0, 0.0, 0.0, 3.0];
        let x = Matrix::new(&x, 3, 2).unwrap();
        let (rows, gains) = greedy_dpp(x, None, 3, &Workers::serial()).unwrap();
        assert_eq!(rows, [0, 2], "the third direction does not exist");
        assert_eq!(gains, [0.0, 0.0]);
    }

    #[test]
    fn quality_decides_among_equals_and_zero_quality_excludes() {
        let x = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let x = Matrix::new(&x, 3, 2).unwrap();
        let (rows, gains) = greedy_dpp(x, Some(&[0.0, 2.0, 1.0]), 2, &Workers::serial()).unwrap();
        assert_eq!(rows, [1, 2]);
        assert!((gains[0] - 4.0_f64.ln()).abs() < 1e-12);
        assert!((gains[1] - 0.5_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn many_blocks_choose_what_one_thread_chooses() {
        let mut state = 1_u32;
        let x: Vec<f32> = std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .take(3000 * 19)
        .collect();
        let x = Matrix::new(&x, 3000, 19).unwrap();
        let one = greedy_dpp(x, None, 12, &Workers::serial()).unwrap();
        let three = greedy_dpp(x, None, 12, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(one, three);
    }

    #[test]
    fn bad_rows_are_named() {
        let x = [1.0, 0.0, f32::NAN, 0.0];
        let error = greedy_dpp(Matrix::new(&x, 2, 2).unwrap(), None, 1, &Workers::serial());
        assert_eq!(
            error.unwrap_err().to_string(),
            "X must be finite: X[1, 0] is nan"
        );
        let x = [0.0, 0.0, 1.0, 0.0];
        let error = greedy_dpp(Matrix::new(&x, 2, 2).unwrap(), None, 1, &Workers::serial());
        assert!(
            error
                .unwrap_err()
                .to_string()
                .ends_with("X[0] is all zeros")
        );
    }
}
