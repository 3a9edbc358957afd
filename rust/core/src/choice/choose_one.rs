//! Multinomial logit: one item is chosen from a set (McFadden 1974).
//!
//! log P(c | set) = u_c − log Σ_i exp(u_i).

use super::softmax::{log_sums, probabilities};
use super::{ChoiceSets, TableGradient};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, split_rows};
use crate::parallel::Workers;

/// Log-likelihood of each choice under each class, `(n_sets, n_classes)`; `chosen` holds positions within the sets.
///
/// # Errors
/// Refuses a chosen position outside its set.
pub fn choose_one_log_likelihood(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    chosen: &[i32],
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    sets.check_utility(utility)?;
    sets.check_chosen(chosen)?;
    let n_classes = utility.n_columns();
    let mut out = vec![0.0; sets.len() * n_classes];
    let runs = sets.tasks();
    let pieces = split_rows(&mut out, n_classes, &runs);
    workers.run(runs.iter().cloned().zip(pieces), |(run, out)| {
        log_sums(utility, sets, &run, out);
        for (set, out) in run.zip(out.chunks_exact_mut(n_classes)) {
            let item = sets.items(set)[chosen[set] as usize];
            for (out, utility) in out.iter_mut().zip(utility.row(item as usize)) {
                *out = utility - *out;
            }
        }
        Ok(())
    })?;
    Ok(out)
}

/// Gradient of Σ weights · log-likelihood on the utility table, and the diagonal of the negative second derivative.
///
/// ∂/∂u_i = w (1{i = c} − p_i), −∂²/∂u_i² = w p_i (1 − p_i). `weights` has a row a set and a column a class.
///
/// # Errors
/// Refuses a chosen position outside its set and weights of another shape.
pub fn choose_one_gradient(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    chosen: &[i32],
    weights: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<TableGradient> {
    sets.check_utility(utility)?;
    sets.check_chosen(chosen)?;
    sets.check_weights(weights, utility)?;
    let n_classes = utility.n_columns();
    let mut gradient = vec![0.0; utility.values().len()];
    let mut curvature = vec![0.0; utility.values().len()];
    let work = |run: std::ops::Range<usize>| {
        let mut first = probabilities(utility, sets, &run);
        let mut second = first.clone();
        let (mut firsts, mut seconds) = (
            first.chunks_exact_mut(n_classes),
            second.chunks_exact_mut(n_classes),
        );
        for set in run.clone() {
            for position in 0..sets.items(set).len() {
                let target = f64::from(position == chosen[set] as usize);
                let (Some(first), Some(second)) = (firsts.next(), seconds.next()) else {
                    break;
                };
                for ((first, second), weight) in first.iter_mut().zip(second).zip(weights.row(set))
                {
                    let p = *first;
                    *first = weight * (target - p);
                    *second = weight * p * (1.0 - p);
                }
            }
        }
        Ok((run, first, second))
    };
    workers.fold(sets.tasks(), work, |(run, first, second)| {
        scatter(&mut gradient, n_classes, sets.items_of(&run), &first);
        scatter(&mut curvature, n_classes, sets.items_of(&run), &second);
    })?;
    Ok((gradient, curvature))
}

/// The negative Hessian of Σ weights · log-likelihood on the utility table, times `direction`.
///
/// For one set it is w (diag(p) − p pᵀ); it is the same for every outcome, so that it serves pairs and ties too.
///
/// # Errors
/// Refuses weights or a direction of another shape.
pub fn curvature_product(
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    weights: Matrix<'_, f64>,
    direction: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    sets.check_utility(utility)?;
    sets.check_weights(weights, utility)?;
    ensure(
        direction.n_rows() == utility.n_rows() && direction.n_columns() == utility.n_columns(),
        || "direction must have the shape of utility".to_owned(),
    )?;
    let n_classes = utility.n_columns();
    let mut out = vec![0.0; utility.values().len()];
    let work = |run: std::ops::Range<usize>| {
        let mut product = probabilities(utility, sets, &run);
        let mut mean = vec![0.0; n_classes];
        let mut values: &mut [f64] = &mut product;
        for set in run.clone() {
            let items = sets.items(set);
            let (probability, rest) = values.split_at_mut(items.len() * n_classes);
            values = rest;
            mean.fill(0.0);
            for (&item, p) in items.iter().zip(probability.chunks_exact(n_classes)) {
                for ((mean, p), v) in mean.iter_mut().zip(p).zip(direction.row(item as usize)) {
                    *mean += p * v;
                }
            }
            for (&item, p) in items.iter().zip(probability.chunks_exact_mut(n_classes)) {
                let v = direction.row(item as usize);
                for (((p, v), mean), w) in p.iter_mut().zip(v).zip(&mean).zip(weights.row(set)) {
                    *p *= w * (v - mean);
                }
            }
        }
        Ok((run, product))
    };
    workers.fold(sets.tasks(), work, |(run, product)| {
        scatter(&mut out, n_classes, sets.items_of(&run), &product);
    })?;
    Ok(out)
}

/// Adds a row of values to the row of the table of each item.
pub(super) fn scatter(table: &mut [f64], n_classes: usize, items: &[i32], values: &[f64]) {
    for (&item, values) in items.iter().zip(values.chunks_exact(n_classes)) {
        let row = item as usize * n_classes;
        for (entry, value) in table[row..row + n_classes].iter_mut().zip(values) {
            *entry += value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UTILITY: [f64; 8] = [0.3, -1.0, 0.0, 2.0, -0.5, 0.25, 1.5, 0.0];
    const OFFSETS: [i64; 4] = [0, 2, 5, 9];
    const ITEMS: [i32; 9] = [0, 3, 2, 1, 0, 0, 1, 2, 3];
    const CHOSEN: [i32; 3] = [1, 0, 2];
    const WEIGHTS: [f64; 6] = [1.0, 0.5, 0.2, 2.0, 1.0, 1.0];

    fn objective(utility: &[f64], sets: &ChoiceSets<'_>) -> f64 {
        let utility = Matrix::new(utility, 4, 2).unwrap();
        let ll = choose_one_log_likelihood(utility, sets, &CHOSEN, &Workers::serial()).unwrap();
        ll.iter().zip(WEIGHTS).map(|(ll, weight)| ll * weight).sum()
    }

    #[test]
    fn derivatives_equal_differences() {
        let sets = ChoiceSets::new(&OFFSETS, &ITEMS, 4).unwrap();
        let weights = Matrix::new(&WEIGHTS, 3, 2).unwrap();
        let utility = Matrix::new(&UTILITY, 4, 2).unwrap();
        let workers = Workers::serial();
        let (gradient, curvature) =
            choose_one_gradient(utility, &sets, &CHOSEN, weights, &workers).unwrap();
        let step = 1e-4;
        for entry in 0..UTILITY.len() {
            let moved = |by: f64| {
                let mut utility = UTILITY;
                utility[entry] += by;
                objective(&utility, &sets)
            };
            let (up, here, down) = (moved(step), moved(0.0), moved(-step));
            assert!((gradient[entry] - (up - down) / (2.0 * step)).abs() < 1e-7);
            assert!((curvature[entry] + (up - 2.0 * here + down) / (step * step)).abs() < 1e-6);
            let mut direction = [0.0; 8];
            direction[entry] = 1.0;
            let direction = Matrix::new(&direction, 4, 2).unwrap();
            let column = curvature_product(utility, &sets, weights, direction, &workers).unwrap();
            assert!((column[entry] - curvature[entry]).abs() < 1e-12);
        }
    }

    #[test]
    fn huge_utilities_stay_finite() {
        let utility = [1e6, -1e6, 0.0];
        let sets = ChoiceSets::new(&[0, 3], &[0, 1, 2], 3).unwrap();
        let utility = Matrix::new(&utility, 3, 1).unwrap();
        let ll = choose_one_log_likelihood(utility, &sets, &[1], &Workers::serial()).unwrap();
        assert_eq!(ll, [-2e6]);
    }

    #[test]
    fn a_position_outside_its_set_is_named() {
        let sets = ChoiceSets::new(&OFFSETS, &ITEMS, 4).unwrap();
        let utility = Matrix::new(&UTILITY, 4, 2).unwrap();
        let error = choose_one_log_likelihood(utility, &sets, &[0, 3, 0], &Workers::serial());
        let sentence = "chosen must be a position in its choice set: chosen[1]=3 of 3";
        assert_eq!(error.unwrap_err().to_string(), sentence);
    }
}
