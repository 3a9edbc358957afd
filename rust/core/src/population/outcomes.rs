//! Between annotators and distinct outcomes: what the judgements of an outcome weigh together in each class.

use std::ops::Range;

use crate::blocks::{Blocks, Tree, add_all, ranges_of_blocks};
use crate::error::{Error, Result, ensure};
use crate::keyed_sums::{ByKey, blocks_together, cut, edges_of, parts};
use crate::matrix::{Matrix, check_finite, check_offsets, group, runs_of_groups, split_rows};
use crate::memory::{filled, product, zeroed};
use crate::parallel::Workers;

/// Judgements that a thread takes at a time.
pub(super) const JUDGEMENTS_PER_TASK: usize = 8192;

/// Pieces of a long block that are taken together, at least.
const FEWEST_TASKS: usize = 64;

/// Outcomes of the largest table of which a task has its own.
const SMALL_TABLE: usize = 16_384;

/// Σ_s w_s γ_h(s)z over the judgements s of each outcome, `(n_outcomes, n_classes)`.
///
/// Annotator `h` made the judgements `offsets[h]..offsets[h + 1]`; judgement `s` has the outcome `outcome[s]`, or without
/// `outcome` one of its own. Blocks of annotators end at `block_ends`, see `blocks.rs`; by default all are one.
///
/// # Errors
/// Refuses arrays that do not belong together, and what is not finite.
pub fn outcome_weights(
    responsibilities: Matrix<'_, f64>,
    outcome: Option<&[i32]>,
    weight: Option<&[f64]>,
    offsets: &[i64],
    n_outcomes: usize,
    block_ends: Option<&[i64]>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let n_judgements = outcome.map_or(n_outcomes, <[i32]>::len);
    let n_annotators = check_offsets("annotator_offsets", offsets, n_judgements)?;
    let (n_rows, n_classes) = (responsibilities.n_rows(), responsibilities.n_columns());
    ensure(n_rows == n_annotators && n_classes > 0, || {
        format!(
            "responsibilities must have {n_annotators} rows and a column a class, not shape ({n_rows}, {n_classes})"
        )
    })?;
    check_judgements(outcome, weight, n_judgements, n_outcomes)?;
    check_finite("responsibilities", responsibilities, workers)?;
    if let Some(weight) = weight {
        check_finite("weight", Matrix::new(weight, n_judgements, 1)?, workers)?;
    }
    let judged = Judged {
        responsibilities,
        weight,
        offsets,
        block_ends,
    };
    match outcome {
        Some(outcome) => judged.sum(outcome, n_outcomes, workers),
        None => judged.spread(workers),
    }
}

/// Checks the outcomes and the weights of judgements.
pub(super) fn check_judgements(
    outcome: Option<&[i32]>,
    weight: Option<&[f64]>,
    n_judgements: usize,
    n_outcomes: usize,
) -> Result<()> {
    let n_weights = weight.map_or(n_judgements, <[f64]>::len);
    ensure(n_weights == n_judgements, || {
        format!("weight has {n_weights} values for {n_judgements} judgements")
    })?;
    let outcomes = outcome.unwrap_or_default();
    let wrong = |outcome: i32| outcome < 0 || i64::from(outcome) >= n_outcomes as i64;
    // Without a branch inside it the search is several times as fast.
    let any = |outcomes: &[i32]| outcomes.iter().fold(false, |any, &at| any | wrong(at));
    if !outcomes.chunks(4096).any(any) {
        return Ok(());
    }
    match outcomes.iter().position(|&outcome| wrong(outcome)) {
        Some(at) => Err(Error::Shape(format!(
            "outcome must be below the {n_outcomes} outcomes and not negative: outcome[{at}]={}",
            outcomes[at]
        ))),
        None => Ok(()),
    }
}

struct Judged<'a> {
    responsibilities: Matrix<'a, f64>,
    weight: Option<&'a [f64]>,
    offsets: &'a [i64],
    block_ends: Option<&'a [i64]>,
}

impl Judged<'_> {
    /// Calls `take` with every judgement of some annotators, its weight and their shares.
    #[inline(always)]
    fn each(&self, annotators: Range<usize>, mut take: impl FnMut(usize, f64, &[f64])) {
        for annotator in annotators {
            let shares = self.responsibilities.row(annotator);
            for judgement in group(self.offsets, annotator) {
                take(
                    judgement,
                    self.weight.map_or(1.0, |weight| weight[judgement]),
                    shares,
                );
            }
        }
    }

    /// The weights of judgements each of which is an outcome.
    fn spread(&self, workers: &Workers<'_>) -> Result<Vec<f64>> {
        let n_classes = self.responsibilities.n_columns();
        let n_judgements = self.offsets[self.offsets.len() - 1] as usize;
        let mut out = filled(0.0, product([n_judgements, n_classes])?)?;
        let runs = runs_of_groups(self.offsets, JUDGEMENTS_PER_TASK);
        let first = |annotator: usize| self.offsets[annotator] as usize;
        let judgements: Vec<_> = runs
            .iter()
            .map(|run| first(run.start)..first(run.end))
            .collect();
        let pieces = split_rows(&mut out, n_classes, &judgements);
        workers.run(runs.into_iter().zip(pieces), |(run, out)| {
            self.write(run, out);
            Ok(())
        })?;
        Ok(out)
    }

    /// Writes what each judgement of some annotators weighs in each class.
    fn write(&self, annotators: Range<usize>, out: &mut [f64]) {
        let mut rows = out.chunks_exact_mut(self.responsibilities.n_columns());
        self.each(annotators, |_, weight, shares| {
            for (out, share) in rows.next().unwrap_or_default().iter_mut().zip(shares) {
                *out = weight * share;
            }
        });
    }

    /// The sums over the judgements of each outcome.
    fn sum(&self, outcome: &[i32], n_outcomes: usize, workers: &Workers<'_>) -> Result<Vec<f64>> {
        let size = product([n_outcomes, self.responsibilities.n_columns()])?;
        let sum = if n_outcomes > SMALL_TABLE {
            self.sum_by_key(outcome, n_outcomes, size, workers)?
        } else {
            self.sum_by_table(outcome, n_outcomes, size, workers)?
        };
        sum.map_or_else(|| filled(0.0, size), Ok)
    }

    /// With a table for every piece.
    fn sum_by_table(
        &self,
        outcome: &[i32],
        n_outcomes: usize,
        size: usize,
        workers: &Workers<'_>,
    ) -> Result<Option<Vec<f64>>> {
        let n_classes = self.responsibilities.n_columns();
        let length = JUDGEMENTS_PER_TASK.max(n_outcomes.saturating_mul(2));
        let blocks = self.pieces(length)?;
        let work = |annotators| {
            let mut own = filled(0.0, size)?;
            self.each(annotators, |judgement, weight, shares| {
                let row = outcome[judgement] as usize * n_classes;
                for (out, share) in own[row..row + n_classes].iter_mut().zip(shares) {
                    *out += weight * share;
                }
            });
            Ok(own)
        };
        let tasks = blocks.pieces().iter().cloned();
        workers.reduce(&blocks, tasks, work, |sums, terms| add_all(sums, &terms))
    }

    /// With the judgements of each outcome, of some blocks at a time.
    fn sum_by_key(
        &self,
        outcome: &[i32],
        n_outcomes: usize,
        size: usize,
        workers: &Workers<'_>,
    ) -> Result<Option<Vec<f64>>> {
        let width = self.responsibilities.n_columns();
        let first = |annotator: usize| self.offsets[annotator] as usize;
        let blocks: Vec<_> = ranges_of_blocks(self.block_ends, self.offsets.len() - 1)?
            .into_iter()
            .map(|annotators| first(annotators.start)..first(annotators.end))
            .collect();
        let pieces = self.pieces(JUDGEMENTS_PER_TASK)?;
        let mut pieces = pieces.pieces();
        let at_once = FEWEST_TASKS.max(2 * n_outcomes / JUDGEMENTS_PER_TASK);
        let mut add = |sums: &mut Vec<f64>, terms: Vec<f64>| add_all(sums, &terms);
        let mut sums = Tree::new();
        for together in blocks.chunks(blocks_together(&blocks, n_outcomes)) {
            let end = together[together.len() - 1].end;
            let n = pieces.partition_point(|piece| first(piece.end) <= end);
            let (of_blocks, others) = pieces.split_at(n);
            pieces = others;
            let mut table = filled(0.0, size)?;
            for pieces in parts(of_blocks, together.len(), at_once) {
                let judgements = first(pieces[0].start)..first(pieces[pieces.len() - 1].end);
                let mut values = zeroed(product([judgements.len(), width])?)?;
                let mut rest = values.as_mut_slice();
                let of_piece = |piece: &Range<usize>| first(piece.end) - first(piece.start);
                let tasks: Vec<_> = pieces
                    .iter()
                    .map(|piece| (piece.clone(), cut(&mut rest, of_piece(piece) * width)))
                    .collect();
                workers.run(tasks, |(annotators, out)| {
                    self.write(annotators, out);
                    Ok(())
                })?;
                let (of_part, all) = (&outcome[judgements.clone()], [judgements]);
                // Of one block there may be a part, whose edges are its own.
                let together = if together.len() == 1 { &all } else { together };
                let by_key = ByKey::new(of_part, n_outcomes, &edges_of(together))?;
                by_key.sum(&values, width, &mut table, workers)?;
            }
            sums.push(Some(table), &mut add);
        }
        Ok(sums.finish(&mut add))
    }

    fn pieces(&self, length: usize) -> Result<Blocks> {
        let n_annotators = self.offsets.len() - 1;
        Blocks::of_groups(self.block_ends, n_annotators, |at| self.offsets[at], length)
    }
}
