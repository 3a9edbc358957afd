//! The utilities of an annotator's items: several items by several classes at a time.

use super::linear_pass::by_classes;
use crate::matrix::{Element, Matrix};
use crate::outer_products::{SIDE, stretch};
use crate::simd::Target;
use crate::utility::prefetch;

/// The utilities of items, `(items, n_classes)`.
#[inline(always)]
pub fn utilities<T: Target, E: Element>(
    features: Matrix<'_, E>,
    items: &[i32],
    coef: &[[f64; SIDE]],
    n_classes: usize,
    out: &mut [f64],
) {
    let n_panels = coef.len() / n_classes;
    by_classes!(n_classes, first, width => {
        let coef = &coef[first * n_panels..(first + width) * n_panels];
        let product = Product {
            features,
            coef,
            n_panels,
            first,
            n_classes,
        };
        match (width, T::WIDE) {
            (4, true) => product.of_items::<T, 4, 4>(items, out),
            (4, false) => product.of_items::<T, 4, 1>(items, out),
            (2, true) => product.of_items::<T, 2, 4>(items, out),
            (2, false) => product.of_items::<T, 2, 2>(items, out),
            _ => product.of_items::<T, 1, 4>(items, out),
        }
    });
}

/// How far ahead of their use rows are asked for.
const BYTES_AHEAD: usize = 8192;

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
        let row_bytes = self.features.n_columns() * size_of::<E>();
        let distance = (BYTES_AHEAD / (R * row_bytes)).max(1);
        for (at, block) in blocks.iter().enumerate() {
            if let Some(ahead) = blocks.get(at + distance) {
                self.fetch::<T, R>(*ahead);
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

    /// Asks for rows that are wanted soon: between annotators' sums memory would else stand still.
    #[inline(always)]
    fn fetch<T: Target, const R: usize>(&self, items: [i32; R]) {
        if self.first > 0 {
            return;
        }
        for item in items {
            prefetch::<T, E>(self.features.row(item as usize));
        }
    }

    #[inline(always)]
    fn block<T: Target, const W: usize, const R: usize>(&self, items: [i32; R]) -> [[f64; W]; R] {
        let mut rows: [&[E]; R] = [&[]; R];
        for (row, item) in rows.iter_mut().zip(items) {
            *row = self.features.row(item as usize);
        }
        let mut sums = [[T::splat(0.0); W]; R];
        let whole = self.features.n_columns() / SIDE;
        for panel in 0..self.n_panels {
            let mut coef = [T::splat(0.0); W];
            for (w, coef) in coef.iter_mut().enumerate() {
                *coef = T::load(&self.coef[w * self.n_panels + panel]);
            }
            for r in 0..R {
                let x = if panel < whole {
                    E::widen_x8::<T>(&rows[r].as_chunks::<SIDE>().0[panel])
                } else {
                    stretch::<T, E>(rows[r], panel)
                };
                for w in 0..W {
                    sums[r][w] = T::mul_add_x8(x, coef[w], sums[r][w]);
                }
            }
        }
        let mut out = [[0.0; W]; R];
        for r in 0..R {
            for w in 0..W {
                out[r][w] = T::sum(sums[r][w]);
            }
        }
        out
    }
}
