//! How far the features of the items of a choice set are apart: what its judgement could say of each coefficient.

use std::ops::Range;

use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, check_offsets, group, runs_of_groups};
use crate::memory::{filled, product, room};
use crate::observation::{ChoiceSets, check_rows};
use crate::outer_products::{SIDE, stretch};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Values of features that a thread takes at a time.
const VALUES_PER_TASK: usize = 1 << 18;

/// Sums over units, `(n_classes, d)` each: γ m, γ² m² and γ v, see [`linear_spread`].
pub type Spread = [Vec<f64>; 3];

/// Who judged which sets, and in which class they are.
pub struct SpreadOfUnits<'a, E> {
    /// A row an item.
    pub features: Matrix<'a, E>,
    /// The sets that were judged.
    pub sets: &'a ChoiceSets<'a>,
    /// The set of each judgement; without, judgement `s` is of set `s`.
    pub outcome: Option<&'a [i32]>,
    /// What each judgement counts; without, 1.
    pub weight: Option<&'a [f64]>,
    /// Unit `h` made the judgements `unit_offsets[h]..unit_offsets[h + 1]`.
    pub unit_offsets: &'a [i64],
    /// A row a unit.
    pub responsibilities: Matrix<'a, f64>,
}

/// With s² the variances of the features within the set of a judgement and w its weight, of each unit m = Σ w s² and
/// v = Σ w (s²)²; the sums over units of γ m, γ² m² and γ v, where γ are responsibilities. All in float64.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn linear_spread<E: Element>(
    units: &SpreadOfUnits<'_, E>,
    workers: &Workers<'_>,
) -> Result<Spread> {
    let n_judgements = units.outcome.map_or(units.sets.len(), <[i32]>::len);
    let n_units = check_offsets("unit_offsets", units.unit_offsets, n_judgements)?;
    if let Some(outcome) = units.outcome {
        check_rows("outcome", outcome, units.sets.len(), 0)?;
    }
    units.sets.check(&(0..units.sets.len()))?;
    let n_weights = units.weight.map_or(n_judgements, <[f64]>::len);
    ensure(n_weights == n_judgements, || {
        format!("weight has {n_weights} values for {n_judgements} judgements")
    })?;
    let n_items = units.features.n_rows();
    ensure(n_items == units.sets.n_items(), || {
        format!(
            "features must have {} rows, not {n_items}",
            units.sets.n_items()
        )
    })?;
    let (n_rows, n_classes) = (
        units.responsibilities.n_rows(),
        units.responsibilities.n_columns(),
    );
    ensure(n_rows == n_units && n_classes > 0, || {
        format!(
            "responsibilities must have a row for each of {n_units} units and a column a class, not shape ({n_rows}, {n_classes})"
        )
    })?;
    let d = units.features.n_columns();
    let n_panels = d.div_ceil(SIDE);
    let size = product([n_classes, n_panels])?;
    let mut total = zeros(size)?;
    let of_a_set = (units.sets.mean_size() * d as f64).max(1.0);
    let length = ((VALUES_PER_TASK as f64 / of_a_set) as usize).max(1);
    let work = |run: Range<usize>| {
        let mut sums = zeros(size)?;
        vectorize(Task {
            units,
            run,
            sums: &mut sums,
        })?;
        Ok(sums)
    };
    workers.fold(runs_of_groups(units.unit_offsets, length), work, |sums| {
        for (total, terms) in total.iter_mut().zip(sums) {
            let total = total.as_flattened_mut().iter_mut();
            total
                .zip(terms.as_flattened())
                .for_each(|(sum, term)| *sum += term);
        }
    })?;
    let [first, second, third] = total;
    Ok([
        unpadded(&first, n_panels, d)?,
        unpadded(&second, n_panels, d)?,
        unpadded(&third, n_panels, d)?,
    ])
}

fn zeros(size: usize) -> Result<[Vec<[f64; SIDE]>; 3]> {
    let zeros = || filled([0.0; SIDE], size);
    Ok([zeros()?, zeros()?, zeros()?])
}

fn unpadded(panels: &[[f64; SIDE]], n_panels: usize, d: usize) -> Result<Vec<f64>> {
    let mut out = room(panels.len() * SIDE)?;
    for panels in panels.chunks_exact(n_panels.max(1)) {
        out.extend_from_slice(&panels.as_flattened()[..d]);
    }
    Ok(out)
}

struct Task<'a, E> {
    units: &'a SpreadOfUnits<'a, E>,
    run: Range<usize>,
    sums: &'a mut [Vec<[f64; SIDE]>; 3],
}

impl<E: Element> Vectorized for Task<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            units,
            run,
            sums: [first, second, third],
        } = self;
        let n_panels = units.features.n_columns().div_ceil(SIDE);
        if n_panels == 0 {
            return Ok(());
        }
        let mut of_unit = filled([[0.0; SIDE]; 2], n_panels)?;
        for unit in run {
            of_unit.fill([[0.0; SIDE]; 2]);
            for judgement in group(units.unit_offsets, unit) {
                let set = units
                    .outcome
                    .map_or(judgement, |outcome| outcome[judgement] as usize);
                let weight = units.weight.map_or(1.0, |weight| weight[judgement]);
                add_variances::<T, E>(units.features, units.sets.items(set), weight, &mut of_unit);
            }
            let responsibilities = units.responsibilities.row(unit).iter();
            let sums = first
                .chunks_exact_mut(n_panels)
                .zip(second.chunks_exact_mut(n_panels))
                .zip(third.chunks_exact_mut(n_panels));
            for (&responsibility, ((first, second), third)) in responsibilities.zip(sums) {
                if responsibility == 0.0 {
                    continue;
                }
                let gamma = T::splat(responsibility);
                let of_class = first.iter_mut().zip(second).zip(third);
                for ([mass, square], ((first, second), third)) in of_unit.iter().zip(of_class) {
                    let mass = T::mul_add_x8(gamma, T::load(mass), T::splat(0.0));
                    *first = T::store(T::mul_add_x8(T::splat(1.0), mass, T::load(first)));
                    *second = T::store(T::mul_add_x8(mass, mass, T::load(second)));
                    *third = T::store(T::mul_add_x8(gamma, T::load(square), T::load(third)));
                }
            }
        }
        Ok(())
    }
}

/// Adds the variances of the features of some items, and their squares, each `weight` times.
///
/// They are taken from differences to the first item, whose mean is of the size of their deviation.
#[inline(always)]
fn add_variances<T: Target, E: Element>(
    features: Matrix<'_, E>,
    items: &[i32],
    weight: f64,
    sums: &mut [[[f64; SIDE]; 2]],
) {
    let Some((&first, others)) = items.split_first() else {
        return;
    };
    let first = features.row(first as usize);
    let share = T::splat(1.0 / items.len() as f64);
    let minus = T::splat(-1.0);
    for (panel, [masses, squares]) in sums.iter_mut().enumerate() {
        let origin = stretch::<T, E>(first, panel);
        let (mut sum, mut square) = (T::splat(0.0), T::splat(0.0));
        for &item in others {
            let row = stretch::<T, E>(features.row(item as usize), panel);
            let difference = T::mul_add_x8(minus, origin, row);
            sum = T::mul_add_x8(T::splat(1.0), difference, sum);
            square = T::mul_add_x8(difference, difference, square);
        }
        let zero = T::splat(0.0);
        let mean = T::mul_add_x8(share, sum, zero);
        let opposite = T::mul_add_x8(minus, mean, zero);
        let mean_square = T::mul_add_x8(share, square, zero);
        let variance = T::mul_add_x8(opposite, mean, mean_square);
        let weighted = T::mul_add_x8(T::splat(weight), variance, zero);
        *masses = T::store(T::mul_add_x8(T::splat(1.0), weighted, T::load(masses)));
        *squares = T::store(T::mul_add_x8(weighted, variance, T::load(squares)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_variances_on_any_number_of_threads() {
        let (n_items, d) = (30, 11);
        let features: Vec<f32> = (0..n_items * d)
            .map(|at| (at * 37 % 101) as f32 - 50.0)
            .collect();
        let x = Matrix::new(&features, n_items, d).unwrap();
        let offsets: Vec<i64> = (0..=40).map(|set| set / 2 * 5 + set % 2 * 2).collect();
        let items: Vec<i32> = (0..100).map(|at| at * 7 % 30).collect();
        let sets = ChoiceSets::new(&offsets, &items, n_items).unwrap();
        let outcome: Vec<i32> = (0..3000).map(|at| at * 11 % 40).collect();
        let weight: Vec<f64> = (0..3000).map(|at| f64::from(at % 5) / 2.0).collect();
        let unit_offsets: Vec<i64> = (0..=1000).map(|unit| unit * 3).collect();
        let gamma: Vec<f64> = (0..2000).map(|at| f64::from(at % 3) / 2.0).collect();
        let units = SpreadOfUnits {
            features: x,
            sets: &sets,
            outcome: Some(&outcome),
            weight: Some(&weight),
            unit_offsets: &unit_offsets,
            responsibilities: Matrix::new(&gamma, 1000, 2).unwrap(),
        };
        let found = linear_spread(&units, &Workers::serial()).unwrap();
        for j in 0..d {
            let mut exact = [[0.0; 2]; 3];
            for unit in 0..1000 {
                let (mut mass, mut square) = (0.0, 0.0);
                for judgement in 3 * unit..3 * unit + 3 {
                    let of_set = sets.items(outcome[judgement] as usize);
                    let n = of_set.len() as f64;
                    let value = |item: &i32| f64::from(x.row(*item as usize)[j]);
                    let mean = of_set.iter().map(value).sum::<f64>() / n;
                    let variance = of_set
                        .iter()
                        .map(|item| (value(item) - mean).powi(2))
                        .sum::<f64>()
                        / n;
                    mass += weight[judgement] * variance;
                    square += weight[judgement] * variance * variance;
                }
                for class in 0..2 {
                    let responsibility = gamma[2 * unit + class];
                    exact[0][class] += responsibility * mass;
                    exact[1][class] += (responsibility * mass).powi(2);
                    exact[2][class] += responsibility * square;
                }
            }
            for (found, exact) in found.iter().zip(exact) {
                for (class, exact) in exact.into_iter().enumerate() {
                    assert!((found[class * d + j] / exact - 1.0).abs() < 1e-12);
                }
            }
        }
        let on_three = linear_spread(&units, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(found, on_three);
    }

    #[test]
    fn what_lies_far_from_zero_keeps_its_digits() {
        let features = [1e9, 1e9 + 1.0, 1e9 + 3.0];
        let sets = ChoiceSets::new(&[0, 3], &[0, 1, 2], 3).unwrap();
        let units = SpreadOfUnits {
            features: Matrix::new(&features, 3, 1).unwrap(),
            sets: &sets,
            outcome: None,
            weight: None,
            unit_offsets: &[0, 1],
            responsibilities: Matrix::new(&[1.0], 1, 1).unwrap(),
        };
        let [mass, ..] = linear_spread(&units, &Workers::serial()).unwrap();
        assert!((mass[0] - 14.0 / 9.0).abs() < 1e-12);
    }
}
