//! The greedy search: who adds most, step by step.

use super::listing::list;
use super::near::Near;
use super::queue::{Entry, Queue, Stage};
use super::sparse::Sparse;
use super::start::{Start, start};
use super::units::Units;
use crate::error::Result;
use crate::memory::{copied, filled, gathered, room};
use crate::parallel::Workers;
use crate::selection::candidates::{BLOCK, Candidates, Pick};
use crate::selection::greedy::term::sum_in_lanes;
use crate::selection::method::Method;
use crate::selection::rules::Kept;
use crate::selection::similarities::Similarities;

/// No more pairs are listed than this, and than this part of all: of four bytes each.
const MOST_LISTED: usize = 20_000_000;
const PART: usize = 24;

/// Candidates that are brought up to date at a time, at first.
const BATCH: usize = 96;

pub(crate) struct Search<'a> {
    pub candidates: &'a Candidates<'a>,
    pub units: &'a Units<'a>,
    pub workers: &'a Workers<'a>,
    k: usize,
    pub kept: Kept,
    /// How well each row is covered by those chosen.
    pub room: Vec<f64>,
    /// The candidates that have not been chosen, and how each one's bound came about at which step.
    pub queue: Queue,
    pub stages: Vec<(u32, Stage)>,
    near: Option<Near>,
    /// Bounds of all candidates for the step after the rows that were taken to be the first.
    ahead: Option<(Vec<usize>, Vec<f64>)>,
    chosen: Vec<usize>,
    pub now: Now,
    sparse: Sparse,
    similarity: Vec<f64>,
}

/// What this step has shown.
pub(crate) struct Now {
    pub step: usize,
    /// What a candidate adds, and what none of those brought up to date exceeds.
    pub reached: f64,
    pub highest: f64,
    /// How many to bring up to date next.
    pub batch: usize,
}

impl Now {
    fn new(step: usize) -> Self {
        Self {
            step,
            reached: f64::NEG_INFINITY,
            highest: f64::NEG_INFINITY,
            batch: BATCH,
        }
    }
}

impl<'a> Search<'a> {
    pub fn new(
        candidates: &'a Candidates<'a>,
        units: &'a Units<'a>,
        k: usize,
        workers: &'a Workers<'a>,
    ) -> Result<Self> {
        let n = candidates.len();
        let mut kept = Kept::default();
        candidates.rules.start(n, &mut kept)?;
        let medoids = candidates.terms.method == Method::KMedoids;
        let nothing = if medoids { -1.0 } else { 0.0 };
        let Start { bounds, ahead } = start(candidates, units, k, &kept, workers)?;
        let entry = |(row, bound)| Entry { bound, row };
        Ok(Self {
            candidates,
            units,
            workers,
            k,
            kept,
            room: filled(nothing, n)?,
            queue: gathered(bounds.into_iter().enumerate().map(entry))?.into(),
            stages: filled((0, Stage::Rough), n)?,
            near: None,
            ahead,
            chosen: room(k)?,
            now: Now::new(0),
            sparse: Sparse::default(),
            similarity: filled(0.0, n)?,
        })
    }

    /// The candidate that adds most, the lowest row of equals, and what it adds.
    pub fn best(&mut self, step: usize) -> Result<Option<Pick>> {
        let rules = &self.candidates.rules;
        if let Some(row) = rules.included(step) {
            return Ok(Some((row, self.exact(row)?)));
        }
        self.now = Now::new(step);
        let mut aside = Vec::new();
        let mut best = None;
        while let Some(top) = self.queue.pop() {
            if !self.kept.allowed[top.row] {
                continue;
            }
            if !rules.open(top.row, self.k - step, &self.kept) {
                aside.push(top);
                continue;
            }
            match (self.stage(top.row), &self.near) {
                (Stage::Exact, _) => {
                    best = Some((top.row, top.bound));
                    break;
                }
                (Stage::Stale, None) => self.refresh(top)?,
                (Stage::Stale, Some(_)) => {
                    let excess = self.listed_excess(top.row);
                    let bound = self.value(top.row, excess);
                    self.put(top.row, bound.min(top.bound), Stage::Rough);
                }
                (Stage::Rough, None) if self.now.reached > f64::NEG_INFINITY => {
                    self.compare(top)?;
                }
                _ => self.settle(top.row)?,
            }
        }
        self.queue.extend(aside);
        Ok(best)
    }

    /// Takes in that a candidate was chosen.
    pub fn take_in(&mut self, row: usize, step: usize) -> Result<()> {
        let rules = &self.candidates.rules;
        rules.choose(row, &mut self.kept);
        self.chosen.push(row);
        if self.near.is_some() && rules.max_similarity == f64::INFINITY {
            self.measure_listed(row)?;
            for (&other, &similarity) in self.sparse.rows.iter().zip(&self.sparse.similarity) {
                cover(&mut self.room[other as usize], similarity);
            }
        } else {
            let similarities = self.similarities();
            similarities.of_row(self.candidates, row, &mut self.similarity, self.workers)?;
            for (room, &similarity) in self.room.iter_mut().zip(&self.similarity) {
                cover(room, similarity);
            }
            rules.close_similar(&self.similarity, &mut self.kept.allowed);
        }
        if self.near.is_none() && step + 1 < self.k {
            if let Some((rows, bounds)) = &self.ahead
                && *rows == self.chosen
            {
                let bounds = copied(bounds)?;
                self.replace(step + 1, &bounds);
            }
            let most = MOST_LISTED.min(self.room.len() * self.room.len() / PART);
            self.near = list(self.units, &self.room, most, self.workers)?;
        }
        Ok(())
    }

    pub fn similarities(&self) -> Similarities<'a> {
        Similarities {
            inverse_norm: self.units.inverse_norm,
            held: &[],
        }
    }

    pub(crate) fn stage(&self, row: usize) -> Stage {
        let (step, stage) = self.stages[row];
        if step as usize == self.now.step {
            stage
        } else {
            Stage::Stale
        }
    }

    pub(crate) fn put(&mut self, row: usize, bound: f64, stage: Stage) {
        self.stages[row] = (self.now.step as u32, stage);
        self.now.highest = self.now.highest.max(bound);
        self.queue.push(Entry { bound, row });
    }

    pub(crate) fn value(&self, row: usize, excess: f64) -> f64 {
        let terms = &self.candidates.terms;
        terms.bonus_of(row) + terms.weight * excess
    }

    /// What a candidate adds, exactly.
    fn exact(&mut self, row: usize) -> Result<f64> {
        let excess = if self.near.is_some() {
            self.measure_listed(row)?;
            self.sparse.excess(&self.room)
        } else {
            let similarities = self.similarities();
            similarities.of_row(self.candidates, row, &mut self.similarity, self.workers)?;
            excess(&self.similarity, &self.room)
        };
        Ok(self.value(row, excess))
    }

    /// Computes what a candidate adds.
    fn settle(&mut self, row: usize) -> Result<()> {
        let gain = self.exact(row)?;
        self.now.reached = self.now.reached.max(gain);
        self.put(row, gain, Stage::Exact);
        Ok(())
    }

    /// What a candidate adds, from its list, but no less than it is.
    fn listed_excess(&mut self, row: usize) -> f64 {
        let Self { near, room, .. } = self;
        let mut sum = 0.0;
        if let Some(near) = near {
            near.visit(row, true, |row, similarity| {
                let excess = similarity - room[row];
                if excess > 0.0 {
                    sum += excess;
                }
                excess > 0.0
            });
        }
        sum
    }

    /// Measures the similarities of a candidate with the rows of its list that it can still be near to.
    fn measure_listed(&mut self, row: usize) -> Result<()> {
        let Self {
            near, room, sparse, ..
        } = self;
        sparse.rows.clear();
        if let Some(near) = near {
            near.visit(row, false, |row, similarity| {
                if similarity > room[row] {
                    sparse.rows.push(row as u32);
                }
                true
            });
        }
        sparse.measure(self.units, row)
    }
}

/// Takes in the similarity of a row with a chosen one.
#[inline(always)]
fn cover(room: &mut f64, similarity: f64) {
    if similarity > *room {
        *room = similarity;
    }
}

/// The sum of what the similarities exceed the room by.
fn excess(similarity: &[f64], room: &[f64]) -> f64 {
    let blocks = similarity.chunks(BLOCK).zip(room.chunks(BLOCK));
    blocks.fold(0.0, |sum, (similarity, room)| {
        sum + sum_in_lanes(similarity, room, |similarity, room| {
            let excess = similarity - room;
            if excess > 0.0 { excess } else { 0.0 }
        })
    })
}
