//! What swaps gain where the value is a sum over pairs or the smallest pair.

use super::swap::Objective;
use crate::error::Result;
use crate::memory::filled;
use crate::selection::method::{Method, Terms};

/// Pairs of all rows with those chosen, slot after slot.
pub(super) struct OfPairs<'a> {
    terms: Terms<'a>,
    n: usize,
    k: usize,
    pair: Vec<f64>,
    value: f64,
    /// Under max_sum the sum of the pairs of each slot with the others, under max_min the smallest without it.
    of_slot: Vec<f64>,
}

impl<'a> OfPairs<'a> {
    pub(super) fn new(terms: &Terms<'a>, chosen: &[usize], similarity: &[f64]) -> Result<Self> {
        let k = chosen.len();
        let mut pairs = Self {
            terms: *terms,
            n: similarity.len() / k.max(1),
            k,
            pair: filled(0.0, similarity.len())?,
            value: 0.0,
            of_slot: filled(0.0, k)?,
        };
        for slot in 0..k {
            pairs.fill(chosen, similarity, slot);
        }
        pairs.sum(chosen);
        Ok(pairs)
    }

    fn fill(&mut self, chosen: &[usize], similarity: &[f64], slot: usize) {
        let range = slot * self.n..(slot + 1) * self.n;
        let bonus = self.terms.bonus_of(chosen[slot]);
        let values = self.pair[range.clone()].iter_mut().zip(&similarity[range]);
        for (row, (pair, similarity)) in values.enumerate() {
            *pair = (bonus + self.terms.bonus_of(row)) + self.terms.weight * (1.0 - similarity);
        }
    }

    /// The value of the set, and what each slot is to it.
    fn sum(&mut self, chosen: &[usize]) {
        if self.terms.method == Method::MaxSum {
            let mut twice = 0.0;
            for (slot, &row) in chosen.iter().enumerate() {
                let mut sum = 0.0;
                for other in (0..self.k).filter(|&other| other != slot) {
                    sum += self.pair[other * self.n + row];
                }
                self.of_slot[slot] = sum;
                twice += sum;
            }
            self.value = 0.5 * twice;
            return;
        }
        self.of_slot.fill(f64::INFINITY);
        self.value = f64::INFINITY;
        for (slot, &row) in chosen.iter().enumerate() {
            let (near, first, second) = self.nearest(row, Some(slot));
            self.value = first.min(self.value);
            for other in (0..self.k).filter(|&other| other != slot) {
                let without = if near == other { second } else { first };
                self.of_slot[other] = without.min(self.of_slot[other]);
            }
        }
    }

    /// The slot of the smallest pair of a row, the lowest of equals, and its two smallest pairs.
    #[inline(always)]
    fn nearest(&self, row: usize, without: Option<usize>) -> (usize, f64, f64) {
        let (mut near, mut first, mut second) = (usize::MAX, f64::INFINITY, f64::INFINITY);
        for slot in 0..self.k {
            let pair = self.pair[slot * self.n + row];
            if Some(slot) == without {
                continue;
            }
            if pair < first {
                (near, second, first) = (slot, first, pair);
            } else if pair < second {
                second = pair;
            }
        }
        (near, first, second)
    }
}

impl Objective for OfPairs<'_> {
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
        if self.k < 2 {
            return;
        }
        for (at, (gain, of)) in gains.iter_mut().zip(slots).enumerate() {
            let row = first + at;
            let mut consider = |slot: usize, value: f64| {
                if value > *gain && may(row, slot) {
                    (*gain, *of) = (value, slot as u32);
                }
            };
            if self.terms.method == Method::MaxSum {
                let mut total = 0.0;
                for slot in 0..self.k {
                    total += self.pair[slot * self.n + row];
                }
                for slot in 0..self.k {
                    let mine = self.pair[slot * self.n + row];
                    consider(slot, (total - mine) - self.of_slot[slot]);
                }
            } else {
                let (near, nearest, second) = self.nearest(row, None);
                for slot in 0..self.k {
                    let smallest = if near == slot { second } else { nearest };
                    consider(slot, smallest.min(self.of_slot[slot]) - self.value);
                }
            }
        }
    }

    fn swap(&mut self, chosen: &[usize], of_slot: &[f64], slot: usize) {
        self.fill(chosen, of_slot, slot);
        self.sum(chosen);
    }

    fn renew(&mut self, _: &[usize], _: &[f64]) -> bool {
        false
    }
}
