//! Selection from one pool, which may be large: the threads share its candidates.

use super::{coverage, dense, pairwise};
use crate::error::Result;
use crate::parallel::Workers;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::large;
use crate::selection::method::Terms;
use crate::selection::rules::Rules;
use crate::selection::source::{Pools, Source};

/// Rows in order of choice, and the gain of each.
pub type Selection = (Vec<i32>, Vec<f64>);

/// The greedy choice of up to `k` rows of `x`, and what each adds; fewer where no further row may be chosen or adds
/// anything. Ties go to the lowest row.
///
/// # Errors
/// Refuses NaN, infinity and rows of zeros in embeddings, a number of similarities that is no square, terms and rules of
/// another length, and an included row that adds nothing.
pub fn greedy<'a>(
    x: impl Into<Source<'a>>,
    terms: Terms<'a>,
    k: usize,
    rules: Option<Rules<'a>>,
    workers: &Workers<'_>,
) -> Result<Selection> {
    let x = x.into();
    let n = match x {
        Source::Embeddings(x) => x.n_rows(),
        Source::Similarities(values) => values.len().isqrt(),
    };
    let offsets = [0, n as i64];
    let candidates = Pools::new(x, &offsets, terms, rules)?.candidates(0, None)?;
    let mut picks = Vec::new();
    Scratch::default().greedy(&candidates, k.min(n), workers, &mut picks)?;
    Ok(picks
        .into_iter()
        .map(|(row, gain)| (row as i32, gain))
        .unzip())
}

/// What a search keeps from pool to pool for its memory.
#[derive(Default)]
pub(crate) struct Scratch {
    search: pairwise::Search,
    dense: dense::Dense,
    cover: coverage::Cover,
}

impl Scratch {
    pub(crate) fn greedy(
        &mut self,
        candidates: &Candidates<'_>,
        k: usize,
        workers: &Workers<'_>,
        picks: &mut Vec<Pick>,
    ) -> Result<()> {
        if dense::suits(candidates) {
            dense::greedy(candidates, k, &mut self.dense, picks)
        } else if large::coverage::suits(candidates, k) {
            large::coverage::greedy(candidates, k, workers, picks)
        } else if candidates.terms.method.covers() {
            coverage::greedy(candidates, k, workers, &mut self.cover, picks)
        } else if large::pairwise::lazy::suits(candidates, k)
            && large::pairwise::lazy::greedy(candidates, k, workers, picks)?.is_some()
        {
            Ok(())
        } else {
            pairwise::greedy(candidates, k, workers, &mut self.search, picks)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matrix::Matrix;
    use crate::selection::Method;

    fn terms(method: Method) -> Terms<'static> {
        Terms {
            method,
            bonus: None,
            weight: 1.0,
        }
    }

    fn random(n: usize, d: usize) -> Vec<f32> {
        let mut state = 1_u32;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        })
        .take(n * d)
        .collect()
    }

    #[test]
    fn orthogonal_rows_are_chosen_before_their_copies() {
        let x = [1.0, 0.0, 2.0, 0.0, 0.0, 3.0];
        let x = Matrix::new(&x, 3, 2).unwrap();
        let (rows, gains) = greedy(x, terms(Method::Dpp), 3, None, &Workers::serial()).unwrap();
        assert_eq!(rows, [0, 2], "the third direction does not exist");
        assert_eq!(gains, [0.0, 0.0]);
    }

    #[test]
    fn quality_decides_among_equals_and_zero_quality_excludes() {
        let x = [1.0, 0.0, 0.0, 1.0, 1.0, 1.0];
        let x = Matrix::new(&x, 3, 2).unwrap();
        let terms = Terms {
            bonus: Some(&[f64::NEG_INFINITY, 2.0, 0.0]),
            ..terms(Method::Dpp)
        };
        let (rows, gains) = greedy(x, terms, 2, None, &Workers::serial()).unwrap();
        assert_eq!(rows, [1, 2]);
        assert!((gains[0] - 2.0).abs() < 1e-12);
        assert!((gains[1] - 0.5_f64.ln()).abs() < 1e-12);
    }

    #[test]
    fn many_blocks_choose_what_one_thread_chooses() {
        let x = random(3000, 19);
        let x = Matrix::new(&x, 3000, 19).unwrap();
        for method in [Method::Dpp, Method::MaxSum, Method::FacilityLocation] {
            let one = greedy(x, terms(method), 6, None, &Workers::serial()).unwrap();
            let three = Workers::new(3, &|| false);
            assert_eq!(one, greedy(x, terms(method), 6, None, &three).unwrap());
        }
    }

    #[test]
    fn bad_rows_are_named() {
        let said = |x: &[f32]| {
            let x = Matrix::new(x, 2, 2).unwrap();
            let error = greedy(x, terms(Method::Mmr), 1, None, &Workers::serial()).unwrap_err();
            error.to_string()
        };
        let bad = said(&[1.0, 0.0, f32::NAN, 0.0]);
        assert_eq!(bad, "X must be finite: X[1, 0] is nan");
        assert!(said(&[0.0, 0.0, 1.0, 0.0]).ends_with("X[0] is all zeros"));
    }

    #[test]
    fn rules_are_kept() {
        let x = random(40, 5);
        let x = Matrix::new(&x, 40, 5).unwrap();
        let group: Vec<i32> = (0..40).map(|row| row % 3).collect();
        let rules = Rules {
            eligible: None,
            include: &[7],
            include_offsets: &[0, 1],
            group: Some(&group),
            least: &[0, 0, 2],
            most: &[1, 2, 9],
            max_similarity: 0.9,
        };
        for method in [Method::Dpp, Method::MaxMin, Method::KMedoids] {
            let (rows, _) = greedy(x, terms(method), 4, Some(rules), &Workers::serial()).unwrap();
            let of = |group: i32| rows.iter().filter(|&&row| row % 3 == group).count();
            assert_eq!(rows[0], 7);
            assert!(of(0) <= 1 && of(1) <= 2 && of(2) >= 2, "{rows:?}");
        }
    }
}
