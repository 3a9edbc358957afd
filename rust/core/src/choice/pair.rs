//! Bradley-Terry: one of two is preferred, or they tie (Bradley and Terry 1952).
//!
//! With the margin m = u_first − u_second, log P(first) = log σ(m). A tie counts as half a win for each side:
//! ½ log σ(m) + ½ log σ(−m).

use super::sets::{check_items, check_utility, check_weights};
use super::{TableGradient, choose_one::scatter};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, split_rows};
use crate::parallel::Workers;

/// Pairs that a thread takes at a time.
const PAIRS_PER_TASK: usize = 2048;

/// Judgements of two items: the first of each pair was preferred, or the two were tied.
#[derive(Clone, Copy, Debug)]
pub struct Pairs<'a> {
    items: &'a [[i32; 2]],
    tied: Option<&'a [bool]>,
    n_items: usize,
}

impl<'a> Pairs<'a> {
    /// `items` holds the winner and the loser of each pair, one after the other.
    ///
    /// # Errors
    /// An odd number of items, `tied` of another length, items that are no row of a table of `n_items`.
    pub fn new(items: &'a [i32], tied: Option<&'a [bool]>, n_items: usize) -> Result<Self> {
        let (pairs, rest) = items.as_chunks::<2>();
        ensure(rest.is_empty(), || {
            "pairs must hold two items each".to_owned()
        })?;
        check_items("pairs", items, n_items)?;
        let n_tied = tied.map_or(pairs.len(), <[bool]>::len);
        ensure(n_tied == pairs.len(), || {
            format!("tied has {n_tied} values for {} pairs", pairs.len())
        })?;
        Ok(Self {
            items: pairs,
            tied,
            n_items,
        })
    }

    /// Runs of consecutive pairs.
    fn tasks(&self) -> Vec<std::ops::Range<usize>> {
        let n = self.items.len();
        (0..n)
            .step_by(PAIRS_PER_TASK)
            .map(|first| first..n.min(first + PAIRS_PER_TASK))
            .collect()
    }

    #[inline(always)]
    fn is_tied(&self, pair: usize) -> bool {
        self.tied.is_some_and(|tied| tied[pair])
    }

    #[inline(always)]
    fn rows<'u>(
        &self,
        utility: Matrix<'u, f64>,
        pair: usize,
    ) -> impl Iterator<Item = f64> + use<'u> {
        let [first, second] = self.items[pair];
        let second = utility.row(second as usize);
        utility
            .row(first as usize)
            .iter()
            .zip(second)
            .map(|(first, second)| first - second)
    }
}

/// Log-likelihood of each pair under each class, `(n_pairs, n_classes)`.
///
/// # Errors
/// Refuses a utility table that is not the one the pairs were checked against.
pub fn pair_log_likelihood(
    utility: Matrix<'_, f64>,
    pairs: &Pairs<'_>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    check_utility(utility, pairs.n_items)?;
    let n_classes = utility.n_columns();
    let mut out = vec![0.0; pairs.items.len() * n_classes];
    let runs = pairs.tasks();
    let pieces = split_rows(&mut out, n_classes, &runs);
    workers.run(runs.iter().cloned().zip(pieces), |(run, out)| {
        for (pair, out) in run.zip(out.chunks_exact_mut(n_classes)) {
            let tied = pairs.is_tied(pair);
            for (out, margin) in out.iter_mut().zip(pairs.rows(utility, pair)) {
                let lost = if tied {
                    margin.abs() / 2.0
                } else {
                    (-margin).max(0.0)
                };
                *out = -(lost + (-margin.abs()).exp().ln_1p());
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// Gradient of Σ weights · log-likelihood on the utility table, and the diagonal of the negative second derivative.
///
/// ∂/∂u_first = w (y − σ(m)) = −∂/∂u_second with y = 1, or ½ for a tie; the curvature of both is w σ(m) σ(−m).
///
/// # Errors
/// Refuses weights of another shape.
pub fn pair_gradient(
    utility: Matrix<'_, f64>,
    pairs: &Pairs<'_>,
    weights: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<TableGradient> {
    check_utility(utility, pairs.n_items)?;
    check_weights(weights, pairs.items.len(), utility)?;
    let n_classes = utility.n_columns();
    let mut gradient = vec![0.0; utility.values().len()];
    let mut curvature = vec![0.0; utility.values().len()];
    let work = |run: std::ops::Range<usize>| {
        let mut first = Vec::with_capacity(run.len() * 2 * n_classes);
        let mut second = Vec::with_capacity(run.len() * 2 * n_classes);
        for pair in run.clone() {
            let target = if pairs.is_tied(pair) { 0.5 } else { 1.0 };
            let (start, weights) = (first.len(), weights.row(pair));
            for (margin, weight) in pairs.rows(utility, pair).zip(weights) {
                let small = (-margin.abs()).exp();
                let [less, more] = [small / (1.0 + small), 1.0 / (1.0 + small)];
                let p = if margin < 0.0 { less } else { more };
                first.push(weight * (target - p));
                second.push(weight * less * more);
            }
            for class in 0..n_classes {
                first.push(-first[start + class]);
                second.push(second[start + class]);
            }
        }
        Ok((run, first, second))
    };
    workers.fold(pairs.tasks(), work, |(run, first, second)| {
        let items = pairs.items[run].as_flattened();
        scatter(&mut gradient, n_classes, items, &first);
        scatter(&mut curvature, n_classes, items, &second);
    })?;
    Ok((gradient, curvature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{ChoiceSets, choose_one_gradient, choose_one_log_likelihood};

    const UTILITY: [f64; 6] = [0.3, -1.0, 0.0, 2.0, -0.5, 0.25];
    const PAIRS: [i32; 8] = [0, 1, 2, 1, 1, 0, 0, 2];
    const WEIGHTS: [f64; 8] = [1.0, 0.5, 0.2, 2.0, 1.0, 1.0, 0.0, 3.0];

    #[test]
    fn pairs_are_choices_among_two() {
        let utility = Matrix::new(&UTILITY, 3, 2).unwrap();
        let weights = Matrix::new(&WEIGHTS, 4, 2).unwrap();
        let pairs = Pairs::new(&PAIRS, None, 3).unwrap();
        let sets = ChoiceSets::new(&[0, 2, 4, 6, 8], &PAIRS, 3).unwrap();
        let workers = Workers::serial();
        let close = |left: Vec<f64>, right: Vec<f64>| {
            assert_eq!(left.len(), right.len());
            assert!(
                left.iter()
                    .zip(&right)
                    .all(|(left, right)| (left - right).abs() < 1e-14)
            );
        };
        close(
            pair_log_likelihood(utility, &pairs, &workers).unwrap(),
            choose_one_log_likelihood(utility, &sets, &[0; 4], &workers).unwrap(),
        );
        let of_pairs = pair_gradient(utility, &pairs, weights, &workers).unwrap();
        let of_sets = choose_one_gradient(utility, &sets, &[0; 4], weights, &workers).unwrap();
        close(of_pairs.0, of_sets.0);
        close(of_pairs.1, of_sets.1);
    }

    #[test]
    fn a_tie_is_half_a_win_each() {
        let utility = Matrix::new(&UTILITY, 3, 2).unwrap();
        let workers = Workers::serial();
        let ll = |items: &[i32], tied: &[bool]| {
            let pairs = Pairs::new(items, Some(tied), 3).unwrap();
            pair_log_likelihood(utility, &pairs, &workers).unwrap()
        };
        let (won, lost, tie) = (
            ll(&[0, 1], &[false]),
            ll(&[1, 0], &[false]),
            ll(&[0, 1], &[true]),
        );
        for class in 0..2 {
            assert!((tie[class] - f64::midpoint(won[class], lost[class])).abs() < 1e-15);
        }
    }
}
