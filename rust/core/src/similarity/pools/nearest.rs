//! How far rows are from the nearest selected one: bounded for all, computed in float64 for those that may be the farthest.

use std::ops::Range;

use super::super::exact::{Score, score};
use super::super::real::{Embedding, Real};
use super::bounds::Bounds;
use super::measure::Measure;
use super::rows::{reals, squared_norm};
use super::small_product::product;
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::{Growing, gathered, product as product_of, room};
use crate::simd::Target;

/// Rows that are compared with the selected ones at a time, and how many of these.
pub const ROWS: usize = 64;
const SELECTED: usize = 128;

/// The rows, and how they are compared.
pub struct Nearest<'a, E: Embedding> {
    x: Matrix<'a, E>,
    measure: Measure,
    bounds: Bounds<E::Real>,
}

/// The selected rows of a pool, one after the other.
pub struct Selected<'a, R> {
    rows: &'a [i64],
    norms: Vec<f64>,
    values: Vec<R>,
    weights: Vec<R>,
    /// Whether bounds hold for all of them.
    bounded: bool,
}

/// What one tile leaves to the next, to be filled anew.
#[derive(Default)]
pub struct Scratch<R> {
    values: Vec<R>,
    products: Vec<R>,
    /// The least and the most that the distance of each row to the nearest selected one can be.
    limits: Vec<(R, R)>,
}

impl<'a, E: Embedding> Nearest<'a, E> {
    pub fn new(x: Matrix<'a, E>, measure: Measure) -> Self {
        let bounds = Bounds::new(measure, x.n_columns());
        Self { x, measure, bounds }
    }

    /// The squared norms of consecutive rows.
    #[inline(always)]
    pub fn squared_norms<T: Target>(&self, rows: Range<usize>) -> Result<Vec<f64>> {
        let mut norms = room(rows.len())?;
        for row in rows {
            norms.push(self.squared_norm::<T>(row)?);
        }
        Ok(norms)
    }

    #[inline(always)]
    fn squared_norm<T: Target>(&self, row: usize) -> Result<f64> {
        squared_norm::<T, E>(self.x, row, self.measure == Measure::Cosine)
    }

    /// The selected rows; the squared norms of some rows are known.
    #[inline(always)]
    pub fn gather<'s, T: Target>(
        &self,
        selected: &'s [i64],
        known: &(Range<usize>, &[f64]),
    ) -> Result<Selected<'s, E::Real>> {
        let mut norms = room(selected.len())?;
        let mut values = room(product_of([selected.len(), self.x.n_columns()])?)?;
        let mut buffer = Vec::new();
        for &row in selected {
            let row = row as usize;
            norms.push(if known.0.contains(&row) {
                known.1[row - known.0.start]
            } else {
                self.squared_norm::<T>(row)?
            });
            values.extended(reals::<T, E>(self.x.row(row), &mut buffer)?)?;
        }
        Ok(Selected {
            rows: selected,
            weights: gathered(norms.iter().map(|norm| self.bounds.weight(*norm)))?,
            bounded: norms.iter().all(|norm| self.bounds.hold(*norm)),
            norms,
            values,
        })
    }

    /// The largest distance of one of the rows to the nearest selected one, or `largest` if that is larger.
    #[inline(always)]
    pub fn largest<T: Target>(
        &self,
        (rows, norms): (Range<usize>, &[f64]),
        selected: &Selected<'_, E::Real>,
        mut largest: f64,
        scratch: &mut Scratch<E::Real>,
    ) -> Result<f64> {
        let bounded = selected.bounded && norms.iter().all(|norm| self.bounds.hold(*norm));
        if bounded {
            self.bound::<T>((rows.clone(), norms), selected, scratch)?;
        } else {
            let all = (E::Real::default(), E::Real::from_f64(f64::INFINITY));
            scratch.limits.clear();
            scratch.limits.resized(rows.len(), all)?;
        }
        let least = scratch.limits.iter().map(|(least, _)| least.to_f64());
        let at_least = least.fold(largest, f64::max);
        for ((row, &norm), (_, most)) in rows.zip(norms).zip(&scratch.limits) {
            if most.to_f64() >= at_least.max(largest) {
                largest = largest.max(self.distance::<T>((row, norm), selected));
            }
        }
        Ok(largest)
    }

    /// Fills in the limits.
    #[inline(always)]
    fn bound<T: Target>(
        &self,
        (rows, norms): (Range<usize>, &[f64]),
        selected: &Selected<'_, E::Real>,
        scratch: &mut Scratch<E::Real>,
    ) -> Result<()> {
        let n_columns = self.x.n_columns();
        let far = E::Real::from_f64(f64::INFINITY);
        scratch.limits.clear();
        scratch.limits.resized(rows.len(), (far, far))?;
        let values = reals::<T, E>(self.x.rows(rows), &mut scratch.values)?;
        let pieces = selected.values.chunks(SELECTED * n_columns);
        for (others, weights) in pieces.zip(selected.weights.chunks(SELECTED)) {
            let length = norms.len() * weights.len();
            scratch.products.resized(length, E::Real::default())?;
            product(n_columns, values, others, &mut scratch.products);
            let products = scratch.products.chunks_exact(weights.len());
            for ((products, limit), &norm) in products.zip(&mut scratch.limits).zip(norms) {
                let weight = self.bounds.weight(norm);
                for (&product, &other) in products.iter().zip(weights) {
                    let (least, most) = self.bounds.of(product, (weight, other));
                    limit.0 = if least < limit.0 { least } else { limit.0 };
                    limit.1 = if most < limit.1 { most } else { limit.1 };
                }
            }
        }
        Ok(())
    }

    /// The distance of a row to the nearest selected one.
    #[inline(always)]
    fn distance<T: Target>(
        &self,
        (row, norm): (usize, f64),
        selected: &Selected<'_, E::Real>,
    ) -> f64 {
        let mut nearest = f64::INFINITY;
        for (&other, &other_norm) in selected.rows.iter().zip(&selected.norms) {
            let (left, right) = (self.x.row(row), self.x.row(other as usize));
            let norms = (norm, other_norm);
            nearest = nearest.min(match self.measure {
                Measure::Cosine => 1.0 - score::<T, E>(Score::Cosine, left, right, norms),
                Measure::SquaredDistance => {
                    score::<T, E>(Score::SquaredDistance, left, right, norms)
                }
            });
        }
        nearest
    }
}
