//! One sample of a projection's determinantal point process, item after item, in the coordinates of its vectors.
//!
//! The row w of an item has a coordinate for each vector. Of the rows drawn an orthonormal basis is kept, so that the
//! squared distance from their span is |w|² less the squares of its products with the basis: there is no need to update
//! anything for all items (Tremblay, Barthelmé, Amblard 2018, Algorithm 3, does). Every sum is taken in the order in
//! which it is written, without fused operations, so that each backend draws the same items.

// Indices: a chain of iterators is at times left as calls, which are not compiled for the instruction set.
#![allow(clippy::needless_range_loop, clippy::range_plus_one)]

use super::basis::{Basis, LANES, LONG, RANK_TOLERANCE, in_blocks};
use crate::error::{Error, Result};
use crate::matrix::Matrix;
use crate::memory::filled;
use crate::parallel::Workers;

/// Products for one item beyond which it is worth a look at whether to stop.
const MANY_PRODUCTS: usize = 1 << 16;

/// Room for one sample, and what is known of it.
pub(crate) struct Chain<'a> {
    vectors: Matrix<'a, f64>,
    basis: Basis,
    row: Vec<f64>,
    /// |w|² of every item, and the part of it that is left.
    squares: Vec<f64>,
    left: Vec<f64>,
}

impl<'a> Chain<'a> {
    /// For samples of up to `k` items.
    pub(crate) fn new(vectors: Matrix<'a, f64>, k: usize) -> Result<Self> {
        Ok(Self {
            vectors,
            basis: Basis::new(k)?,
            row: filled(0.0, k)?,
            squares: filled(0.0, vectors.n_columns())?,
            left: filled(0.0, vectors.n_columns())?,
        })
    }

    /// Draws items until there are enough or the numbers in `tries` are used up; returns how many.
    ///
    /// Item i is proposed with probability |w|² / k, and accepted with the share of |w|² that is left
    /// (Barthelmé, Tremblay, Amblard 2023): k H_k proposals a sample, however many items there are.
    #[inline(always)]
    pub(crate) fn propose(
        &mut self,
        sums: Matrix<'_, f64>,
        members: &[i32],
        tries: &[f64],
        items: &mut [i32],
    ) -> usize {
        let k = members.len();
        self.basis.start(k);
        let mut n_drawn = 0;
        for &uniform in tries {
            if n_drawn == k {
                break;
            }
            let Some((item, rest)) = proposal(sums, members, uniform) else {
                continue;
            };
            let square = self.read(members, item);
            let left = self.basis.left_of(&self.row[..k], square);
            if rest * square < left {
                items[n_drawn] = item as i32;
                n_drawn += 1;
                self.basis.take(&self.row[..k], square, left);
            }
        }
        n_drawn
    }

    /// Draws what is still missing after `n_drawn` items, from the conditional probabilities of all; returns how many
    /// there are then.
    #[inline(always)]
    pub(crate) fn complete(
        &mut self,
        members: &[i32],
        uniforms: &[f64],
        n_drawn: usize,
        items: &mut [i32],
        workers: &Workers<'_>,
    ) -> Result<usize> {
        let k = members.len();
        if n_drawn == k {
            return Ok(k);
        }
        if n_drawn == 0 {
            self.basis.start(k);
        }
        self.square(members);
        for at in 0..n_drawn {
            self.subtract(members, at);
        }
        let long = self.left.len() * k > MANY_PRODUCTS;
        for at in n_drawn..k {
            if long && workers.asked_to_stop() {
                return Err(Error::Interrupted);
            }
            let Some(item) = inverse(&self.left, uniforms[at]) else {
                return Ok(at);
            };
            items[at] = item as i32;
            if at + 1 < k {
                let square = self.read(members, item);
                let left = self.basis.left_of(&self.row[..k], square);
                self.basis.take(&self.row[..k], square, left);
                self.subtract(members, at);
            }
        }
        Ok(k)
    }

    /// Reads the row of an item and returns its squared length.
    #[inline(always)]
    fn read(&mut self, members: &[i32], item: usize) -> f64 {
        let (values, n) = (self.vectors.values(), self.vectors.n_columns());
        let row = &mut self.row[..members.len()];
        let mut square = 0.0;
        for at in 0..members.len() {
            let value = values[members[at] as usize * n + item];
            row[at] = value;
            square += value * value;
        }
        square
    }

    /// Computes the squared lengths of the rows of all items.
    #[inline(always)]
    fn square(&mut self, members: &[i32]) {
        let (vectors, n) = (self.vectors, self.left.len());
        in_blocks!(n, first => {
            let squares = sums::<WIDTH>(vectors, members, first, |_, value| value * value);
            self.squares[first..first + WIDTH].copy_from_slice(&squares);
        });
        self.left.copy_from_slice(&self.squares);
    }

    /// Takes from what is left of all items the part along vector `at` of the basis.
    #[inline(always)]
    fn subtract(&mut self, members: &[i32], at: usize) {
        let (vectors, n) = (self.vectors, self.left.len());
        let along = self.basis.vector(at);
        in_blocks!(n, first => {
            let term = |coordinate: usize, value: f64| along[coordinate] * value;
            let products = sums::<WIDTH>(vectors, members, first, term);
            let block = first..first + WIDTH;
            reduce(&mut self.left[block.clone()], &self.squares[block], products);
        });
    }
}

/// Takes squared products from what is left; next to nothing becomes nothing.
#[inline(always)]
fn reduce<const W: usize>(left: &mut [f64], squares: &[f64], products: [f64; W]) {
    let (left, squares) = (&mut left[..W], &squares[..W]);
    for at in 0..W {
        let rest = left[at] - products[at] * products[at];
        let counts = rest > RANK_TOLERANCE * squares[at];
        left[at] = if counts { rest } else { 0.0 };
    }
}

/// Sums of terms over the members, for W items from `first` on.
#[inline(always)]
fn sums<const W: usize>(
    vectors: Matrix<'_, f64>,
    members: &[i32],
    first: usize,
    term: impl Fn(usize, f64) -> f64,
) -> [f64; W] {
    let (values, n) = (vectors.values(), vectors.n_columns());
    let mut sums = [0.0; W];
    for coordinate in 0..members.len() {
        let start = members[coordinate] as usize * n + first;
        let values = &values[start..start + W];
        for at in 0..W {
            sums[at] += term(coordinate, values[at]);
        }
    }
    sums
}

/// The item that a number stands for, and what the number leaves of its share, as a number from [0, 1).
#[inline(always)]
fn proposal(sums: Matrix<'_, f64>, members: &[i32], uniform: f64) -> Option<(usize, f64)> {
    let place = uniform * members.len() as f64;
    let member = *members.get(place as usize)?;
    let sums = sums.row(member as usize);
    let target = (place - f64::from(place as u32)) * sums[sums.len() - 1];
    let item = first_above(sums, target);
    let last = *sums.get(item)?;
    let first = if item == 0 { 0.0 } else { sums[item - 1] };
    Some((item, (target - first) / (last - first)))
}

/// The first of ascending values that exceeds `target`.
#[inline(always)]
fn first_above(values: &[f64], target: f64) -> usize {
    let (mut first, mut n) = (0, values.len());
    while n > 0 {
        let half = n / 2;
        if values[first + half] <= target {
            first += half + 1;
            n -= half + 1;
        } else {
            n = half;
        }
    }
    first
}

/// The first item at which the running sum exceeds the share `uniform` of the total; the last of those that have a
/// probability where rounding lets none.
#[inline(always)]
fn inverse(probabilities: &[f64], uniform: f64) -> Option<usize> {
    let mut total = 0.0;
    for probability in probabilities {
        total += probability;
    }
    let target = uniform * total;
    let mut sum = 0.0;
    for (item, probability) in probabilities.iter().enumerate() {
        sum += probability;
        if sum > target {
            return Some(item);
        }
    }
    probabilities
        .iter()
        .rposition(|&probability| probability > 0.0)
}
