//! The utilities of some items: several items by several classes at a time.

use super::row_sums::prefetch;
use crate::error::Result;
use crate::matrix::{Element, Matrix};
use crate::memory::{filled, product};
use crate::outer_products::{SIDE, stretch};
use crate::simd::Target;

/// Coefficients in stretches of `SIDE`, one class after the other, padded with zeros.
pub(crate) fn panels_of(coef: Matrix<'_, f64>) -> Result<Vec<[f64; SIDE]>> {
    let (n_classes, d) = (coef.n_rows(), coef.n_columns());
    let n_panels = d.div_ceil(SIDE);
    let mut panels = filled([0.0; SIDE], product([n_classes, n_panels])?)?;
    for class in 0..n_classes {
        let of_class = &mut panels[class * n_panels..(class + 1) * n_panels];
        of_class.as_flattened_mut()[..d].copy_from_slice(coef.row(class));
    }
    Ok(panels)
}

/// The utilities of items, `(items, n_classes)`; `coef` is in panels.
#[inline(always)]
pub(crate) fn utilities<T: Target, E: Element>(
    features: Matrix<'_, E>,
    items: &[i32],
    coef: &[[f64; SIDE]],
    n_classes: usize,
    out: &mut [f64],
) {
    let n_panels = coef.len() / n_classes;
    let mut first = 0;
    while first < n_classes {
        let left = n_classes - first;
        // Groups of like sizes with wide registers, of which four items times six classes take 31.
        let width = match left {
            _ if T::WIDE => left.div_ceil(left.div_ceil(6)),
            4.. => 4,
            2.. => 2,
            _ => 1,
        };
        let coef = &coef[first * n_panels..(first + width) * n_panels];
        let product = Product {
            features,
            coef,
            n_panels,
            first,
            n_classes,
        };
        match (width, T::WIDE) {
            (6, _) => product.of_items::<T, 6, 4>(items, out),
            (5, _) => product.of_items::<T, 5, 4>(items, out),
            (4, true) => product.of_items::<T, 4, 4>(items, out),
            (4, false) => product.of_items::<T, 4, 1>(items, out),
            (3, _) => product.of_items::<T, 3, 4>(items, out),
            (2, true) => product.of_items::<T, 2, 4>(items, out),
            (2, false) => product.of_items::<T, 2, 2>(items, out),
            _ => product.of_items::<T, 1, 4>(items, out),
        }
        first += width;
    }
}

/// How far ahead of their use rows are asked for.
const BYTES_AHEAD: usize = 8192;

/// How many rows that is.
#[inline(always)]
pub(crate) fn rows_ahead<E>(n_columns: usize) -> usize {
    (BYTES_AHEAD / (n_columns * size_of::<E>()).max(1)).max(1)
}

struct Product<'a, E> {
    features: Matrix<'a, E>,
    coef: &'a [[f64; SIDE]],
    n_panels: usize,
    first: usize,
    n_classes: usize,
}

impl<E: Element> Product<'_, E> {
    /// `R` items by `W` classes at a time.
    #[inline(always)]
    fn of_items<T: Target, const W: usize, const R: usize>(&self, items: &[i32], out: &mut [f64]) {
        let (blocks, rest) = items.as_chunks::<R>();
        let mut rows = out.chunks_exact_mut(self.n_classes);
        let distance = (rows_ahead::<E>(self.features.n_columns()) / R).max(1);
        for (at, block) in blocks.iter().enumerate() {
            // Once is enough; without it memory would stand still between annotators' sums.
            if self.first == 0
                && let Some(ahead) = blocks.get(at + distance)
            {
                for item in ahead {
                    prefetch::<T, E>(self.features.row(*item as usize));
                }
            }
            let products = self.block::<T, W, R>(*block);
            for (products, row) in products.into_iter().zip(rows.by_ref()) {
                row[self.first..self.first + W].copy_from_slice(&products);
            }
        }
        for (&item, row) in rest.iter().zip(rows) {
            let [products] = self.block::<T, W, 1>([item]);
            row[self.first..self.first + W].copy_from_slice(&products);
        }
    }

    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // over registers
    fn block<T: Target, const W: usize, const R: usize>(&self, items: [i32; R]) -> [[f64; W]; R] {
        let whole = self.features.n_columns() / SIDE;
        // All cut to one length, so that an index below it is checked once.
        let mut rows: [&[[E; SIDE]]; R] = [&[]; R];
        for (row, item) in rows.iter_mut().zip(items) {
            *row = &self.features.row(item as usize).as_chunks::<SIDE>().0[..whole];
        }
        let mut coef: [&[[f64; SIDE]]; W] = [&[]; W];
        for (w, coef) in coef.iter_mut().enumerate() {
            *coef = &self.coef[w * self.n_panels..][..whole];
        }
        let mut sums = [[T::splat(0.0); W]; R];
        for panel in 0..whole {
            let mut of_classes = [T::splat(0.0); W];
            for w in 0..W {
                of_classes[w] = T::load(&coef[w][panel]);
            }
            for r in 0..R {
                let x = E::widen_x8::<T>(&rows[r][panel]);
                for w in 0..W {
                    sums[r][w] = T::mul_add_x8(x, of_classes[w], sums[r][w]);
                }
            }
        }
        if whole < self.n_panels {
            for r in 0..R {
                let x = stretch::<T, E>(self.features.row(items[r] as usize), whole);
                for w in 0..W {
                    let of_class = T::load(&self.coef[w * self.n_panels + whole]);
                    sums[r][w] = T::mul_add_x8(x, of_class, sums[r][w]);
                }
            }
        }
        let mut out = [[0.0; W]; R];
        let mut done = 0;
        while done < R * W {
            let mut eight = [T::splat(0.0); SIDE];
            for n in done..(R * W).min(done + SIDE) {
                eight[n - done] = sums[n / W][n % W];
            }
            let totals = T::sums(eight);
            for n in done..(R * W).min(done + SIDE) {
                out[n / W][n % W] = totals[n - done];
            }
            done += SIDE;
        }
        out
    }
}
