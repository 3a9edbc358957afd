//! E-step: how probable each class is for each annotator, from all that the annotator judged.

use super::outcomes::{JUDGEMENTS_PER_TASK, check_judgements};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group, runs_of_groups, split_rows};
use crate::memory::{filled, product};
use crate::parallel::Workers;

/// Responsibilities `(n_annotators, n_classes)`, and the log-likelihood of each annotator's judgements.
pub type Posterior = (Vec<f64>, Vec<f64>);

/// γ_hz ∝ π_z Π_s P(s | z)^w_s over the judgements s of annotator h, and log Σ_z π_z Π_s P(s | z)^w_s.
///
/// `log_likelihood` is `(n_outcomes, n_classes)`; judgement `s` has the outcome `outcome[s]`, or without `outcome` row `s`.
/// Annotator `h` made the judgements `offsets[h]..offsets[h + 1]`. `log_prior` has one row for all annotators or one for each; minus infinity rules a class
/// out, but not every class.
///
/// # Errors
/// Refuses arrays that do not belong together.
pub fn posterior_by_annotator(
    log_likelihood: Matrix<'_, f64>,
    outcome: Option<&[i32]>,
    weight: Option<&[f64]>,
    offsets: &[i64],
    log_prior: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Posterior> {
    let n_classes = log_likelihood.n_columns();
    let n_outcomes = log_likelihood.n_rows();
    let n_judgements = outcome.map_or(n_outcomes, <[i32]>::len);
    let n_annotators = check_offsets("annotator_offsets", offsets, n_judgements)?;
    let shared = log_prior.n_rows() == 1;
    ensure(n_classes > 0 && log_prior.n_columns() == n_classes, || {
        format!(
            "log_prior has {} classes and log_likelihood {n_classes}",
            log_prior.n_columns()
        )
    })?;
    ensure(shared || log_prior.n_rows() == n_annotators, || {
        format!(
            "log_prior must have 1 or {n_annotators} rows, not {}",
            log_prior.n_rows()
        )
    })?;
    check_judgements(outcome, weight, n_judgements, n_outcomes)?;
    let mut responsibilities = filled(0.0, product([n_annotators, n_classes])?)?;
    let mut evidence = filled(0.0, n_annotators)?;
    let runs = runs_of_groups(offsets, JUDGEMENTS_PER_TASK);
    let outputs = split_rows(&mut responsibilities, n_classes, &runs)
        .into_iter()
        .zip(split_rows(&mut evidence, 1, &runs));
    workers.run(
        runs.iter().cloned().zip(outputs),
        |(run, (responsibilities, evidence))| {
            let rows = responsibilities.chunks_exact_mut(n_classes).zip(evidence);
            for (annotator, (joint, evidence)) in run.zip(rows) {
                joint.copy_from_slice(log_prior.row(if shared { 0 } else { annotator }));
                for judgement in group(offsets, annotator) {
                    let weight = weight.map_or(1.0, |weight| weight[judgement]);
                    let row = outcome.map_or(judgement, |outcome| outcome[judgement] as usize);
                    for (joint, ll) in joint.iter_mut().zip(log_likelihood.row(row)) {
                        *joint += weight * ll;
                    }
                }
                *evidence = normalize(joint);
            }
            Ok(())
        },
    )?;
    Ok((responsibilities, evidence))
}

/// Turns log-weights into weights that sum to one, and returns the logarithm of their sum.
pub(super) fn normalize(joint: &mut [f64]) -> f64 {
    let peak = joint.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let mut sum = 0.0;
    for value in joint.iter_mut() {
        *value = (*value - peak).exp();
        sum += *value;
    }
    for value in joint.iter_mut() {
        *value /= sum;
    }
    peak + sum.ln()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn posterior_is_bayes_rule() {
        let ll = [0.5_f64, 0.1, 0.2, 0.4, 0.9, 0.3].map(f64::ln);
        let ll = Matrix::new(&ll, 3, 2).unwrap();
        let prior = [0.25_f64, 0.75].map(f64::ln);
        let prior = Matrix::new(&prior, 1, 2).unwrap();
        let (resp, evidence) = posterior_by_annotator(
            ll,
            None,
            Some(&[1.0, 2.0, 1.0]),
            &[0, 2, 2, 3],
            prior,
            &Workers::serial(),
        )
        .unwrap();
        let joint = [0.25 * 0.5 * 0.04, 0.75 * 0.1 * 0.16];
        let total = joint[0] + joint[1];
        assert!((resp[0] - joint[0] / total).abs() < 1e-14);
        assert!((evidence[0] - total.ln()).abs() < 1e-14);
        assert!(
            (resp[2] - 0.25).abs() < 1e-14 && evidence[1].abs() < 1e-14,
            "no judgement, no news"
        );
        assert!((resp[5] - 0.225 / 0.45).abs() < 1e-14);
    }

    #[test]
    fn a_class_ruled_out_stays_out_and_nothing_underflows() {
        let ll = [-1e5, -2e5];
        let prior = [f64::NEG_INFINITY, 0.0];
        let (resp, evidence) = posterior_by_annotator(
            Matrix::new(&ll, 1, 2).unwrap(),
            None,
            None,
            &[0, 1],
            Matrix::new(&prior, 1, 2).unwrap(),
            &Workers::serial(),
        )
        .unwrap();
        assert_eq!((resp, evidence), (vec![0.0, 1.0], vec![-2e5]));
    }
}
