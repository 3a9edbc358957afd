//! The greedy choice from a small pool whose similarities are all held, as it is from one whose are not.

use crate::error::Result;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::greedy::state::{Chosen, gain, initial, score, update};
use crate::selection::method::Method;
use crate::selection::rules::Kept;

/// What is known of each candidate; kept from pool to pool for its memory.
#[derive(Default)]
pub(super) struct Held {
    state: Vec<f64>,
    factor: Vec<f64>,
    column: Vec<f64>,
    new: Vec<f64>,
    kept: Kept,
}

/// Which rows are chosen from.
#[derive(Clone, Copy)]
pub(super) enum Among<'a> {
    /// All that the rules allow.
    All,
    /// The rows of a set that keeps the rules, one bit each.
    Set(u64),
    /// These, in this order.
    Order(&'a [usize]),
}

impl Held {
    /// Chooses up to `k` rows by an objective over pairs.
    pub(super) fn greedy(
        &mut self,
        candidates: &Candidates<'_>,
        similarity: &[f64],
        k: usize,
        among: Among<'_>,
        picks: &mut Vec<Pick>,
    ) -> Result<()> {
        picks.clear();
        let (n, terms, rules) = (candidates.len(), &candidates.terms, &candidates.rules);
        rules.start(n, &mut self.kept)?;
        if let Among::Set(set) = among {
            for (row, allowed) in self.kept.allowed.iter_mut().enumerate() {
                *allowed &= set >> row & 1 == 1;
            }
        }
        self.factor.clear();
        self.state.clear();
        self.state.resize(n, initial(terms.method));
        while picks.len() < k {
            let step = picks.len();
            let given = match among {
                Among::Order(order) => Some(order[step]),
                _ => rules.included(step),
            };
            let (mut best, mut highest) = (None, f64::NEG_INFINITY);
            let mut consider = |row: usize| {
                let score = score(terms, row, self.state[row], step);
                if score > highest {
                    (best, highest) = (Some(row), score);
                }
            };
            match given {
                Some(row) => consider(row),
                None => (0..n)
                    .filter(|&row| rules.open(row, k - step, &self.kept))
                    .for_each(consider),
            }
            let Some(row) = best else { return Ok(()) };
            picks.push((row, gain(terms, row, self.state[row], step)));
            rules.choose(row, &mut self.kept);
            if step + 1 < k {
                self.take_in(candidates, similarity, row, step);
            }
        }
        Ok(())
    }

    fn take_in(
        &mut self,
        candidates: &Candidates<'_>,
        similarity: &[f64],
        row: usize,
        step: usize,
    ) {
        let (n, terms) = (candidates.len(), &candidates.terms);
        self.new.clear();
        self.new
            .extend_from_slice(&similarity[row * n..(row + 1) * n]);
        candidates
            .rules
            .close_similar(&self.new, &mut self.kept.allowed);
        self.column.clear();
        self.column
            .extend(self.factor.chunks_exact(n).map(|factor| factor[row]));
        let chosen = Chosen {
            bonus: terms.bonus_of(row),
            state: self.state[row],
            column: &self.column,
            step,
        };
        let earlier = self.factor.chunks_exact(n);
        update(terms, &chosen, earlier, &mut self.new, &mut self.state);
        if terms.method == Method::Dpp {
            self.factor.extend_from_slice(&self.new);
        }
    }
}
