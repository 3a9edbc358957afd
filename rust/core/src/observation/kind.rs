//! A kind of judgement: log-likelihood and derivatives of a block of outcomes in the utilities of their entries.
//!
//! Where the utilities come from and where the derivatives go is not its business: see `kernels.rs`.

use std::ops::Range;

use super::entries::Entries;
use crate::error::Result;
use crate::simd::Target;

/// Consecutive outcomes, and the utilities of their entries.
pub(super) struct Block<'a> {
    /// The outcomes.
    pub(super) outcomes: Range<usize>,
    /// Number of columns of everything here.
    pub(super) n_classes: usize,
    /// Utilities of the entries, `(entries, n_classes)`; a kind may overwrite them.
    pub(super) utility: &'a mut [f64],
    /// The parameter of ties of each class; empty where there is none.
    pub(super) tie: &'a [f64],
    /// Room for a kind to work in.
    pub(super) room: &'a mut [Vec<f64>; 8],
}

/// Values of the entries of a block, `(entries, n_classes)`, and values of its outcomes on the parameter of ties,
/// `(outcomes, n_classes)`, none where there is no such parameter.
pub(super) struct Values<'a> {
    pub(super) entries: &'a mut [f64],
    pub(super) tie: &'a mut [f64],
}

/// What judgements of one kind say of utilities. Mark every function `#[inline(always)]`.
pub(super) trait Kind: Sync {
    /// How many of the rooms hold as many values as the utilities of the block, which one large set makes many.
    const LARGE_ROOMS: usize = 0;

    /// The entries.
    fn entries(&self) -> &Entries<'_>;

    /// Checks consecutive outcomes, but for the rows of their entries, which are looked up.
    fn check(&self, outcomes: &Range<usize>) -> Result<()> {
        self.entries().check(outcomes)
    }

    /// Row of the table that holds the parameter of ties.
    fn tie_row(&self) -> Option<usize> {
        None
    }

    /// Log-likelihood of each outcome, `(outcomes, n_classes)`.
    fn log_likelihood<T: Target>(&self, block: Block<'_>, out: &mut [f64]);

    /// First derivatives, and the diagonal of the negative second ones, times the weights of the outcomes, if any.
    fn derivatives<T: Target>(
        &self,
        block: Block<'_>,
        weights: Option<&[f64]>,
        first: Values<'_>,
        second: Values<'_>,
    );

    /// The negative second derivatives times a direction, times the weights of the outcomes.
    fn product<T: Target>(
        &self,
        block: Block<'_>,
        weights: &[f64],
        direction: Values<'_>,
        out: Values<'_>,
    );
}
