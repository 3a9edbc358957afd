//! An orthonormal basis that grows by a vector at a time, and the loops that go over it.

// As in the chain: indices, which are compiled for the instruction set.
#![allow(clippy::needless_range_loop, clippy::range_plus_one)]

use crate::error::Result;
use crate::memory::{filled, product};

/// Squared, of the length of a row: what is closer to the span of those drawn is a copy of them.
pub(crate) const RANK_TOLERANCE: f64 = 1e-10;

/// Numbers that are looked at together.
pub(crate) const LANES: usize = 8;
pub(crate) const LONG: usize = 32;

/// Runs the body for long blocks of `n` numbers, short ones and single ones, each from `first` on and of `WIDTH`. (Not a
/// closure, which would be called where it is not compiled for the instruction set.)
macro_rules! in_blocks {
    ($n:expr, $first:ident => $body:block) => {
        let (long, short) = ($n - $n % LONG, $n - $n % LANES);
        for $first in (0..long).step_by(LONG) {
            const WIDTH: usize = LONG;
            $body
        }
        for $first in (long..short).step_by(LANES) {
            const WIDTH: usize = LANES;
            $body
        }
        for $first in short..$n {
            const WIDTH: usize = 1;
            $body
        }
    };
}
pub(crate) use in_blocks;

/// An orthonormal basis of the rows drawn, in both orders: vector by vector, and coordinate by coordinate.
///
/// Both are padded with zeros, so that loops are of whole lanes.
pub(crate) struct Basis {
    vectors: Vec<f64>,
    coordinates: Vec<f64>,
    products: Vec<f64>,
    rest: Vec<f64>,
    stride: usize,
    n: usize,
}

impl Basis {
    pub(crate) fn new(k: usize) -> Result<Self> {
        let stride = k.next_multiple_of(LANES);
        Ok(Self {
            vectors: filled(0.0, product([k, stride])?)?,
            coordinates: filled(0.0, product([k, stride])?)?,
            products: filled(0.0, stride)?,
            rest: filled(0.0, stride)?,
            stride,
            n: 0,
        })
    }

    /// Begins a sample of `k` items.
    #[inline(always)]
    pub(crate) fn start(&mut self, k: usize) {
        self.stride = k.next_multiple_of(LANES);
        self.vectors[..k * self.stride].fill(0.0);
        self.coordinates[..k * self.stride].fill(0.0);
        self.products.fill(0.0);
        self.n = 0;
    }

    #[inline(always)]
    pub(crate) fn vector(&self, at: usize) -> &[f64] {
        &self.vectors[at * self.stride..(at + 1) * self.stride]
    }

    /// The part of a row's squared length that is not in the span, keeping its products with the basis.
    #[inline(always)]
    pub(crate) fn left_of(&mut self, row: &[f64], square: f64) -> f64 {
        self.multiply(row);
        let mut left = square;
        for product in &self.products[..self.n] {
            left -= product * product;
        }
        if left > RANK_TOLERANCE * square {
            left
        } else {
            0.0
        }
    }

    /// Computes the products of a row with the basis.
    #[inline(always)]
    fn multiply(&mut self, row: &[f64]) {
        let (coordinates, stride) = (&self.coordinates, self.stride);
        let n = self.n.next_multiple_of(LANES);
        in_blocks!(n, first => {
            let out = &mut self.products[first..first + WIDTH];
            out.fill(0.0);
            add_multiples::<WIDTH>(out, row, &coordinates[first..], stride);
        });
    }

    /// Adds the row whose products are known. Where they are most of it they are taken from it twice, which is enough.
    #[inline(always)]
    pub(crate) fn take(&mut self, row: &[f64], square: f64, left: f64) {
        let mut rest = std::mem::take(&mut self.rest);
        rest[..row.len()].copy_from_slice(row);
        rest[row.len()..].fill(0.0);
        self.remove(&mut rest);
        if left < 0.5 * square {
            self.multiply(&rest[..row.len()]);
            self.remove(&mut rest);
        }
        let mut square = 0.0;
        for value in &rest[..row.len()] {
            square += value * value;
        }
        let norm = square.sqrt();
        let vector = &mut self.vectors[self.n * self.stride..(self.n + 1) * self.stride];
        for at in 0..vector.len() {
            vector[at] = rest[at] / norm;
        }
        for at in 0..row.len() {
            self.coordinates[at * self.stride + self.n] = vector[at];
        }
        self.n += 1;
        self.rest = rest;
    }

    /// Takes from a row its products with the basis, which are left with the other sign.
    #[inline(always)]
    fn remove(&mut self, row: &mut [f64]) {
        let (vectors, stride) = (&self.vectors, self.stride);
        let products = &mut self.products[..self.n];
        for product in products.iter_mut() {
            *product = -*product;
        }
        in_blocks!(stride, first => {
            let out = &mut row[first..first + WIDTH];
            add_multiples::<WIDTH>(out, products, &vectors[first..], stride);
        });
    }
}

/// Adds to W numbers the multiples of as many at the head of each row, one row after the other.
#[inline(always)]
fn add_multiples<const W: usize>(out: &mut [f64], multiples: &[f64], rows: &[f64], stride: usize) {
    let out = &mut out[..W];
    let mut sums = [0.0; W];
    sums.copy_from_slice(out);
    for number in 0..multiples.len() {
        let (multiple, row) = (multiples[number], &rows[number * stride..]);
        let row = &row[..W];
        for at in 0..W {
            sums[at] += multiple * row[at];
        }
    }
    out.copy_from_slice(&sums);
}
