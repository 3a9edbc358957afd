//! What swaps gain under the log-determinant, by the inverse of the similarities of those chosen.
//!
//! With `M` that inverse, `y = M s` for the similarities `s` of a row with those chosen and `r = 1 - s'y` what is left of
//! it, the determinant with the row in place of slot `a` is `M_aa r + y_a²` times as large (Jacobi's identity for minors).

use super::swap::Objective;
use crate::error::Result;
use crate::memory::{filled, room};
use crate::selection::greedy::dpp::RANK_TOLERANCE;
use crate::selection::logarithm::ln;
use crate::selection::method::Terms;

/// Swaps after which all is computed anew, so that roundings do not add up.
const SWAPS_TO_RENEWAL: usize = 16;

/// The inverse, and for every row its `y` and `r`.
pub(super) struct Inverse<'a> {
    terms: Terms<'a>,
    n: usize,
    k: usize,
    bonus: Vec<f64>,
    /// M, of which row and column are slots.
    m: Vec<f64>,
    y: Vec<f64>,
    left: Vec<f64>,
    active: Vec<bool>,
    /// Values of one slot that a change works with: a value a row, twice, and a value a slot.
    scratch: [Vec<f64>; 3],
    value: f64,
    n_swaps: usize,
}

impl<'a> Inverse<'a> {
    pub(super) fn new(terms: &Terms<'a>, chosen: &[usize], of_slot: &[f64]) -> Result<Self> {
        let k = chosen.len();
        let n = of_slot.len() / k.max(1);
        let mut inverse = Self {
            terms: *terms,
            n,
            k,
            bonus: filled(0.0, k)?,
            m: filled(0.0, k * k)?,
            y: filled(0.0, k * n)?,
            left: filled(1.0, n)?,
            active: filled(false, k)?,
            scratch: [room(n)?, room(n)?, room(k)?],
            value: 0.0,
            n_swaps: 1,
        };
        inverse.renew(chosen, of_slot);
        Ok(inverse)
    }

    fn add(&mut self, row: usize, of_slot: &[f64], slot: usize) {
        let (n, k) = (self.n, self.k);
        let [mut t, mut q, mut of_row] = std::mem::take(&mut self.scratch);
        of_row.clear();
        of_row.extend((0..k).map(|c| self.y[c * n + row]));
        let left = self.left[row];
        let scale = 1.0 / left;
        self.value += self.terms.bonus_of(row);
        self.value += if self.terms.weight > 0.0 && left > 0.0 {
            self.terms.weight * ln(left)
        } else {
            0.0
        };
        t.clear();
        t.extend_from_slice(&of_slot[slot * n..(slot + 1) * n]);
        for c in (0..k).filter(|&c| self.active[c]) {
            for (t, s) in t.iter_mut().zip(&of_slot[c * n..(c + 1) * n]) {
                *t -= of_row[c] * s;
            }
        }
        q.clear();
        q.extend(t.iter().map(|t| t * scale));
        for c in (0..k).filter(|&c| self.active[c]) {
            for (y, q) in self.y[c * n..(c + 1) * n].iter_mut().zip(&q) {
                *y -= of_row[c] * q;
            }
        }
        for ((left, t), q) in self.left.iter_mut().zip(&t).zip(&q) {
            *left -= t * q;
        }
        self.y[slot * n..(slot + 1) * n].copy_from_slice(&q);
        for c in (0..k).filter(|&c| self.active[c]) {
            for d in (0..k).filter(|&d| self.active[d]) {
                self.m[c * k + d] += of_row[c] * of_row[d] * scale;
            }
            self.m[c * k + slot] = -of_row[c] * scale;
            self.m[slot * k + c] = -of_row[c] * scale;
        }
        self.m[slot * k + slot] = scale;
        self.active[slot] = true;
        self.bonus[slot] = self.terms.bonus_of(row);
        self.scratch = [t, q, of_row];
    }

    fn remove(&mut self, slot: usize) {
        let (n, k) = (self.n, self.k);
        let scale = 1.0 / self.m[slot * k + slot];
        self.value -= self.bonus[slot];
        self.value -= if self.terms.weight > 0.0 && scale > 0.0 {
            self.terms.weight * ln(scale)
        } else {
            0.0
        };
        let [mut of_slot, rest, mut column] = std::mem::take(&mut self.scratch);
        of_slot.clear();
        of_slot.extend_from_slice(&self.y[slot * n..(slot + 1) * n]);
        for c in (0..k).filter(|&c| c != slot) {
            let along = self.m[c * k + slot] * scale;
            for (y, of_slot) in self.y[c * n..(c + 1) * n].iter_mut().zip(&of_slot) {
                *y -= along * of_slot;
            }
        }
        for (left, y) in self.left.iter_mut().zip(&of_slot) {
            *left += y * y * scale;
        }
        column.clear();
        column.extend((0..k).map(|c| self.m[c * k + slot]));
        for c in (0..k).filter(|&c| c != slot) {
            for d in (0..k).filter(|&d| d != slot) {
                self.m[c * k + d] -= column[c] * column[d] * scale;
            }
        }
        self.active[slot] = false;
        self.scratch = [of_slot, rest, column];
    }
}

impl Objective for Inverse<'_> {
    fn value(&self) -> f64 {
        self.value
    }

    fn best(
        &self,
        first: usize,
        gains: &mut [f64],
        slots: &mut [u32],
        may: &(dyn Fn(usize, usize) -> bool + Sync),
    ) {
        let (n, weight) = (self.n, self.terms.weight);
        for slot in 0..self.k {
            let without = self.m[slot * self.k + slot];
            let y = &self.y[slot * n..(slot + 1) * n];
            for (at, (gain, of)) in gains.iter_mut().zip(slots.iter_mut()).enumerate() {
                let row = first + at;
                let ratio = without * self.left[row] + y[row] * y[row];
                let change = self.terms.bonus_of(row) - self.bonus[slot];
                let value = if weight == 0.0 {
                    change
                } else if ratio > RANK_TOLERANCE * without {
                    // The logarithm is no more than one less: most need not be taken.
                    if change + weight * (ratio - 1.0) <= *gain {
                        continue;
                    }
                    change + weight * ln(ratio)
                } else {
                    continue;
                };
                if value > *gain && may(row, slot) {
                    (*gain, *of) = (value, slot as u32);
                }
            }
        }
    }

    fn swap(&mut self, chosen: &[usize], of_slot: &[f64], slot: usize) {
        self.n_swaps += 1;
        if self.n_swaps >= SWAPS_TO_RENEWAL {
            self.renew(chosen, of_slot);
            return;
        }
        self.remove(slot);
        self.add(chosen[slot], of_slot, slot);
    }

    fn renew(&mut self, chosen: &[usize], of_slot: &[f64]) -> bool {
        if self.n_swaps == 0 {
            return false;
        }
        self.n_swaps = 0;
        self.value = 0.0;
        self.m.fill(0.0);
        self.y.fill(0.0);
        self.left.fill(1.0);
        self.active.fill(false);
        for (slot, &row) in chosen.iter().enumerate() {
            self.add(row, of_slot, slot);
        }
        true
    }
}
