//! Ragged choice sets over an item table.

use std::ops::Range;

use super::checks::{check_chosen, check_sets, check_tied};
use super::entries::Entries;
use super::rows::{known, refusal};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_ends, group};

/// Choice set `s` holds the items `items[offsets[s]..offsets[s + 1]]`, rows of the item table.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceSets<'a> {
    offsets: &'a [i64],
    items: &'a [i32],
    n_items: usize,
}

impl<'a> ChoiceSets<'a> {
    /// Checks where the sets begin and end together; who works on some of them checks these, see `checks.rs`.
    ///
    /// # Errors
    /// Offsets that do not begin with 0 or end with the number of items.
    pub fn new(offsets: &'a [i64], items: &'a [i32], n_items: usize) -> Result<Self> {
        check_ends("offsets", offsets, items.len())?;
        Ok(Self {
            offsets,
            items,
            n_items,
        })
    }

    /// Number of choice sets.
    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many items the sets before a set have together.
    #[inline(always)]
    pub(crate) fn first_entry(&self, set: usize) -> i64 {
        self.offsets[set]
    }

    /// Rows of the item table.
    pub(crate) fn n_items(&self) -> usize {
        self.n_items
    }

    /// Items a set has on average.
    pub(crate) fn mean_size(&self) -> f64 {
        self.items.len() as f64 / self.len().max(1) as f64
    }

    #[inline(always)]
    pub(crate) fn items(&self, set: usize) -> &'a [i32] {
        &self.items[group(self.offsets, set)]
    }

    #[inline(always)]
    pub(crate) fn size(&self, set: usize) -> usize {
        (self.offsets[set + 1] - self.offsets[set]) as usize
    }

    pub(super) fn entries(&self) -> Entries<'a> {
        Entries::of_sets(self.offsets, self.items)
    }

    #[inline(always)]
    pub(crate) fn items_of(&self, sets: &Range<usize>) -> &'a [i32] {
        &self.items[self.offsets[sets.start] as usize..self.offsets[sets.end] as usize]
    }

    /// Checks that consecutive sets are not empty, and that their items are rows of the table.
    pub(crate) fn check(&self, sets: &Range<usize>) -> Result<()> {
        check_sets(self.offsets, self.items.len(), sets)?;
        if known(self.items_of(sets), self.n_items, 0) {
            return Ok(());
        }
        Err(refusal("items", self.items, self.n_items, 0))
    }

    /// Checks that there is a position for every set; [`Self::check_choices`] that it is one.
    pub(crate) fn check_chosen(&self, chosen: &[i32]) -> Result<()> {
        let n = chosen.len();
        ensure(n == self.len(), || {
            format!("chosen has {n} values for {} choice sets", self.len())
        })
    }

    /// Checks that consecutive sets are what [`Self::check`] says, that `chosen` holds a position within each, and that
    /// those have two items that are tied.
    pub(crate) fn check_choices(
        &self,
        chosen: &[i32],
        tied: Option<&[bool]>,
        sets: &Range<usize>,
    ) -> Result<()> {
        self.check(sets)?;
        check_chosen(self.offsets, chosen, sets)?;
        check_tied(self.offsets, tied, sets)
    }

    /// Checks that there is a number of ranked items for every set.
    pub(super) fn check_ranked(&self, n_ranked: &[i32]) -> Result<()> {
        let n = n_ranked.len();
        ensure(n == self.len(), || {
            format!("n_ranked has {n} values for {} rankings", self.len())
        })
    }

    /// Checks that `utility` has a row for every item of the table.
    pub(crate) fn check_utility(&self, utility: Matrix<'_, f64>) -> Result<()> {
        check_utility(utility, self.n_items)
    }

    /// Checks that `features` has a row for every item of the table, and a column.
    pub(crate) fn check_features<E>(&self, features: Matrix<'_, E>) -> Result<()> {
        ensure(
            features.n_rows() == self.n_items && features.n_columns() > 0,
            || format!("features must have {} rows and a column", self.n_items),
        )
    }

    /// Checks that `weights` holds a row for every set and a column for every class of `utility`.
    pub(crate) fn check_weights(
        &self,
        weights: Matrix<'_, f64>,
        utility: Matrix<'_, f64>,
    ) -> Result<()> {
        check_weights(weights, self.len(), utility)
    }
}

pub(super) fn check_utility(utility: Matrix<'_, f64>, n_items: usize) -> Result<()> {
    ensure(
        utility.n_rows() == n_items && utility.n_columns() > 0,
        || {
            format!(
                "utility must have a row for each of {n_items} items and a column a class, not shape ({}, {})",
                utility.n_rows(),
                utility.n_columns()
            )
        },
    )
}

pub(super) fn check_weights(
    weights: Matrix<'_, f64>,
    n: usize,
    utility: Matrix<'_, f64>,
) -> Result<()> {
    ensure(
        weights.n_rows() == n && weights.n_columns() == utility.n_columns(),
        || {
            format!(
                "weights must have shape ({n}, {}), not ({}, {})",
                utility.n_columns(),
                weights.n_rows(),
                weights.n_columns()
            )
        },
    )
}
