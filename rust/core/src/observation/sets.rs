//! Ragged choice sets over an item table, checked once so that the kernels can index freely.

use std::ops::Range;

use super::entries::Entries;
use super::rows::check_rows;
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};

/// Choice set `s` holds the items `items[offsets[s]..offsets[s + 1]]`, rows of the item table.
#[derive(Clone, Copy, Debug)]
pub struct ChoiceSets<'a> {
    offsets: &'a [i64],
    items: &'a [i32],
    n_items: usize,
}

impl<'a> ChoiceSets<'a> {
    /// # Errors
    /// Offsets that do not cut the items into non-empty sets, and items that are no row of a table of `n_items`.
    pub fn new(offsets: &'a [i64], items: &'a [i32], n_items: usize) -> Result<Self> {
        check_offsets("offsets", offsets, items.len())?;
        if let Some(set) = offsets.windows(2).position(|pair| pair[0] == pair[1]) {
            return Err(Error::Shape(format!("choice set {set} is empty")));
        }
        check_rows("items", items, n_items, 0)?;
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

    /// Checks that `chosen` holds a position within every set.
    pub(crate) fn check_chosen(&self, chosen: &[i32]) -> Result<()> {
        ensure(chosen.len() == self.len(), || {
            format!(
                "chosen has {} values for {} choice sets",
                chosen.len(),
                self.len()
            )
        })?;
        let sizes = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        match chosen
            .iter()
            .zip(sizes)
            .position(|(&at, size)| at < 0 || i64::from(at) >= size)
        {
            Some(set) => Err(Error::Shape(format!(
                "chosen must be a position in its choice set: chosen[{set}]={} of {}",
                chosen[set],
                self.items(set).len()
            ))),
            None => Ok(()),
        }
    }

    /// Checks that the sets whose items are tied, as many as `tied` has values, have two items.
    pub(crate) fn check_tied(&self, tied: Option<&[bool]>) -> Result<()> {
        let sizes = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        let mut sets = tied.unwrap_or_default().iter().zip(sizes);
        match sets.position(|(&tied, size)| tied && size != 2) {
            Some(set) => Err(Error::Shape(format!(
                "a tie takes two items: tied[{set}] is of a choice set of {}",
                self.items(set).len()
            ))),
            None => Ok(()),
        }
    }

    /// Checks that `n_ranked` holds a number from 1 to the size of every set.
    pub(super) fn check_ranked(&self, n_ranked: &[i32]) -> Result<()> {
        let n = n_ranked.len();
        ensure(n == self.len(), || {
            format!("n_ranked has {n} values for {} rankings", self.len())
        })?;
        let sizes = self.offsets.windows(2).map(|pair| pair[1] - pair[0]);
        match n_ranked
            .iter()
            .zip(sizes)
            .position(|(&n, size)| n < 1 || i64::from(n) > size)
        {
            Some(set) => Err(Error::Shape(format!(
                "n_ranked must be from 1 to the size of the set: n_ranked[{set}]={} of {}",
                n_ranked[set],
                self.items(set).len()
            ))),
            None => Ok(()),
        }
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
