//! One sample of a projection's determinantal point process, item after item, in the coordinates of its vectors.
//!
//! The row w of an item has a coordinate for each vector. Of the rows drawn an orthonormal basis is kept, so that the
//! squared distance from their span is |w|² less the squares of its products with the basis: there is no need to update
//! anything for all items (Tremblay, Barthelmé, Amblard 2018, Algorithm 3, does). Every sum is taken in the order in
//! which it is written, without fused operations, so that each backend draws the same items.

use crate::matrix::Matrix;

/// Squared, of the length of a row: what is closer to the span of those drawn is a copy of them.
const RANK_TOLERANCE: f64 = 1e-10;

/// Room for one sample, and what is known of it.
pub(super) struct Chain<'a> {
    vectors: Matrix<'a, f64>,
    basis: Basis,
    row: Vec<f64>,
    /// |w|² of every item, the part of it that is left, and the product with a vector of the basis.
    squares: Vec<f64>,
    left: Vec<f64>,
    product: Vec<f64>,
}

impl<'a> Chain<'a> {
    /// For samples of up to `k` items.
    pub(super) fn new(vectors: Matrix<'a, f64>, k: usize) -> Self {
        Self {
            vectors,
            basis: Basis::new(k),
            row: vec![0.0; k],
            squares: Vec::new(),
            left: Vec::new(),
            product: Vec::new(),
        }
    }

    /// Draws items until there are enough or the numbers in `tries` are used up; returns how many.
    ///
    /// Item i is proposed with probability |w|² / k, and accepted with the share of |w|² that is left
    /// (Barthelmé, Tremblay, Amblard 2023): k H_k proposals a sample, however many items there are.
    #[inline(always)]
    pub(super) fn propose(
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
                self.basis.take(&self.row[..k]);
            }
        }
        n_drawn
    }

    /// Draws what is still missing after `n_drawn` items, from the conditional probabilities of all; returns how many
    /// there are then.
    #[inline(always)]
    pub(super) fn complete(
        &mut self,
        members: &[i32],
        uniforms: &[f64],
        n_drawn: usize,
        items: &mut [i32],
    ) -> usize {
        let k = members.len();
        if n_drawn == k {
            return k;
        }
        if n_drawn == 0 {
            self.basis.start(k);
        }
        self.square(members);
        for at in 0..n_drawn {
            self.subtract(members, at);
        }
        for at in n_drawn..k {
            let Some(item) = inverse(&self.left, uniforms[at]) else {
                return at;
            };
            items[at] = item as i32;
            if at + 1 < k {
                let square = self.read(members, item);
                self.basis.left_of(&self.row[..k], square);
                self.basis.take(&self.row[..k]);
                self.subtract(members, at);
            }
        }
        k
    }

    /// Reads the row of an item and returns its squared length.
    #[inline(always)]
    fn read(&mut self, members: &[i32], item: usize) -> f64 {
        let (values, n) = (self.vectors.values(), self.vectors.n_columns());
        let mut square = 0.0;
        for (coordinate, &member) in self.row.iter_mut().zip(members) {
            *coordinate = values[member as usize * n + item];
            square += *coordinate * *coordinate;
        }
        square
    }

    /// Computes the squared lengths of the rows of all items.
    #[inline(always)]
    fn square(&mut self, members: &[i32]) {
        let n = self.vectors.n_columns();
        self.squares.clear();
        self.squares.resize(n, 0.0);
        for &member in members {
            let vector = self.vectors.row(member as usize);
            for (square, value) in self.squares.iter_mut().zip(vector) {
                *square += value * value;
            }
        }
        self.left.clone_from(&self.squares);
    }

    /// Takes from what is left of all items the part along vector `at` of the basis.
    #[inline(always)]
    fn subtract(&mut self, members: &[i32], at: usize) {
        self.product.clear();
        self.product.resize(self.left.len(), 0.0);
        for (coordinate, &member) in members.iter().enumerate() {
            let along = self.basis.coordinate(at, coordinate);
            let vector = self.vectors.row(member as usize);
            for (product, value) in self.product.iter_mut().zip(vector) {
                *product += along * value;
            }
        }
        for ((left, product), square) in self.left.iter_mut().zip(&self.product).zip(&self.squares)
        {
            let rest = *left - product * product;
            *left = if rest > RANK_TOLERANCE * square {
                rest
            } else {
                0.0
            };
        }
    }
}

/// The item that a number stands for, and what the number leaves of its share, as a number from [0, 1).
#[inline(always)]
fn proposal(sums: Matrix<'_, f64>, members: &[i32], uniform: f64) -> Option<(usize, f64)> {
    let place = uniform * members.len() as f64;
    let member = *members.get(place as usize)?;
    let sums = sums.row(member as usize);
    let target = (place - f64::from(place as u32)) * sums[sums.len() - 1];
    let item = sums.partition_point(|&sum| sum <= target);
    let last = *sums.get(item)?;
    let first = if item == 0 { 0.0 } else { sums[item - 1] };
    Some((item, (target - first) / (last - first)))
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

/// An orthonormal basis of the rows drawn, coordinate by coordinate: the products with all its vectors go together.
struct Basis {
    values: Vec<f64>,
    products: Vec<f64>,
    rest: Vec<f64>,
    k: usize,
    n: usize,
}

impl Basis {
    fn new(k: usize) -> Self {
        Self {
            values: vec![0.0; k * k],
            products: vec![0.0; k],
            rest: vec![0.0; k],
            k,
            n: 0,
        }
    }

    /// Begins a sample of `k` items.
    #[inline(always)]
    fn start(&mut self, k: usize) {
        self.k = k;
        self.n = 0;
    }

    #[inline(always)]
    fn coordinate(&self, at: usize, coordinate: usize) -> f64 {
        self.values[coordinate * self.k + at]
    }

    /// The part of a row's squared length that is not in the span, keeping its products with the basis.
    #[inline(always)]
    fn left_of(&mut self, row: &[f64], square: f64) -> f64 {
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

    #[inline(always)]
    fn multiply(&mut self, row: &[f64]) {
        let products = &mut self.products[..self.n];
        products.fill(0.0);
        for (value, basis) in row.iter().zip(self.values.chunks_exact(self.k)) {
            for (product, other) in products.iter_mut().zip(basis) {
                *product += value * other;
            }
        }
    }

    /// Adds the row whose products are known: made orthogonal twice, which is enough.
    #[inline(always)]
    fn take(&mut self, row: &[f64]) {
        let mut rest = std::mem::take(&mut self.rest);
        let rest_of_row = &mut rest[..row.len()];
        rest_of_row.copy_from_slice(row);
        self.remove(rest_of_row);
        self.multiply(rest_of_row);
        self.remove(rest_of_row);
        let mut square = 0.0;
        for value in rest_of_row.iter() {
            square += value * value;
        }
        let norm = square.sqrt();
        for (basis, value) in self.values.chunks_exact_mut(self.k).zip(rest_of_row.iter()) {
            basis[self.n] = value / norm;
        }
        self.n += 1;
        self.rest = rest;
    }

    /// Takes from a row its products with the basis.
    #[inline(always)]
    fn remove(&self, row: &mut [f64]) {
        let products = &self.products[..self.n];
        for (value, basis) in row.iter_mut().zip(self.values.chunks_exact(self.k)) {
            for (product, other) in products.iter().zip(basis) {
                *value -= product * other;
            }
        }
    }
}
