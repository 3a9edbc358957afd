//! Between annotators and distinct outcomes: what the judgements of an outcome weigh together in each class.

use std::ops::Range;

use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_finite, check_offsets, group, runs_of_groups, split_rows};
use crate::memory::{filled, product};
use crate::parallel::Workers;

/// Judgements that a thread takes at a time.
pub(super) const JUDGEMENTS_PER_TASK: usize = 8192;

/// Outcomes of the largest table of which a task has its own.
const SMALL_TABLE: usize = 16_384;

/// Σ_s w_s γ_h(s)z over the judgements s of each outcome, `(n_outcomes, n_classes)`.
///
/// Annotator `h` made the judgements `offsets[h]..offsets[h + 1]`; judgement `s` has the outcome `outcome[s]`, or without
/// `outcome` one of its own.
///
/// # Errors
/// Refuses arrays that do not belong together, and what is not finite.
pub fn outcome_weights(
    responsibilities: Matrix<'_, f64>,
    outcome: Option<&[i32]>,
    weight: Option<&[f64]>,
    offsets: &[i64],
    n_outcomes: usize,
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
            let mut rows = out.chunks_exact_mut(n_classes);
            self.each(run, |_, weight, shares| {
                for (out, share) in rows.next().unwrap_or_default().iter_mut().zip(shares) {
                    *out = weight * share;
                }
            });
            Ok(())
        })?;
        Ok(out)
    }

    /// The sums over the judgements of each outcome, in their order or, over few outcomes, in that of the tasks.
    fn sum(&self, outcome: &[i32], n_outcomes: usize, workers: &Workers<'_>) -> Result<Vec<f64>> {
        let n_classes = self.responsibilities.n_columns();
        let mut out = filled(0.0, product([n_outcomes, n_classes])?)?;
        let add = |out: &mut [f64], annotators: Range<usize>| {
            self.each(annotators, |judgement, weight, shares| {
                let row = outcome[judgement] as usize * n_classes;
                for (out, share) in out[row..row + n_classes].iter_mut().zip(shares) {
                    *out += weight * share;
                }
            });
        };
        if n_outcomes > SMALL_TABLE {
            add(&mut out, 0..self.offsets.len() - 1);
            return Ok(out);
        }
        let length = JUDGEMENTS_PER_TASK.max(n_outcomes.saturating_mul(2));
        let work = |annotators| {
            let mut own = filled(0.0, product([n_outcomes, n_classes])?)?;
            add(&mut own, annotators);
            Ok(own)
        };
        workers.fold(runs_of_groups(self.offsets, length), work, |own| {
            for (out, own) in out.iter_mut().zip(&own) {
                *out += own;
            }
        })?;
        Ok(out)
    }
}
