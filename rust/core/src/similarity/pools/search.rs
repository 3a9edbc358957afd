//! The search for the closest pair among some rows: all products in the precision of the rows, then a few pairs in float64.

use std::ops::Range;

use super::super::exact::{Score, score};
use super::super::real::{Embedding, Real};
use super::bounds::Bounds;
use super::measure::Measure;
use super::rows::{reals, squared_norm};
use super::small_product::{Small, gram, product};
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::Growing;
use crate::simd::Target;

/// Two rows of `x`, the earlier first.
#[derive(Clone, Copy)]
pub struct Pair {
    pub rows: (usize, usize),
    pub score: f64,
}

impl Pair {
    /// Whether it is better, or as good and earlier.
    pub fn is_before(&self, other: &Self, measure: Measure) -> bool {
        if self.score == other.score {
            return self.rows < other.rows;
        }
        match measure {
            Measure::Cosine => self.score > other.score,
            Measure::SquaredDistance => self.score < other.score,
        }
    }
}

/// Where to search, and for what.
#[derive(Clone, Copy)]
pub struct Search<'a, E: Embedding> {
    pub x: Matrix<'a, E>,
    pub measure: Measure,
    pub bounds: Bounds<E::Real>,
}

/// What the search in one pool leaves to the next, to be filled anew.
#[derive(Default)]
pub struct Scratch<R> {
    rows: (Vec<R>, Vec<R>),
    products: Vec<R>,
    weights: (Vec<R>, Vec<R>),
}

impl<E: Embedding> Search<'_, E> {
    /// The best pair of some rows.
    #[inline(always)]
    pub fn best_of_some<T: Target>(
        &self,
        rows: Range<usize>,
        next: &[E],
        scratch: &mut Scratch<E::Real>,
    ) -> Result<Option<Pair>> {
        let n = rows.len();
        let values = reals::<T, E>(self.x.rows(rows.clone()), &mut scratch.rows.0)?;
        let products = &mut scratch.products;
        products.resized(n * n, E::Real::default())?;
        gram(self.x.n_columns(), values, next, products);
        let weights = &mut scratch.weights.0;
        weights.clear();
        let mut bounded = true;
        for product in products.iter_mut().step_by(n + 1) {
            let norm = product.to_f64();
            bounded &= self.bounds.hold(norm);
            weights.push(self.bounds.weight(norm));
            // As far from itself as no other row is.
            *product = E::Real::from_f64(-8.0 * E::Real::SAFE.1);
        }
        if !bounded {
            return self.one_by_one::<T>(rows.clone(), rows);
        }
        let limit = self.bound(products, (weights, weights));
        self.best_within::<T>(products, limit, (rows.start, rows.start), n)
    }

    /// The best pair of some rows with rows that come later.
    #[inline(always)]
    pub fn best_of_two<T: Target>(
        &self,
        left: Range<usize>,
        right: Range<usize>,
        scratch: &mut Scratch<E::Real>,
    ) -> Result<Option<Pair>> {
        let mut bounded = true;
        let sides = [
            (&left, &mut scratch.weights.0),
            (&right, &mut scratch.weights.1),
        ];
        for (rows, weights) in sides {
            weights.clear();
            for row in rows.clone() {
                let norm = self.squared_norm::<T>(row)?;
                bounded &= self.bounds.hold(norm);
                weights.push(self.bounds.weight(norm));
            }
        }
        if !bounded {
            return self.one_by_one::<T>(left, right);
        }
        let products = &mut scratch.products;
        products.resized(left.len() * right.len(), E::Real::default())?;
        let (first, n) = ((left.start, right.start), right.len());
        let left = reals::<T, E>(self.x.rows(left), &mut scratch.rows.0)?;
        let right = reals::<T, E>(self.x.rows(right), &mut scratch.rows.1)?;
        product(self.x.n_columns(), left, right, products);
        let weights = (&scratch.weights.0[..], &scratch.weights.1[..]);
        let limit = self.bound(products, weights);
        self.best_within::<T>(products, limit, first, n)
    }

    /// Turns products into the least distances that they allow, and returns a limit that the best pair is within.
    #[inline(always)]
    fn bound(&self, products: &mut [E::Real], weights: (&[E::Real], &[E::Real])) -> E::Real {
        let mut limits = [E::Real::from_f64(E::Real::LARGEST); 8];
        for (row, &weight) in products.chunks_exact_mut(weights.1.len()).zip(weights.0) {
            let ((chunks, rest), (of_chunks, of_rest)) =
                (row.as_chunks_mut::<8>(), weights.1.as_chunks::<8>());
            for (products, weights) in chunks.iter_mut().zip(of_chunks) {
                for lane in 0..8 {
                    let (least, most) = self.bounds.of(products[lane], (weight, weights[lane]));
                    products[lane] = least;
                    limits[lane] = if most < limits[lane] {
                        most
                    } else {
                        limits[lane]
                    };
                }
            }
            for (product, &other) in rest.iter_mut().zip(of_rest) {
                let (least, most) = self.bounds.of(*product, (weight, other));
                *product = least;
                limits[0] = if most < limits[0] { most } else { limits[0] };
            }
        }
        limits
            .into_iter()
            .reduce(|one, other| if one < other { one } else { other })
            .unwrap_or_default()
    }

    /// The best of the pairs whose least distance is within the limit; `first` are the rows of the first product.
    #[inline(always)]
    fn best_within<T: Target>(
        &self,
        least: &[E::Real],
        limit: E::Real,
        first: (usize, usize),
        n_columns: usize,
    ) -> Result<Option<Pair>> {
        let mut best = None;
        for (i, row) in (first.0..).zip(least.chunks_exact(n_columns)) {
            // Rarely any: asking for one first is faster than asking each.
            if row.iter().filter(|&&least| least <= limit).count() > 0 {
                for (j, &least) in (first.1..).zip(row) {
                    if least <= limit && i < j {
                        self.compare::<T>(i, j, &mut best)?;
                    }
                }
            }
        }
        Ok(best)
    }

    /// The best of all pairs, where products in the precision of the rows say nothing.
    #[cold]
    fn one_by_one<T: Target>(
        &self,
        left: Range<usize>,
        right: Range<usize>,
    ) -> Result<Option<Pair>> {
        let mut best = None;
        for i in left {
            for j in right.start.max(i + 1)..right.end {
                self.compare::<T>(i, j, &mut best)?;
            }
        }
        Ok(best)
    }

    /// Keeps the pair if it is better.
    #[inline(always)]
    fn compare<T: Target>(&self, i: usize, j: usize, best: &mut Option<Pair>) -> Result<()> {
        let norms = (self.squared_norm::<T>(i)?, self.squared_norm::<T>(j)?);
        let kind = match self.measure {
            Measure::Cosine => Score::Cosine,
            Measure::SquaredDistance => Score::SquaredDistance,
        };
        let pair = Pair {
            rows: (i, j),
            score: score::<T, E>(kind, self.x.row(i), self.x.row(j), norms),
        };
        if best.is_none_or(|best| pair.is_before(&best, self.measure)) {
            *best = Some(pair);
        }
        Ok(())
    }

    #[inline(always)]
    fn squared_norm<T: Target>(&self, row: usize) -> Result<f64> {
        squared_norm::<T, E>(self.x, row, self.measure == Measure::Cosine)
    }
}
