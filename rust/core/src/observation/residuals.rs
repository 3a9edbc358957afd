//! How the log-likelihood of each outcome changes with the utilities of its own entries: what scores are made of.

use std::ops::Range;

use super::described::{Observation, with_kind};
use super::kind::{Kind, Values};
use super::sums::{Cursor, ENTRIES_PER_TASK};
use crate::error::Result;
use crate::matrix::{Matrix, split_rows};
use crate::memory::{Growing, filled, product};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// ∂ log P(outcome) in the utilities of its entries, `(n_entries, n_classes)`, and in the parameter of ties,
/// `(n_outcomes, n_classes)`, if there is one.
pub type Residuals = (Vec<f64>, Option<Vec<f64>>);

/// The derivatives of each outcome's log-likelihood, without weights.
///
/// # Errors
/// Refuses a table that is not the one the observation is over, or not finite, and outcomes that are none.
pub fn residuals(
    utility: Matrix<'_, f64>,
    observation: &Observation<'_>,
    workers: &Workers<'_>,
) -> Result<Residuals> {
    observation.check_table("utility", utility, workers)?;
    with_kind!(observation, kind => of_kind(kind, utility, workers))
}

fn of_kind<K: Kind>(
    kind: &K,
    utility: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Residuals> {
    let n_classes = utility.n_columns();
    let entries = kind.entries();
    let n_outcomes = entries.n_outcomes();
    let has_ties = kind.tie_row().is_some();
    let n_ties = if has_ties { n_outcomes } else { 0 };
    let runs = entries.runs(ENTRIES_PER_TASK)?;
    let mut values = filled(
        0.0,
        product([entries.of(&(0..n_outcomes)).len(), n_classes])?,
    )?;
    let mut ties = filled(0.0, product([n_ties, n_classes])?)?;
    let of_entries: Vec<_> = runs.iter().map(|run| entries.of(run)).collect();
    let of_ties: Vec<_> = runs
        .iter()
        .map(|run| if has_ties { run.clone() } else { 0..0 })
        .collect();
    let pieces = split_rows(&mut values, n_classes, &of_entries)
        .into_iter()
        .zip(split_rows(&mut ties, n_classes, &of_ties));
    workers.run(runs.into_iter().zip(pieces), |(run, (values, ties))| {
        vectorize(OfRun {
            kind,
            utility,
            run,
            values,
            ties,
        })
    })?;
    Ok((values, has_ties.then_some(ties)))
}

struct OfRun<'a, K> {
    kind: &'a K,
    utility: Matrix<'a, f64>,
    run: Range<usize>,
    values: &'a mut [f64],
    ties: &'a mut [f64],
}

impl<K: Kind> Vectorized for OfRun<'_, K> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let (mut values, mut ties) = (self.values, self.ties);
        let mut unused = [Vec::new(), Vec::new()];
        let mut cursor = Cursor::new(self.kind, self.utility, self.run)?;
        while let Some(block) = cursor.next()? {
            let n_values = block.utility.len();
            let n_ties = if ties.is_empty() {
                0
            } else {
                block.outcomes.len() * block.n_classes
            };
            let (entries, rest) = std::mem::take(&mut values).split_at_mut(n_values);
            values = rest;
            let (tie, rest) = std::mem::take(&mut ties).split_at_mut(n_ties);
            ties = rest;
            unused[0].resized(n_values, 0.0)?;
            unused[1].resized(n_ties, 0.0)?;
            let [second, second_tie] = &mut unused;
            let second = Values {
                entries: second,
                tie: second_tie,
            };
            self.kind
                .derivatives::<T>(block, None, Values { entries, tie }, second);
        }
        Ok(())
    }
}
