//! E-step and gradient for utilities linear in features, annotator by annotator, in one pass over the features.
//!
//! By Fisher's identity the gradient of the marginal log-likelihood is that of the complete data, weighted by the
//! responsibilities. An annotator's rows give utilities, those the posterior, and that the residuals, while the rows are
//! still in the cache to be summed by them: a step of a quasi-Newton method reads the features once.

use std::ops::Range;

use super::linear_judgements::LinearJudgements;
use super::linear_pass::{Scratch, probabilities_and_evidence, residuals};
use super::linear_sums::add_residuals;
use super::posterior::normalize;
use crate::blocks::{Blocks, add_all};
use crate::error::{Result, ensure};
use crate::matrix::{Element, Matrix, check_offsets, group, split_rows};
use crate::memory::{filled, product, room};
use crate::outer_products::SIDE;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};
use crate::utility::{panels_of, rows_ahead};

/// Values of features that a thread takes at a time.
const VALUES_PER_TASK: usize = 1 << 18;

/// Responsibilities `(n_annotators, n_classes)`, the log-likelihood of each annotator's judgements, and the gradient of
/// their sum in the coefficients, `(n_classes, d)`.
pub type LinearPosterior = (Vec<f64>, Vec<f64>, Vec<f64>);

/// γ_hz ∝ π_z Π_s P(s | z)^w_s with utilities `features · coefᵀ`, log Σ_z π_z Π_s P(s | z)^w_s, and Σ_h count_h of its
/// gradient.
///
/// `coef` is `(n_classes, d)`; `log_prior` has a value a class, minus infinity rules a class out, but not every class.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn linear_posterior<E: Element>(
    judged: &LinearJudgements<'_, E>,
    coef: Matrix<'_, f64>,
    log_prior: &[f64],
    workers: &Workers<'_>,
) -> Result<LinearPosterior> {
    let n_annotators = judged.check(coef, log_prior)?;
    let (n_classes, d) = (coef.n_rows(), coef.n_columns());
    let n_panels = d.div_ceil(SIDE);
    let panels = panels_of(coef)?;
    let mut responsibilities = filled(0.0, product([n_annotators, n_classes])?)?;
    let mut evidence = filled(0.0, n_annotators)?;
    let blocks = judged.blocks()?;
    let runs = blocks.pieces();
    let outputs = split_rows(&mut responsibilities, n_classes, runs)
        .into_iter()
        .zip(split_rows(&mut evidence, 1, runs));
    let work = |(run, (responsibilities, evidence)): (Range<usize>, (_, _))| {
        let mut gradient = filled([0.0; SIDE], panels.len())?;
        vectorize(Pass {
            judged,
            coef: &panels,
            log_prior,
            run,
            responsibilities,
            evidence,
            gradient: &mut gradient,
        })?;
        Ok(gradient)
    };
    let tasks = runs.iter().cloned().zip(outputs);
    let total = workers.reduce(&blocks, tasks, work, |sums, terms| {
        add_all(sums.as_flattened_mut(), terms.as_flattened());
    })?;
    let Some(total) = total else {
        let none = filled(0.0, n_classes * d)?;
        return Ok((responsibilities, evidence, none));
    };
    let mut gradient = room(n_classes * d)?;
    for panels in total.chunks_exact(n_panels) {
        gradient.extend_from_slice(&panels.as_flattened()[..d]);
    }
    Ok((responsibilities, evidence, gradient))
}

impl<E: Element> LinearJudgements<'_, E> {
    /// The number of annotators, if everything fits together.
    fn check(&self, coef: Matrix<'_, f64>, log_prior: &[f64]) -> Result<usize> {
        let (n, d) = (self.sets.len(), self.features.n_columns());
        self.sets.check_chosen(self.chosen)?;
        self.sets.check_features(self.features)?;
        ensure(coef.n_columns() == d && coef.n_rows() > 0, || {
            let (n_rows, n_columns) = (coef.n_rows(), coef.n_columns());
            format!("coef must have shape (n_classes, {d}), not ({n_rows}, {n_columns})")
        })?;
        ensure(log_prior.len() == coef.n_rows(), || {
            let (given, n_classes) = (log_prior.len(), coef.n_rows());
            format!("log_prior has {given} values for {n_classes} classes")
        })?;
        for (name, given) in [
            ("tied", self.tied.map(<[bool]>::len)),
            ("weight", self.weight.map(<[f64]>::len)),
        ] {
            ensure(given.is_none_or(|given| given == n), || {
                format!(
                    "{name} has {} values for {n} choice sets",
                    given.unwrap_or(0)
                )
            })?;
        }
        let n_annotators = check_offsets("annotator_offsets", self.annotator_offsets, n)?;
        let n_counts = self.counts.map_or(n_annotators, <[f64]>::len);
        ensure(n_counts == n_annotators, || {
            format!("counts has {n_counts} values for {n_annotators} annotators")
        })?;
        Ok(n_annotators)
    }

    /// The work of a thread at a time: runs of consecutive annotators.
    fn blocks(&self) -> Result<Blocks> {
        let entries = VALUES_PER_TASK.div_ceil(self.features.n_columns());
        let offsets = self.annotator_offsets;
        let before = |annotator: usize| self.sets.first_entry(offsets[annotator] as usize);
        Blocks::of_groups(self.block_ends, offsets.len() - 1, before, entries)
    }
}

struct Pass<'a, E> {
    judged: &'a LinearJudgements<'a, E>,
    coef: &'a [[f64; SIDE]],
    log_prior: &'a [f64],
    run: Range<usize>,
    responsibilities: &'a mut [f64],
    evidence: &'a mut [f64],
    gradient: &'a mut [[f64; SIDE]],
}

impl<E: Element> Vectorized for Pass<'_, E> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let n_classes = self.log_prior.len();
        let judged = self.judged;
        let offsets = judged.annotator_offsets;
        let sets = offsets[self.run.start] as usize..offsets[self.run.end] as usize;
        judged
            .sets
            .check_choices(judged.chosen, judged.tied, &sets)?;
        let n_ahead = rows_ahead::<E>(judged.features.n_columns());
        let mut left = judged.sets.items_of(&sets);
        let mut scratch = Scratch::default();
        let rows = self.responsibilities.chunks_exact_mut(n_classes);
        for ((annotator, joint), evidence) in self.run.zip(rows).zip(self.evidence) {
            let sets = group(offsets, annotator);
            left = &left[judged.sets.items_of(&sets).len()..];
            joint.copy_from_slice(self.log_prior);
            probabilities_and_evidence::<T, E>(
                judged,
                self.coef,
                &sets,
                &left[..left.len().min(n_ahead)],
                &mut scratch,
                joint,
            )?;
            *evidence = normalize(joint);
            let count = judged.counts.map_or(1.0, |counts| counts[annotator]);
            residuals(judged, &sets, joint, count, &mut scratch);
            add_residuals::<T, E>(judged, &sets, joint, &scratch.shares, self.gradient);
        }
        Ok(())
    }
}
