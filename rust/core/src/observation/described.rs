//! An observation: what annotators did, checked once so that the kernels can index freely.

use std::marker::PhantomData;

use super::choose_one::ChooseOne;
use super::davidson::Davidson;
use super::entries::{Cut, Entries};
use super::pair::{Halves, Pairs};
use super::rankings::Rankings;
use super::rao_kupper::RaoKupper;
use super::sets::{ChoiceSets, check_weights};
use super::ties::WithTies;
use crate::blocks::ranges_of_blocks;
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_finite};
use crate::parallel::Workers;

/// Outcomes of one kind over the rows of a utility table.
pub struct Observation<'a> {
    pub(super) judged: Judged<'a>,
    pub(super) block_ends: Option<&'a [i64]>,
    n_rows: usize,
}

pub(super) enum Judged<'a> {
    ChooseOne(ChooseOne<'a>),
    Halves(Halves<'a>),
    Davidson(WithTies<'a, Davidson>),
    RaoKupper(WithTies<'a, RaoKupper>),
    Rankings(Rankings<'a>),
}

/// `with_kind!(observation, kind => body)`: the body, with the [`super::kind::Kind`] that the observation is of.
macro_rules! with_kind {
    ($observation:expr, $kind:ident => $body:expr) => {
        match &$observation.judged {
            $crate::observation::described::Judged::ChooseOne($kind) => $body,
            $crate::observation::described::Judged::Halves($kind) => $body,
            $crate::observation::described::Judged::Davidson($kind) => $body,
            $crate::observation::described::Judged::RaoKupper($kind) => $body,
            $crate::observation::described::Judged::Rankings($kind) => $body,
        }
    };
}
pub(super) use with_kind;

/// The arrays that describe outcomes; which of them are needed depends on the kind.
#[derive(Clone, Copy, Debug)]
pub struct Description<'a> {
    /// `choose_one`, `pair` or `ranking`.
    pub kind: &'a str,
    /// Outcome `s` is about `items[offsets[s]..offsets[s + 1]]`; none for pairs.
    pub offsets: Option<&'a [i64]>,
    /// Rows of the utility table; of a pair the winner comes first, of a ranking the best.
    pub items: &'a [i32],
    /// Positions within the sets, for `choose_one`.
    pub chosen: Option<&'a [i32]>,
    /// Which pairs are ties.
    pub tied: Option<&'a [bool]>,
    /// Another row whose value is added to the utility of an item where it stands; −1 for none.
    pub extra: Option<&'a [i32]>,
    /// Rankings: as many of the set stand in order.
    pub n_ranked: Option<&'a [i32]>,
    /// How ties of pairs are modelled: `half`, `davidson` or `rao_kupper`.
    pub ties: &'a str,
    /// Row of the parameter of ties; −1 for none.
    pub tie_row: i64,
    /// Where blocks of outcomes end, see `blocks.rs`; by default all are one.
    pub block_ends: Option<&'a [i64]>,
}

impl<'a> Description<'a> {
    /// Pairs without ties and without parameters of their own.
    #[must_use]
    pub fn of_pairs(items: &'a [i32]) -> Self {
        Self {
            kind: "pair",
            offsets: None,
            items,
            chosen: None,
            tied: None,
            extra: None,
            n_ranked: None,
            ties: "half",
            tie_row: -1,
            block_ends: None,
        }
    }
}

impl<'a> Observation<'a> {
    /// Checks how long arrays are, for a table of `n_rows` rows; kernels check what they hold where they look at it.
    ///
    /// # Errors
    /// Refuses arrays that do not belong together.
    pub fn new(description: &Description<'a>, n_rows: usize) -> Result<Self> {
        let judged = match description.kind {
            "choose_one" => choose_one(description, n_rows)?,
            "pair" => pair(description, n_rows)?,
            "ranking" => ranking(description, n_rows)?,
            other => {
                return Err(Error::Shape(format!(
                    "kind must be choose_one, pair or ranking, not {other:?}"
                )));
            }
        };
        let block_ends = description.block_ends;
        let observation = Self {
            judged,
            block_ends,
            n_rows,
        };
        ranges_of_blocks(block_ends, observation.n_outcomes())?;
        Ok(observation)
    }

    /// Number of outcomes.
    #[must_use]
    pub fn n_outcomes(&self) -> usize {
        use super::kind::Kind;
        with_kind!(self, kind => kind.entries().n_outcomes())
    }

    /// Checks that `table` has the rows that this is over, a column, and finite values.
    pub(super) fn check_table(
        &self,
        name: &'static str,
        table: Matrix<'_, f64>,
        workers: &Workers<'_>,
    ) -> Result<()> {
        ensure(
            table.n_rows() == self.n_rows && table.n_columns() > 0,
            || {
                format!(
                    "{name} must have {} rows and a column a class, not shape ({}, {})",
                    self.n_rows,
                    table.n_rows(),
                    table.n_columns()
                )
            },
        )?;
        check_finite(name, table, workers)
    }

    /// Checks that `weights` has a row for every outcome and a column for every class.
    pub(super) fn check_weights(
        &self,
        weights: Matrix<'_, f64>,
        utility: Matrix<'_, f64>,
    ) -> Result<()> {
        check_weights(weights, self.n_outcomes(), utility)
    }
}

fn choose_one<'a>(description: &Description<'a>, n_rows: usize) -> Result<Judged<'a>> {
    let offsets = needed("offsets", "choose_one", description.offsets)?;
    let chosen = needed("chosen", "choose_one", description.chosen)?;
    ensure(description.tied.is_none(), || {
        "only pairs can be tied".to_owned()
    })?;
    let sets = ChoiceSets::new(offsets, description.items, n_rows)?;
    sets.check_chosen(chosen)?;
    let entries = Entries::new(Cut::Ragged(offsets), description.items, description.extra)?;
    Ok(Judged::ChooseOne(ChooseOne { entries, chosen }))
}

fn pair<'a>(description: &Description<'a>, n_rows: usize) -> Result<Judged<'a>> {
    let items = description.items;
    ensure(items.len().is_multiple_of(2), || {
        format!("pairs must hold two items each, not {} in all", items.len())
    })?;
    let n = items.len() / 2;
    let n_tied = description.tied.map_or(n, <[bool]>::len);
    ensure(n_tied == n, || {
        format!("tied has {n_tied} values for {n} pairs")
    })?;
    let pairs = Pairs {
        entries: Entries::new(Cut::Pairs(n), items, description.extra)?,
        tied: description.tied,
    };
    match description.ties {
        "half" => Ok(Judged::Halves(Halves(pairs))),
        "davidson" => with_ties(pairs, description.tie_row, n_rows).map(Judged::Davidson),
        "rao_kupper" => with_ties(pairs, description.tie_row, n_rows).map(Judged::RaoKupper),
        other => Err(Error::Shape(format!(
            "ties must be half, davidson or rao_kupper, not {other:?}"
        ))),
    }
}

fn with_ties<M>(pairs: Pairs<'_>, tie_row: i64, n_rows: usize) -> Result<WithTies<'_, M>> {
    let row = usize::try_from(tie_row).ok().filter(|&row| row < n_rows);
    let Some(tie_row) = row else {
        return Err(Error::Shape(format!(
            "tie_row must be a row of a table of {n_rows}, not {tie_row}"
        )));
    };
    Ok(WithTies {
        pairs,
        tie_row,
        model: PhantomData,
    })
}

fn ranking<'a>(description: &Description<'a>, n_rows: usize) -> Result<Judged<'a>> {
    let offsets = needed("offsets", "ranking", description.offsets)?;
    let n_ranked = needed("n_ranked", "ranking", description.n_ranked)?;
    ensure(description.tied.is_none(), || {
        "only pairs can be tied".to_owned()
    })?;
    ensure(description.extra.is_none(), || {
        "rankings have no position effect: extra must be none".to_owned()
    })?;
    let sets = ChoiceSets::new(offsets, description.items, n_rows)?;
    sets.check_ranked(n_ranked)?;
    let entries = sets.entries();
    Ok(Judged::Rankings(Rankings { entries, n_ranked }))
}

fn needed<'a, T: ?Sized>(name: &str, kind: &str, array: Option<&'a T>) -> Result<&'a T> {
    array.ok_or_else(|| Error::Shape(format!("{kind} needs {name}")))
}
