//! Entries: the items of all outcomes one after the other, and the rows of the table that each has its utility from.

use std::ops::Range;

use super::checks::check_sets;
use super::rows::{known, refusal};
use crate::blocks::Blocks;
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_offsets, group, runs_of_groups};
use crate::memory::Growing;

/// No further row.
const NONE: i32 = -1;

/// Where the entries of an outcome are.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cut<'a> {
    /// Outcome `s` has the entries `offsets[s]..offsets[s + 1]`.
    Ragged(&'a [i64]),
    /// Every outcome has two.
    Pairs(usize),
}

/// The entries of all outcomes. Entry `e` has the utility `table[items[e]]`, and `table[extra[e]]` more where that is not
/// negative.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entries<'a> {
    cut: Cut<'a>,
    items: &'a [i32],
    extra: Option<&'a [i32]>,
}

impl<'a> Entries<'a> {
    /// `cut` ends with the number of items.
    pub(super) fn new(cut: Cut<'a>, items: &'a [i32], extra: Option<&'a [i32]>) -> Result<Self> {
        if let Some(extra) = extra {
            ensure(extra.len() == items.len(), || {
                format!("extra has {} values for {} items", extra.len(), items.len())
            })?;
        }
        Ok(Self { cut, items, extra })
    }

    /// The entries of choice sets.
    pub(super) fn of_sets(offsets: &'a [i64], items: &'a [i32]) -> Self {
        Self {
            cut: Cut::Ragged(offsets),
            items,
            extra: None,
        }
    }

    /// Checks that consecutive outcomes have entries, which [`Self::gather`] looks up.
    pub(super) fn check(&self, outcomes: &Range<usize>) -> Result<()> {
        self.offsets().map_or(Ok(()), |offsets| {
            check_sets(offsets, self.items.len(), outcomes)
        })
    }

    /// Where the entries of each outcome begin, unless they are pairs.
    pub(super) fn offsets(&self) -> Option<&'a [i64]> {
        match self.cut {
            Cut::Ragged(offsets) => Some(offsets),
            Cut::Pairs(_) => None,
        }
    }

    /// Number of outcomes.
    pub(super) fn n_outcomes(&self) -> usize {
        match self.cut {
            Cut::Ragged(offsets) => offsets.len() - 1,
            Cut::Pairs(n) => n,
        }
    }

    /// The entries of consecutive outcomes.
    #[inline(always)]
    pub(super) fn of(&self, outcomes: &Range<usize>) -> Range<usize> {
        match self.cut {
            Cut::Ragged(offsets) => {
                offsets[outcomes.start] as usize..offsets[outcomes.end] as usize
            }
            Cut::Pairs(_) => 2 * outcomes.start..2 * outcomes.end,
        }
    }

    /// The items of consecutive outcomes.
    #[inline(always)]
    pub(super) fn items_of(&self, outcomes: &Range<usize>) -> &'a [i32] {
        &self.items[self.of(outcomes)]
    }

    /// The further rows of consecutive outcomes, if any has one.
    pub(super) fn extra_of(&self, outcomes: &Range<usize>) -> Option<&'a [i32]> {
        self.extra.map(|extra| &extra[self.of(outcomes)])
    }

    /// Whether some utility comes from two rows.
    pub(super) fn has_extra(&self) -> bool {
        self.extra.is_some()
    }

    /// How many entries each of some outcomes has.
    #[inline(always)]
    pub(super) fn sizes(&self, outcomes: &Range<usize>) -> impl Iterator<Item = usize> {
        let cut = self.cut;
        outcomes.clone().map(move |outcome| match cut {
            Cut::Ragged(offsets) => group(offsets, outcome).len(),
            Cut::Pairs(_) => 2,
        })
    }

    /// Runs of consecutive outcomes that have at least `weight` entries each (but the last).
    ///
    /// # Errors
    /// Refuses offsets that decrease from one run to the next.
    pub(super) fn runs(&self, weight: usize) -> Result<Vec<Range<usize>>> {
        let runs = match self.cut {
            Cut::Ragged(offsets) => runs_of_groups(offsets, weight),
            Cut::Pairs(n) => {
                let step = weight.div_ceil(2).max(1);
                let starts = (0..n).step_by(step);
                starts.map(|first| first..n.min(first + step)).collect()
            }
        };
        self.check_edges(&runs)?;
        Ok(runs)
    }

    /// Blocks of outcomes, cut into pieces of at least `weight` entries each (but the last of a block).
    ///
    /// # Errors
    /// Refuses ends that do not cut the outcomes into blocks, and offsets that decrease from one piece to the next.
    pub(super) fn blocks(&self, block_ends: Option<&[i64]>, weight: usize) -> Result<Blocks> {
        let before = |outcome: usize| match self.cut {
            Cut::Ragged(offsets) => offsets[outcome],
            Cut::Pairs(_) => 2 * outcome as i64,
        };
        let blocks = Blocks::of_groups(block_ends, self.n_outcomes(), before, weight)?;
        self.check_edges(blocks.pieces())?;
        Ok(blocks)
    }

    /// Checks that no run begins after it ends; what lies inside a run is looked at with it.
    fn check_edges(&self, runs: &[Range<usize>]) -> Result<()> {
        let Some(offsets) = self.offsets() else {
            return Ok(());
        };
        if runs
            .iter()
            .all(|run| (0..=offsets[run.end]).contains(&offsets[run.start]))
        {
            return Ok(());
        }
        check_offsets("offsets", offsets, self.items.len()).map(|_| ())
    }

    /// The first outcomes of `run` that have at least `weight` entries together, or all.
    #[inline(always)]
    pub(super) fn head(&self, run: &Range<usize>, weight: usize) -> Range<usize> {
        let end = match self.cut {
            Cut::Ragged(offsets) => {
                let mut end = run.start + 1;
                while end < run.end && ((offsets[end] - offsets[run.start]) as usize) < weight {
                    end += 1;
                }
                end
            }
            Cut::Pairs(_) => run.end.min(run.start + weight.div_ceil(2).max(1)),
        };
        run.start..end
    }

    /// Writes the utilities of entries, `(entries, n_classes)`.
    ///
    /// # Errors
    /// Refuses rows that the table has not, or if there is not the memory.
    #[inline(always)]
    pub(super) fn gather(
        &self,
        table: Matrix<'_, f64>,
        entries: &Range<usize>,
        out: &mut Vec<f64>,
    ) -> Result<()> {
        let n_classes = table.n_columns();
        out.resized(entries.len() * n_classes, 0.0)?;
        let items = &self.items[entries.clone()];
        let mut known = true;
        by_classes!(n_classes, copy_rows(table, items, out, &mut known));
        if let Some(extra) = self.extra {
            for (&row, out) in extra[entries.clone()]
                .iter()
                .zip(out.chunks_exact_mut(n_classes))
            {
                if row == NONE {
                    continue;
                }
                let start = start_of(row, n_classes);
                match table.values().get(start..start + n_classes) {
                    Some(values) => out.iter_mut().zip(values).for_each(|(out, x)| *out += x),
                    None => known = false,
                }
            }
        }
        if known {
            return Ok(());
        }
        Err(self.refusal(table.n_rows()))
    }

    /// What is wrong with the first row that a table of `n_rows` has not.
    #[cold]
    fn refusal(&self, n_rows: usize) -> Error {
        let extra = self.extra.filter(|extra| !known(extra, n_rows, NONE));
        match extra {
            Some(extra) if known(self.items, n_rows, 0) => refusal("extra", extra, n_rows, NONE),
            _ => refusal("items", self.items, n_rows, 0),
        }
    }

    /// Adds values of entries, `(entries, n_classes)`, to the rows of a table that gave them their utilities.
    #[inline(always)]
    pub(super) fn scatter(
        &self,
        table: &mut [f64],
        n_classes: usize,
        entries: &Range<usize>,
        values: &[f64],
    ) {
        let items = &self.items[entries.clone()];
        by_classes!(n_classes, add_rows(n_classes, items, values, table));
        if let Some(extra) = self.extra {
            for (&row, values) in extra[entries.clone()]
                .iter()
                .zip(values.chunks_exact(n_classes))
            {
                if row != NONE {
                    add_row(table, row as u32 as usize, values);
                }
            }
        }
    }
}

/// Adds values to a row of a table, if it has so many.
#[inline(always)]
pub(super) fn add_row(table: &mut [f64], row: usize, values: &[f64]) {
    let start = row * values.len();
    if let Some(entries) = table.get_mut(start..start + values.len()) {
        for (entry, value) in entries.iter_mut().zip(values) {
            *entry += value;
        }
    }
}

/// Where a row begins; no table has a row of a negative number.
#[inline(always)]
fn start_of(row: i32, n_classes: usize) -> usize {
    row as u32 as usize * n_classes
}

#[inline(always)]
fn copy_rows<const W: usize>(
    first: usize,
    table: Matrix<'_, f64>,
    rows: &[i32],
    out: &mut [f64],
    known: &mut bool,
) -> usize {
    let (values, n_classes) = (table.values(), table.n_columns());
    for (&row, out) in rows.iter().zip(out.chunks_exact_mut(n_classes)) {
        let start = start_of(row, n_classes) + first;
        match values.get(start..start + W) {
            Some(values) => out[first..first + W].copy_from_slice(values),
            None => *known = false,
        }
    }
    W
}

#[inline(always)]
fn add_rows<const W: usize>(
    first: usize,
    n_classes: usize,
    rows: &[i32],
    values: &[f64],
    table: &mut [f64],
) -> usize {
    for (&row, values) in rows.iter().zip(values.chunks_exact(n_classes)) {
        let start = start_of(row, n_classes) + first;
        // What is gathered has been refused where there is no such row.
        if let Some(entries) = table.get_mut(start..start + W) {
            for (entry, value) in entries.iter_mut().zip(&values[first..first + W]) {
                *entry += value;
            }
        }
    }
    W
}
