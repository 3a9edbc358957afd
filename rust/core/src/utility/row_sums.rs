//! Sums of rows of features, each times what it weighs in each class: several classes by several stretches in registers.

use crate::matrix::{Element, Matrix};
use crate::outer_products::{SIDE, stretch};
use crate::simd::Target;

/// Rows of features, and what each of them weighs in each class.
pub(crate) struct WeightedRows<'a, E> {
    pub features: Matrix<'a, E>,
    /// Rows of `features`, in the order in which they are summed.
    pub rows: &'a [i32],
    /// `(rows, n_classes)`.
    pub weights: &'a [f64],
    pub n_classes: usize,
}

/// Classes that are summed at a time: with wide registers six times four sums, four stretches and a weight fill 29 of 32.
const WIDE: usize = 6;
const NARROW: usize = 2;

impl<E: Element> WeightedRows<'_, E> {
    /// Adds the weighted rows to the sums of some classes; `sums` has as many stretches for every class.
    #[inline(always)]
    pub fn add<T: Target>(
        &self,
        classes: impl Iterator<Item = usize> + Clone,
        sums: &mut [[f64; SIDE]],
    ) {
        let n_panels = sums.len() / self.n_classes;
        let most = if T::WIDE { WIDE } else { NARROW };
        let mut left = classes.clone().count();
        let mut classes = classes;
        while left > 0 {
            // Groups of like sizes: seven classes are four and three.
            let n = left.div_ceil(left.div_ceil(most));
            left -= n;
            let mut some = [0; WIDE];
            for (class, next) in some[..n].iter_mut().zip(classes.by_ref()) {
                *class = next;
            }
            let [a, b, c, d, e, f] = some;
            match n {
                6 => self.add_some::<T, 6, 4>([a, b, c, d, e, f], n_panels, sums),
                5 => self.add_some::<T, 5, 4>([a, b, c, d, e], n_panels, sums),
                4 => self.add_some::<T, 4, 4>([a, b, c, d], n_panels, sums),
                3 => self.add_some::<T, 3, 4>([a, b, c], n_panels, sums),
                2 if T::WIDE => self.add_some::<T, 2, 4>([a, b], n_panels, sums),
                2 => self.add_some::<T, 2, 2>([a, b], n_panels, sums),
                _ if T::WIDE => self.add_some::<T, 1, 8>([a], n_panels, sums),
                _ => self.add_some::<T, 1, 4>([a], n_panels, sums),
            }
        }
    }

    /// `P` stretches at a time.
    #[inline(always)]
    fn add_some<T: Target, const W: usize, const P: usize>(
        &self,
        classes: [usize; W],
        n_panels: usize,
        sums: &mut [[f64; SIDE]],
    ) {
        let whole = self.features.n_columns() / SIDE;
        let mut panel = 0;
        while panel + P <= whole {
            self.add_stretches::<T, W, P>(classes, panel, n_panels, sums);
            panel += P;
        }
        while panel < n_panels {
            self.add_stretches::<T, W, 1>(classes, panel, n_panels, sums);
            panel += 1;
        }
    }

    #[inline(always)]
    fn add_stretches<T: Target, const W: usize, const P: usize>(
        &self,
        classes: [usize; W],
        panel: usize,
        n_panels: usize,
        sums: &mut [[f64; SIDE]],
    ) {
        let mut totals = [[T::splat(0.0); P]; W];
        for w in 0..W {
            for p in 0..P {
                totals[w][p] = T::load(&sums[classes[w] * n_panels + panel + p]);
            }
        }
        let weights = self.weights.chunks_exact(self.n_classes);
        for (&row, weights) in self.rows.iter().zip(weights) {
            let row = self.features.row(row as usize);
            let mut x = [T::splat(0.0); P];
            if let Some(whole) = row.as_chunks::<SIDE>().0.get(panel..panel + P) {
                for (x, whole) in x.iter_mut().zip(whole) {
                    *x = E::widen_x8::<T>(whole);
                }
            } else {
                for (p, x) in x.iter_mut().enumerate() {
                    *x = stretch::<T, E>(row, panel + p);
                }
            }
            for w in 0..W {
                let weight = T::splat(weights[classes[w]]);
                for p in 0..P {
                    totals[w][p] = T::mul_add_x8(weight, x[p], totals[w][p]);
                }
            }
        }
        for w in 0..W {
            for p in 0..P {
                sums[classes[w] * n_panels + panel + p] = T::store(totals[w][p]);
            }
        }
    }
}

/// Rows that are taken at a time, some eights of them: what the second cache holds beside the sums.
pub(crate) fn rows_at_once<E>(n_columns: usize) -> usize {
    const BYTES: usize = 1 << 17;
    (BYTES / (n_columns * size_of::<E>()).max(1) / 8).max(1) * 8
}

/// Asks for a row that is wanted soon: memory would else stand still between the sums.
#[inline(always)]
pub(crate) fn prefetch<T: Target, E>(row: &[E]) {
    const LINE: usize = 64;
    for line in row.chunks(LINE / size_of::<E>()) {
        T::prefetch_to_read(line.as_ptr());
    }
}
