//! M-step for utilities linear in features: gradient and curvature of the weighted log-likelihood in the coefficients.
//!
//! For a choice set with weight w, choice probabilities p and features x the negative Hessian is the weighted covariance
//! w (Σ p_i x_i x_iᵀ − x̄ x̄ᵀ) with x̄ = Σ p_i x_i. With differences D_i = x_i − x_0 from the first item, their mean
//! m = Σ p_i D_i and c = 1 / (1 + √p_0) it is the sum of w p_i (D_i − c m)(D_i − c m)ᵀ over the items after the first: a
//! set of J items costs J − 1 outer products, and nothing large is subtracted. Only the lower triangle is computed.
//!
//! For features of float32 or 16 bits the outer products are summed in float32, 96 at a time, and those sums in float64: of six digits,
//! they give Newton's method its direction. The gradient, which decides where it ends, is summed in float64 throughout.

use std::marker::PhantomData;
use std::ops::Range;

use super::accumulate::Accumulate;
use super::judged::Judged;
use super::partial::{LinearStatistics, Partial};
use crate::blocks::Blocks;
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix};
use crate::observation::{ChoiceSets, probabilities};
use crate::outer_products::Stored;
use crate::parallel::Workers;
use crate::simd::vectorize;

/// Items of choice sets that a thread takes at a time.
const ITEMS_PER_TASK: usize = 2048;

/// First and second derivatives in the coefficients of every class, for choices, pairs and tied pairs alike.
///
/// `utility` is the table that the coefficients give; `chosen` holds positions within the sets; where `tied` says so the
/// two items of a set share the choice. `weights` has a row a set and a column a class. Sums of statistics are statistics
/// of the joined data; blocks of sets end at `block_ends`, see `blocks.rs`, and by default all are one. Outer products
/// are summed `in_float64` where asked: float32 overflows beyond 1e19 and is blind below 1e-19.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn linear_statistics<E: Element>(
    features: Matrix<'_, E>,
    utility: Matrix<'_, f64>,
    sets: &ChoiceSets<'_>,
    chosen: &[i32],
    tied: Option<&[bool]>,
    weights: Matrix<'_, f64>,
    in_float64: bool,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<LinearStatistics> {
    sets.check_utility(utility)?;
    sets.check_chosen(chosen)?;
    sets.check_weights(weights, utility)?;
    sets.check_features(features)?;
    let n_tied = tied.map_or(sets.len(), <[bool]>::len);
    ensure(n_tied == sets.len(), || {
        format!("tied has {n_tied} values for {} choice sets", sets.len())
    })?;
    let judged = Judged {
        features,
        utility,
        sets,
        chosen,
        tied,
        weights,
    };
    if in_float64 || size_of::<E>() == size_of::<f64>() {
        judged.sum::<f64>(block_ends, workers)
    } else {
        judged.sum::<f32>(block_ends, workers)
    }
}

impl<E: Element> Judged<'_, E> {
    /// Sums over all sets; outer products wait in `S`.
    fn sum<S: Stored>(
        &self,
        block_ends: Option<&[i64]>,
        workers: &Workers<'_>,
    ) -> Result<LinearStatistics> {
        let (d, n_classes) = (self.features.n_columns(), self.utility.n_columns());
        let first_entry = |set| self.sets.first_entry(set);
        let blocks = Blocks::of_groups(block_ends, self.sets.len(), first_entry, ITEMS_PER_TASK)?;
        let work = |run: Range<usize>| {
            self.sets.check_choices(self.chosen, self.tied, &run)?;
            let mut partial = Partial::new(d, n_classes)?;
            let probability = &probabilities(self.utility, self.sets, &run)?;
            vectorize(Accumulate::<E, S> {
                judged: self,
                run,
                probability,
                partial: &mut partial,
                stored: PhantomData,
            })?;
            Ok(partial)
        };
        let tasks = blocks.pieces().iter().cloned();
        let total = workers.reduce(&blocks, tasks, work, |sum, term| sum.add(&term))?;
        total
            .map_or_else(|| Partial::new(d, n_classes), Ok)?
            .finish(d)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::observation::{Description, Observation, table_gradient};
    use crate::utility::linear_utility;

    fn noise(n: usize, seed: u32) -> Vec<f64> {
        let mut state = seed;
        std::iter::repeat_with(|| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / 8_388_608.0 - 1.0
        })
        .take(n)
        .collect()
    }

    /// The gradient in the coefficients by way of the table, and its change along each coefficient.
    #[test]
    fn statistics_are_the_derivatives() {
        let (n_items, d, n_classes) = (40, 11, 2);
        let features = noise(n_items * d, 1);
        let x = Matrix::new(&features, n_items, d).unwrap();
        let mut coef = noise(n_classes * d, 2);
        let offsets: Vec<i64> = (0..=200).map(|set| set / 2 * 5 + set % 2 * 2).collect();
        let items: Vec<i32> = (0..500).map(|at| at * 7 % 40).collect();
        let chosen: Vec<i32> = (0..200).map(|set| set % 2).collect();
        let weights: Vec<f64> = noise(200 * n_classes, 3).iter().map(|w| w.abs()).collect();
        let w = Matrix::new(&weights, 200, n_classes).unwrap();
        let sets = ChoiceSets::new(&offsets, &items, n_items).unwrap();
        let workers = Workers::serial();
        let description = Description {
            kind: "choose_one",
            offsets: Some(&offsets),
            chosen: Some(&chosen),
            ..Description::of_pairs(&items)
        };
        let observation = Observation::new(&description, n_items).unwrap();
        let gradient_at = |coef: &[f64]| {
            let table =
                linear_utility(x, Matrix::new(coef, n_classes, d).unwrap(), &workers).unwrap();
            let table = Matrix::new(&table, n_items, n_classes).unwrap();
            let (on_table, _) = table_gradient(table, &observation, w, &workers).unwrap();
            let mut gradient = vec![0.0; n_classes * d];
            for item in 0..n_items {
                for class in 0..n_classes {
                    for j in 0..d {
                        gradient[class * d + j] +=
                            on_table[item * n_classes + class] * x.row(item)[j];
                    }
                }
            }
            gradient
        };
        let table = linear_utility(x, Matrix::new(&coef, n_classes, d).unwrap(), &workers).unwrap();
        let table = Matrix::new(&table, n_items, n_classes).unwrap();
        let (gradient, hessian) =
            linear_statistics(x, table, &sets, &chosen, None, w, false, None, &workers).unwrap();
        for (value, expected) in gradient.iter().zip(gradient_at(&coef)) {
            assert!((value - expected).abs() < 1e-10);
        }
        for entry in 0..coef.len() {
            let (class, j) = (entry / d, entry % d);
            coef[entry] += 1e-5;
            let up = gradient_at(&coef);
            coef[entry] -= 2e-5;
            let down = gradient_at(&coef);
            coef[entry] += 1e-5;
            for i in 0..d {
                let slope = (up[class * d + i] - down[class * d + i]) / 2e-5;
                assert!((hessian[(class * d + i) * d + j] + slope).abs() < 1e-6);
            }
        }
        let two = Workers::new(2, &|| false);
        let on_two =
            linear_statistics(x, table, &sets, &chosen, None, w, false, None, &two).unwrap();
        assert_eq!((gradient, hessian), on_two);
    }

    #[test]
    fn ties_share_the_choice_and_negligible_weights_do_nothing() {
        let features = noise(6, 5);
        let x = Matrix::new(&features, 3, 2).unwrap();
        let table = [0.1, 0.2, -0.3];
        let utility = Matrix::new(&table, 3, 1).unwrap();
        let (items, tied) = ([0, 1, 2, 0], [true, false]);
        let sets = ChoiceSets::new(&[0, 2, 4], &items, 3).unwrap();
        let weights = Matrix::new(&[1.0, 1e-30], 2, 1).unwrap();
        let workers = Workers::serial();
        let (gradient, _) = linear_statistics(
            x,
            utility,
            &sets,
            &[0, 0],
            Some(&tied),
            weights,
            false,
            None,
            &workers,
        )
        .unwrap();
        let description = Description {
            tied: Some(&tied),
            ..Description::of_pairs(&items)
        };
        let pairs = Observation::new(&description, 3).unwrap();
        let (on_table, _) = table_gradient(utility, &pairs, weights, &workers).unwrap();
        for (j, value) in gradient.iter().enumerate() {
            let expected: f64 = (0..3).map(|item| on_table[item] * x.row(item)[j]).sum();
            assert!((value - expected).abs() < 1e-15);
        }
    }

    #[test]
    fn features_that_float32_cannot_square_are_summed_in_float64() {
        let unit = noise(6, 7);
        let (items, chosen) = ([0, 1, 2, 0], [0, 1]);
        let sets = ChoiceSets::new(&[0, 2, 4], &items, 3).unwrap();
        let utility = Matrix::new(&[0.1, 0.2, -0.3], 3, 1).unwrap();
        let weights = Matrix::new(&[1.0, 2.0], 2, 1).unwrap();
        for scale in [1e-25_f64, 1.0, 1e25] {
            let single: Vec<f32> = unit.iter().map(|x| (x * scale) as f32).collect();
            let double: Vec<f64> = single.iter().map(|x| f64::from(*x)).collect();
            let workers = Workers::serial();
            let x = Matrix::new(&single, 3, 2).unwrap();
            let (_, of_single) = linear_statistics(
                x, utility, &sets, &chosen, None, weights, true, None, &workers,
            )
            .unwrap();
            let x = Matrix::new(&double, 3, 2).unwrap();
            let (_, of_double) = linear_statistics(
                x, utility, &sets, &chosen, None, weights, true, None, &workers,
            )
            .unwrap();
            for (single, double) in of_single.iter().zip(of_double) {
                assert!(
                    (single - double).abs() < 1e-6 * scale * scale,
                    "{single} {double}"
                );
            }
        }
    }
}
