//! The loop of the M-step: from differences of features to gradient and outer products.

use std::marker::PhantomData;
use std::ops::Range;

use super::judged::Judged;
use super::partial::Partial;
use crate::error::Result;
use crate::matrix::{Element, Matrix};
use crate::memory::{filled, gathered, product};
use crate::outer_products::{OuterProducts, SIDE, Stored, stretch};
use crate::simd::{Target, Vectorized};

/// A judgement whose weight under a class is this small changes no digit of any sum it would enter.
const NEGLIGIBLE: f64 = 1e-18;

pub struct Accumulate<'a, E, S> {
    pub judged: &'a Judged<'a, E>,
    pub run: Range<usize>,
    pub probability: &'a [f64],
    pub partial: &'a mut Partial,
    pub stored: PhantomData<S>,
}

impl<E: Element, S: Stored> Vectorized for Accumulate<'_, E, S> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Self {
            judged,
            run,
            probability,
            partial,
            ..
        } = self;
        let Judged {
            features,
            sets,
            weights,
            ..
        } = *judged;
        let (n_panels, n_classes) = (partial.n_panels, weights.n_columns());
        let n_tiles = n_panels * (n_panels + 1) / 2;
        let largest = run
            .clone()
            .map(|set| sets.items(set).len())
            .max()
            .unwrap_or(0);
        let mut products: Vec<OuterProducts<S>> = (0..n_classes)
            .map(|_| OuterProducts::new(n_panels, largest))
            .collect::<Result<_>>()?;
        let mut differences = filled([0.0; SIDE], product([largest, n_panels])?)?;
        let roots = gathered(probability.iter().map(|p| p.sqrt()))?;
        let (mut shares, mut scales) = (Vec::new(), Vec::new());
        let mut first = 0;
        for set in run {
            let items = sets.items(set);
            let others = items.len() - 1;
            let of_set = first * n_classes..(first + items.len()) * n_classes;
            let (probability, roots) = (&probability[of_set.clone()], &roots[of_set]);
            first += items.len();
            let weights = weights.row(set);
            if others == 0 || weights.iter().all(|weight| *weight <= NEGLIGIBLE) {
                continue;
            }
            let differences = &mut differences[..others * n_panels];
            subtract_first::<T, E>(features, items, differences);
            let target = judged.target(set);
            for (class, &weight) in weights.iter().enumerate() {
                if weight <= NEGLIGIBLE {
                    continue;
                }
                let root = weight.sqrt();
                let of_class =
                    |values: &[f64], other: usize| values[(other + 1) * n_classes + class];
                shares.clear();
                shares.extend((0..others).map(|other| of_class(probability, other)));
                scales.clear();
                scales.extend((0..others).map(|other| root * of_class(roots, other)));
                let shrink = T::splat(-1.0 / (1.0 + roots[class]));
                let tiles = &mut partial.tiles[class * n_tiles..(class + 1) * n_tiles];
                let gradient = &mut partial.gradient[class * n_panels..(class + 1) * n_panels];
                let vectors = products[class].reserve::<T>(others, tiles);
                let panels = differences.chunks_exact(others).zip(gradient).zip(vectors);
                for ((differences, slope), vectors) in panels {
                    let mut mean = T::splat(0.0);
                    for (difference, share) in differences.iter().zip(&shares) {
                        mean = T::mul_add_x8(T::splat(*share), T::load(difference), mean);
                    }
                    let mut sum = T::mul_add_x8(T::splat(-weight), mean, T::load(slope));
                    if let Some((other, share)) = target {
                        let difference = T::load(&differences[other]);
                        sum = T::mul_add_x8(T::splat(weight * share), difference, sum);
                    }
                    *slope = T::store(sum);
                    let terms = differences.iter().zip(&scales);
                    for (vector, (difference, scale)) in vectors.iter_mut().zip(terms) {
                        let value = T::mul_add_x8(shrink, mean, T::load(difference));
                        let value = T::mul_add_x8(T::splat(*scale), value, T::splat(0.0));
                        *vector = S::from_vector::<T>(value);
                    }
                }
            }
        }
        for (products, tiles) in products
            .iter_mut()
            .zip(partial.tiles.chunks_exact_mut(n_tiles))
        {
            products.sum_into::<T>(tiles);
        }
        Ok(())
    }
}

/// The features of the items after the first, less those of the first: for every stretch of `SIDE` features, padded with
/// zeros, one vector an item.
#[inline(always)]
fn subtract_first<T: Target, E: Element>(
    features: Matrix<'_, E>,
    items: &[i32],
    out: &mut [[f64; SIDE]],
) {
    let Some((&first, others)) = items.split_first() else {
        return;
    };
    let first = features.row(first as usize);
    for (other, &item) in others.iter().enumerate() {
        let row = features.row(item as usize);
        for (panel, out) in out.iter_mut().skip(other).step_by(others.len()).enumerate() {
            let (row, first) = (stretch::<T, E>(row, panel), stretch::<T, E>(first, panel));
            *out = T::store(T::mul_add_x8(T::splat(-1.0), first, row));
        }
    }
}
