//! M-step for utilities linear in features: gradient and curvature of the weighted log-likelihood in the coefficients.
//!
//! For a choice set with weight w, choice probabilities p and features x the negative Hessian is the weighted covariance
//! w (Σ p_i x_i x_iᵀ − x̄ x̄ᵀ) with x̄ = Σ p_i x_i. It is summed by West's (1979) update: with P and m the probability and
//! the mean of the items before i, item i adds w p_i P / (P + p_i) · (x_i − m)(x_i − m)ᵀ. A set of J items costs J − 1
//! outer products, nothing is subtracted from anything large, and only the lower triangle is computed.

use std::ops::Range;

use super::outer_products::{OuterProducts, SIDE, Tile};
use crate::choice::{ChoiceSets, probabilities};
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// A judgement whose weight under a class is this small changes no digit of any sum it would enter.
const NEGLIGIBLE: f64 = 1e-18;

/// Gradient `(n_classes, d)` and negative Hessian `(n_classes, d, d)` of Σ weights · log-likelihood.
pub type LinearStatistics = (Vec<f64>, Vec<f64>);

/// First and second derivatives in the coefficients of every class, for choices, pairs and tied pairs alike.
///
/// `utility` is the table that the coefficients give; `chosen` holds positions within the sets; where `tied` says so the
/// two items of a set share the choice. `weights` has a row a set and a column a class. Sums of statistics are statistics
/// of the joined data.
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
    workers: &Workers<'_>,
) -> Result<LinearStatistics> {
    sets.check_utility(utility)?;
    sets.check_chosen(chosen)?;
    sets.check_weights(weights, utility)?;
    ensure(
        features.n_rows() == utility.n_rows() && features.n_columns() > 0,
        || format!("features must have {} rows and a column", utility.n_rows()),
    )?;
    let n_tied = tied.map_or(sets.len(), <[bool]>::len);
    ensure(n_tied == sets.len(), || {
        format!("tied has {n_tied} values for {} choice sets", sets.len())
    })?;
    let (d, n_classes) = (features.n_columns(), utility.n_columns());
    let mut total = Partial::new(d, n_classes);
    let work = |run: Range<usize>| {
        let mut partial = Partial::new(d, n_classes);
        let probability = &probabilities(utility, sets, &run);
        let partial_sums = &mut partial;
        vectorize(Accumulate {
            features,
            sets,
            chosen,
            tied,
            weights,
            run,
            probability,
            partial_sums,
        });
        Ok(partial)
    };
    workers.fold(sets.tasks(), work, |partial| total.add(&partial))?;
    Ok(total.finish(d))
}

/// The sums over a run of choice sets, one class after the other.
struct Partial {
    /// `(n_classes, panels)` stretches of `SIDE` features, padded with zeros.
    gradient: Vec<[f64; SIDE]>,
    /// `(n_classes, tiles)` of the lower triangle, row after row.
    tiles: Vec<Tile>,
    n_panels: usize,
}

impl Partial {
    fn new(d: usize, n_classes: usize) -> Self {
        let n_panels = d.div_ceil(SIDE);
        Self {
            gradient: vec![[0.0; SIDE]; n_classes * n_panels],
            tiles: vec![[[0.0; SIDE]; SIDE]; n_classes * n_panels * (n_panels + 1) / 2],
            n_panels,
        }
    }

    fn add(&mut self, other: &Self) {
        let gradient = other.gradient.as_flattened();
        let tiles = other.tiles.as_flattened().as_flattened();
        self.gradient
            .as_flattened_mut()
            .iter_mut()
            .zip(gradient)
            .for_each(|(sum, term)| *sum += term);
        let sums = self.tiles.as_flattened_mut().as_flattened_mut();
        sums.iter_mut()
            .zip(tiles)
            .for_each(|(sum, term)| *sum += term);
    }

    /// Drops the padding and mirrors the lower triangle.
    fn finish(&self, d: usize) -> LinearStatistics {
        let n_tiles = self.n_panels * (self.n_panels + 1) / 2;
        let gradient = self
            .gradient
            .chunks_exact(self.n_panels)
            .flat_map(|panels| panels.as_flattened()[..d].iter().copied())
            .collect();
        let mut hessian = Vec::with_capacity(self.tiles.len() / n_tiles * d * d);
        for tiles in self.tiles.chunks_exact(n_tiles) {
            for i in 0..d {
                hessian.extend((0..d).map(|j| {
                    let (i, j) = (i.max(j), i.min(j));
                    let (row, column) = (i / SIDE, j / SIDE);
                    tiles[row * (row + 1) / 2 + column][i % SIDE][j % SIDE]
                }));
            }
        }
        (gradient, hessian)
    }
}

struct Accumulate<'a, E> {
    features: Matrix<'a, E>,
    sets: &'a ChoiceSets<'a>,
    chosen: &'a [i32],
    tied: Option<&'a [bool]>,
    weights: Matrix<'a, f64>,
    run: Range<usize>,
    probability: &'a [f64],
    partial_sums: &'a mut Partial,
}

impl<E: Element> Vectorized for Accumulate<'_, E> {
    type Output = ();

    #[inline(always)]
    fn run<T: Target>(self) {
        let Self {
            features,
            sets,
            chosen,
            tied,
            weights,
            run,
            probability,
            partial_sums,
        } = self;
        let Partial {
            gradient,
            tiles,
            n_panels,
        } = partial_sums;
        let (n_panels, n_classes) = (*n_panels, weights.n_columns());
        let mut row = vec![[0.0; SIDE]; n_panels];
        let mut mean = vec![[0.0; SIDE]; n_panels];
        let mut products = OuterProducts::new(n_panels);
        let of_class = gradient
            .chunks_exact_mut(n_panels)
            .zip(tiles.chunks_exact_mut(n_panels * (n_panels + 1) / 2));
        for (class, (gradient, tiles)) in of_class.enumerate() {
            let mut first = 0;
            for set in run.clone() {
                let items = sets.items(set);
                let start = first;
                first += items.len();
                let weight = weights.row(set)[class];
                if weight <= NEGLIGIBLE {
                    continue;
                }
                let halved = tied.is_some_and(|tied| tied[set]);
                let mut before = 0.0;
                for (position, &item) in items.iter().enumerate() {
                    widen(features.row(item as usize), &mut row);
                    let target = match (halved, position == chosen[set] as usize) {
                        (true, _) => 0.5,
                        (false, true) => 1.0,
                        (false, false) => 0.0,
                    };
                    if target > 0.0 {
                        add_scaled::<T>(gradient, weight * target, &row);
                    }
                    let p = probability[(start + position) * n_classes + class];
                    let after = before + p;
                    if before == 0.0 {
                        mean.copy_from_slice(&row);
                    } else if p > 0.0 {
                        let share = p / after;
                        let scale = (weight * before * share).sqrt();
                        products.push::<T>(&row, &mut mean, scale, share, tiles);
                    }
                    before = after;
                }
                add_scaled::<T>(gradient, -weight, &mean);
            }
            products.sum_into::<T>(tiles);
        }
    }
}

/// The feature row in float64, in stretches of `SIDE`; what lies beyond the last feature stays zero.
#[inline(always)]
fn widen<E: Element>(features: &[E], row: &mut [[f64; SIDE]]) {
    for (to, from) in row.as_flattened_mut().iter_mut().zip(features) {
        *to = from.widen();
    }
}

#[inline(always)]
fn add_scaled<T: Target>(sum: &mut [[f64; SIDE]], scale: f64, row: &[[f64; SIDE]]) {
    for (sum, row) in sum.iter_mut().zip(row) {
        *sum = std::array::from_fn(|lane| T::mul_add(scale, row[lane], sum[lane]));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::choice::{Pairs, choose_one_gradient, pair_gradient};
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
        let gradient_at = |coef: &[f64]| {
            let table =
                linear_utility(x, Matrix::new(coef, n_classes, d).unwrap(), &workers).unwrap();
            let table = Matrix::new(&table, n_items, n_classes).unwrap();
            let (on_table, _) = choose_one_gradient(table, &sets, &chosen, w, &workers).unwrap();
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
            linear_statistics(x, table, &sets, &chosen, None, w, &workers).unwrap();
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
        let on_two = linear_statistics(x, table, &sets, &chosen, None, w, &two).unwrap();
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
        let (gradient, _) =
            linear_statistics(x, utility, &sets, &[0, 0], Some(&tied), weights, &workers).unwrap();
        let pairs = Pairs::new(&items, Some(&tied), 3).unwrap();
        let (on_table, _) = pair_gradient(utility, &pairs, weights, &workers).unwrap();
        for (j, value) in gradient.iter().enumerate() {
            let expected: f64 = (0..3).map(|item| on_table[item] * x.row(item)[j]).sum();
            assert!((value - expected).abs() < 1e-15);
        }
    }
}
