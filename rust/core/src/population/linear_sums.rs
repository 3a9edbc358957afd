//! The gradient of an annotator's judgements: features times residuals, summed in registers.

use std::ops::Range;

use super::linear_posterior::LinearJudgements;
use crate::matrix::{Element, Matrix};
use crate::outer_products::{SIDE, stretch};
use crate::simd::Target;

/// An annotator whose responsibility for a class is this small changes no digit of its gradient.
const NEGLIGIBLE: f64 = 1e-18;

/// Adds the features of an annotator's items, times their residuals, to the gradient of every class.
#[inline(always)]
pub fn add_residuals<T: Target, E: Element>(
    judged: &LinearJudgements<'_, E>,
    sets: &Range<usize>,
    responsibilities: &[f64],
    residuals: &[f64],
    gradient: &mut [[f64; SIDE]],
) {
    let n_classes = responsibilities.len();
    let items = judged.sets.items_of(sets);
    let n_panels = gradient.len() / n_classes;
    let mut classes = (0..n_classes).filter(|class| responsibilities[*class] > NEGLIGIBLE);
    let terms = Terms {
        features: judged.features,
        items,
        residuals,
        n_classes,
    };
    let wide = if T::WIDE { 4 } else { 2 };
    loop {
        let mut some = [0; 4];
        let mut n = 0;
        while n < wide {
            let Some(class) = classes.next() else { break };
            some[n] = class;
            n += 1;
        }
        match n {
            0 => return,
            4 => terms.add::<T, 4, 4>(some, n_panels, gradient),
            3 => {
                terms.add::<T, 2, 4>([some[0], some[1]], n_panels, gradient);
                terms.add::<T, 1, 8>([some[2]], n_panels, gradient);
            }
            2 if T::WIDE => terms.add::<T, 2, 4>([some[0], some[1]], n_panels, gradient),
            2 => terms.add::<T, 2, 2>([some[0], some[1]], n_panels, gradient),
            _ if T::WIDE => terms.add::<T, 1, 8>([some[0]], n_panels, gradient),
            _ => terms.add::<T, 1, 4>([some[0]], n_panels, gradient),
        }
    }
}

struct Terms<'a, E> {
    features: Matrix<'a, E>,
    items: &'a [i32],
    residuals: &'a [f64],
    n_classes: usize,
}

impl<E: Element> Terms<'_, E> {
    /// Sums for `W` classes, `P` stretches of the features at a time.
    #[inline(always)]
    fn add<T: Target, const W: usize, const P: usize>(
        &self,
        classes: [usize; W],
        n_panels: usize,
        gradient: &mut [[f64; SIDE]],
    ) {
        let whole = self.features.n_columns() / SIDE;
        let mut panel = 0;
        while panel + P <= whole {
            self.sum::<T, W, P>(classes, panel, n_panels, gradient);
            panel += P;
        }
        while panel < n_panels {
            self.sum::<T, W, 1>(classes, panel, n_panels, gradient);
            panel += 1;
        }
    }

    #[inline(always)]
    fn sum<T: Target, const W: usize, const P: usize>(
        &self,
        classes: [usize; W],
        panel: usize,
        n_panels: usize,
        gradient: &mut [[f64; SIDE]],
    ) {
        let mut sums = [[T::splat(0.0); P]; W];
        for w in 0..W {
            for p in 0..P {
                sums[w][p] = T::load(&gradient[classes[w] * n_panels + panel + p]);
            }
        }
        let rows = self.residuals.chunks_exact(self.n_classes);
        for (&item, residuals) in self.items.iter().zip(rows) {
            let row = self.features.row(item as usize);
            let mut x = [T::splat(0.0); P];
            for (p, x) in x.iter_mut().enumerate() {
                *x = stretch::<T, E>(row, panel + p);
            }
            for w in 0..W {
                let residual = T::splat(residuals[classes[w]]);
                for p in 0..P {
                    sums[w][p] = T::mul_add_x8(residual, x[p], sums[w][p]);
                }
            }
        }
        for w in 0..W {
            for p in 0..P {
                gradient[classes[w] * n_panels + panel + p] = T::store(sums[w][p]);
            }
        }
    }
}
