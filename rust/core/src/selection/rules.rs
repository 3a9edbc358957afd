//! Rules on what may be chosen, and how far those of one pool are kept while it is chosen from.

use std::ops::Range;

use crate::error::{Result, ensure};
use crate::matrix::{check_offsets, group as part};
use crate::memory::Growing;

/// Rules over the rows of all pools; the caller has seen to it that they do not contradict each other.
#[derive(Clone, Copy, Debug)]
pub struct Rules<'a> {
    /// Whether each row may be chosen.
    pub eligible: Option<&'a [bool]>,
    /// Rows that come first, pool after pool.
    pub include: &'a [i64],
    /// Pool `p` must include `include[include_offsets[p]..include_offsets[p + 1]]`.
    pub include_offsets: &'a [i64],
    /// The group of each row.
    pub group: Option<&'a [i32]>,
    /// How many of each group must be chosen from every pool.
    pub least: &'a [i64],
    /// How many of each group may be.
    pub most: &'a [i64],
    /// No two chosen are more similar.
    pub max_similarity: f64,
}

impl<'a> Rules<'a> {
    pub(super) fn check(&self, n_rows: usize, n_pools: usize) -> Result<()> {
        let fits = |n: Option<usize>| n.is_none_or(|n| n == n_rows);
        ensure(
            fits(self.eligible.map(<[bool]>::len)) && fits(self.group.map(<[i32]>::len)),
            || format!("eligible and group must have {n_rows} values"),
        )?;
        let n = check_offsets("include_offsets", self.include_offsets, self.include.len())?;
        ensure(n == n_pools, || {
            format!("include_offsets are for {n} pools of {n_pools}")
        })?;
        let n_groups = self.least.len();
        let known = |group: &i32| usize::try_from(*group).is_ok_and(|group| group < n_groups);
        ensure(
            self.most.len() == n_groups && self.group.is_none_or(|group| group.iter().all(known)),
            || "group must hold places in least and most".to_owned(),
        )
    }

    /// The rules of one pool, which is the given rows.
    ///
    /// # Errors
    /// Refuses an `include` that is not of the pool.
    pub(super) fn of(&self, pool: usize, rows: &Range<usize>) -> Result<PoolRules<'a>> {
        let include = &self.include[part(self.include_offsets, pool)];
        let inside = |row: &i64| usize::try_from(*row).is_ok_and(|row| rows.contains(&row));
        ensure(include.iter().all(inside), || {
            format!("include must hold rows of pool {pool}")
        })?;
        Ok(PoolRules {
            first: rows.start,
            include,
            eligible: self.eligible.map(|eligible| &eligible[rows.clone()]),
            group: self.group.map(|group| &group[rows.clone()]),
            least: self.least,
            most: self.most,
            max_similarity: self.max_similarity,
        })
    }
}

/// The rules of one pool; rows are counted from its first.
#[derive(Clone, Copy)]
pub(super) struct PoolRules<'a> {
    pub first: usize,
    include: &'a [i64],
    pub eligible: Option<&'a [bool]>,
    pub group: Option<&'a [i32]>,
    pub least: &'a [i64],
    pub most: &'a [i64],
    pub max_similarity: f64,
}

/// How far the rules are kept: what may still be chosen.
#[derive(Default)]
pub(super) struct Kept {
    /// What is neither excluded, chosen, nor too like a chosen one.
    pub allowed: Vec<bool>,
    counts: Vec<i64>,
    /// How many must still come from groups that have not got their least.
    owed: i64,
}

impl PoolRules<'_> {
    /// No rule for a pool that begins at this row.
    pub(super) fn none(first: usize) -> Self {
        Self {
            first,
            include: &[],
            eligible: None,
            group: None,
            least: &[],
            most: &[],
            max_similarity: f64::INFINITY,
        }
    }

    /// How many rows must be included.
    pub(super) fn n_included(&self) -> usize {
        self.include.len()
    }

    /// The row that must be chosen at this step, if there is one.
    pub(super) fn included(&self, step: usize) -> Option<usize> {
        self.include.get(step).map(|row| *row as usize - self.first)
    }

    pub(super) fn start(&self, n: usize, kept: &mut Kept) -> Result<()> {
        kept.allowed.clear();
        match self.eligible {
            Some(eligible) => kept.allowed.extended(eligible)?,
            None => kept.allowed.resized(n, true)?,
        }
        kept.counts.clear();
        kept.owed = 0;
        if self.group.is_some() {
            kept.counts.resized(self.least.len(), 0)?;
            kept.owed = self.least.iter().sum();
        }
        Ok(())
    }

    /// Whether a row may be the next, `n_left` choices from the end.
    #[inline(always)]
    pub(super) fn open(&self, row: usize, n_left: usize, kept: &Kept) -> bool {
        kept.allowed[row]
            && self.group.is_none_or(|group| {
                let group = group[row] as usize;
                let count = kept.counts[group];
                count < self.most[group] && (kept.owed < n_left as i64 || count < self.least[group])
            })
    }

    /// Takes in that a row was chosen.
    pub(super) fn choose(&self, row: usize, kept: &mut Kept) {
        kept.allowed[row] = false;
        if let Some(group) = self.group {
            let group = group[row] as usize;
            if kept.counts[group] < self.least[group] {
                kept.owed -= 1;
            }
            kept.counts[group] += 1;
        }
    }

    /// Whether two of this similarity may not both be chosen.
    #[inline(always)]
    pub(super) fn too_similar(&self, similarity: f64) -> bool {
        similarity > self.max_similarity
    }

    /// Closes rows that are too similar to one that was chosen.
    #[inline(always)]
    pub(super) fn close_similar(&self, similarity: &[f64], allowed: &mut [bool]) {
        if self.max_similarity < f64::INFINITY {
            for (allowed, &similarity) in allowed.iter_mut().zip(similarity) {
                *allowed &= !self.too_similar(similarity);
            }
        }
    }

    /// Whether a row was eligible from the start.
    pub(super) fn eligible(&self, row: usize) -> bool {
        self.eligible.is_none_or(|eligible| eligible[row])
    }

    /// Whether a chosen row may give its place to another as far as groups go.
    pub(super) fn may_swap(&self, chosen: usize, row: usize, kept: &Kept) -> bool {
        self.group.is_none_or(|group| {
            let (gives, takes) = (group[chosen] as usize, group[row] as usize);
            gives == takes
                || (kept.counts[gives] > self.least[gives] && kept.counts[takes] < self.most[takes])
        })
    }

    /// Takes in that a chosen row gave its place to another.
    pub(super) fn swap(&self, chosen: usize, row: usize, kept: &mut Kept) {
        if let Some(group) = self.group {
            kept.counts[group[chosen] as usize] -= 1;
            kept.counts[group[row] as usize] += 1;
        }
    }
}
