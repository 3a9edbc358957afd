//! The Gram matrix, or the matrix of cosines, of every pool.

use std::ops::Range;

use super::super::exact::{Score, score};
use super::super::matrix::similarity_matrix;
use super::super::metric::Metric;
use super::super::real::{Embedding, Real};
use super::pieces::{Piece, check_groups, pieces};
use super::rows::{reals, squared_norm};
use super::small_product::{MOST_ROWS, Small, gram};
use crate::error::{Error, Result};
use crate::matrix::{Matrix, group};
use crate::memory::zeroed;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// What an entry of the matrix is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Entry {
    /// Dot product.
    Dot,
    /// Cosine of the angle, within [-1, 1], and 1 on the diagonal.
    Cosine,
}

/// The matrices of all pools, row-major and one after the other; pool `p` holds the rows `offsets[p]..offsets[p + 1]`.
///
/// They are exactly symmetric.
///
/// # Errors
/// Refuses NaN and infinity, products that the type of the result cannot hold, and rows of zeros where a direction counts.
pub fn gram_batch<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: &[i64],
    entry: Entry,
    workers: &Workers<'_>,
) -> Result<Vec<E::Real>> {
    let n_pools = check_groups(x, offsets)?;
    let squares = |pools: Range<usize>| pools.map(|p| group(offsets, p).len().checked_pow(2));
    let total = squares(0..n_pools).try_fold(0_usize, |sum, square| sum.checked_add(square?));
    let mut out = zeroed(total.unwrap_or(usize::MAX))?;
    let mut rest = &mut out[..];
    let mut split = |pools: Range<usize>| {
        let length = squares(pools).flatten().sum();
        rest.split_off_mut(..length).unwrap_or_default()
    };
    let (mut small, mut pieces) = (Vec::new(), pieces(offsets, MOST_ROWS).into_iter());
    loop {
        // Small pools are shared out until a large one comes, which is shared itself.
        let piece = pieces.next();
        if let Some(Piece::Small(pools)) = piece {
            small.push((pools.clone(), split(pools)));
            continue;
        }
        workers.run(small.drain(..), |(pools, out)| {
            vectorize(Grams {
                x,
                offsets,
                pools,
                entry,
                out,
            })
        })?;
        let Some(Piece::Large(p)) = piece else { break };
        large(x, group(offsets, p), entry, split(p..p + 1), workers)?;
    }
    Ok(out)
}

/// One pool that fills no cache: the threads share the tiles of its matrix.
fn large<E: Embedding>(
    x: Matrix<'_, E>,
    rows: Range<usize>,
    entry: Entry,
    out: &mut [E::Real],
    workers: &Workers<'_>,
) -> Result<()> {
    let pool = Matrix::new(x.rows(rows.clone()), rows.len(), x.n_columns())?;
    let metric = match entry {
        Entry::Dot => Metric::Dot,
        Entry::Cosine => Metric::Cosine,
    };
    similarity_matrix(pool, None, metric, out, workers).map_err(|error| error.after(rows.start))
}

/// Some small pools.
struct Grams<'a, E: Embedding> {
    x: Matrix<'a, E>,
    offsets: &'a [i64],
    pools: Range<usize>,
    entry: Entry,
    out: &'a mut [E::Real],
}

impl<E: Embedding> Vectorized for Grams<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let (mut buffer, mut scales) = (Vec::new(), Vec::new());
        let (mut out, end) = (self.out, self.pools.end);
        for p in self.pools {
            let rows = group(self.offsets, p);
            let n = rows.len();
            if n == 0 {
                continue;
            }
            let (matrix, rest) = out.split_at_mut(n * n);
            out = rest;
            let next = if p + 1 < end {
                self.x.rows(group(self.offsets, p + 1))
            } else {
                &[]
            };
            let values = reals::<T, E>(self.x.rows(rows.clone()), &mut buffer)?;
            gram(self.x.n_columns(), values, next, matrix);
            let safe = match self.entry {
                Entry::Dot => matrix
                    .iter()
                    .step_by(n + 1)
                    .all(|norm| norm.to_f64() <= E::Real::SAFE.1),
                Entry::Cosine => to_cosines(n, matrix, &mut scales),
            };
            if !safe {
                one_by_one::<T, E>(self.x, rows, self.entry, matrix)?;
            }
        }
        Ok(())
    }
}

/// Divides products by the norms of their rows, which are on the diagonal; returns whether that loses no digits.
#[inline(always)]
fn to_cosines<R: Real>(n: usize, matrix: &mut [R], scales: &mut Vec<R>) -> bool {
    scales.clear();
    for norm in matrix.iter().step_by(n + 1).map(|norm| norm.to_f64()) {
        if !(R::SAFE.0..=R::SAFE.1).contains(&norm) {
            return false;
        }
        scales.push(R::from_f64(1.0 / norm.sqrt()));
    }
    for (i, row) in matrix.chunks_exact_mut(n).enumerate() {
        let scale = scales[i];
        for (entry, &other) in row.iter_mut().zip(&*scales) {
            // The same product either way round: symmetric.
            *entry = (*entry * (scale * other)).within_one();
        }
        row[i] = R::from_f64(1.0);
    }
    true
}

/// The same, every product in float64: rows far from unit length, or to be refused.
#[cold]
fn one_by_one<T: Target, E: Embedding>(
    x: Matrix<'_, E>,
    rows: Range<usize>,
    entry: Entry,
    matrix: &mut [E::Real],
) -> Result<()> {
    let kind = match entry {
        Entry::Dot => Score::Dot,
        Entry::Cosine => Score::Cosine,
    };
    let norms = rows
        .clone()
        .map(|row| squared_norm::<T, E>(x, row, entry == Entry::Cosine));
    // Of a pool of few rows.
    let norms = norms.collect::<Result<Vec<_>>>()?;
    // By the Cauchy-Schwarz inequality no product of two rows is larger than the larger of their squares.
    if entry == Entry::Dot
        && let Some(at) = norms.iter().position(|norm| *norm > E::Real::LARGEST)
    {
        return Err(Error::Overflow {
            kind: E::Real::NAME,
            what: "products",
            argument: "X",
            row: rows.start + at,
            norm: norms[at].sqrt(),
        });
    }
    let n = rows.len();
    for i in 0..n {
        for j in 0..=i {
            let (left, right) = (x.row(rows.start + i), x.row(rows.start + j));
            let value = score::<T, E>(kind, left, right, (norms[i], norms[j]));
            let value = E::Real::from_f64(value);
            matrix[i * n + j] = value;
            matrix[j * n + i] = value;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(n: usize, n_columns: usize) -> Vec<f32> {
        (0..n * n_columns)
            .map(|at| ((at * 7919) % 1009) as f32 / 500.0 - 1.0)
            .collect()
    }

    fn check(entry: Entry, budget: f64) {
        let (sizes, d) = ([3, 0, 1, 17, 200, 4, 130, 0], 37);
        let mut offsets = vec![0];
        for size in sizes {
            offsets.push(offsets[offsets.len() - 1] + size);
        }
        let n = offsets[sizes.len()] as usize;
        let values = rows(n, d);
        let x = Matrix::new(&values, n, d).unwrap();
        let out = gram_batch(x, &offsets, entry, &Workers::new(3, &|| false)).unwrap();
        assert_eq!(
            out,
            gram_batch(x, &offsets, entry, &Workers::serial()).unwrap()
        );
        let mut found = out.iter();
        for p in 0..sizes.len() {
            let rows = group(&offsets, p);
            for i in rows.clone() {
                for j in rows.clone() {
                    let dot = |i, j| -> f64 {
                        let products = x.row(i).iter().zip(x.row(j));
                        products.map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
                    };
                    let expected = match entry {
                        Entry::Dot => dot(i, j),
                        Entry::Cosine => dot(i, j) / (dot(i, i) * dot(j, j)).sqrt(),
                    };
                    let found = f64::from(*found.next().unwrap());
                    assert!((found - expected).abs() < budget, "{found} {expected}");
                    assert!(entry == Entry::Dot || i != j || found == 1.0);
                }
            }
        }
        assert!(found.next().is_none());
    }

    #[test]
    fn small_and_large_pools_have_the_products_of_their_rows() {
        check(Entry::Dot, 1e-5);
        check(Entry::Cosine, 1e-6);
    }

    #[test]
    fn rows_far_from_unit_length_keep_their_cosines() {
        let x = [1e-30_f32, 1e-30, 3e30, 3e30, 1.0, -1.0];
        let x = Matrix::new(&x, 3, 2).unwrap();
        let out = gram_batch(x, &[0, 3], Entry::Cosine, &Workers::serial()).unwrap();
        assert_eq!(out, [1.0, 1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0]);
    }

    #[test]
    fn products_beyond_the_type_are_refused() {
        let x = [1.0_f32, 1.8e19, 1e20];
        let x = Matrix::new(&x, 3, 1).unwrap();
        let error = gram_batch(x, &[0, 1, 3], Entry::Dot, &Workers::serial()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "float32 cannot hold the products: X[2] has norm 1.000e20"
        );
        assert!(gram_batch(x, &[0, 1, 3], Entry::Cosine, &Workers::serial()).is_ok());
    }
}
