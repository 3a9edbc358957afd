//! The kernels over any observation: log-likelihood, gradient and diagonal curvature, product with the curvature.

use std::ops::Range;

use super::described::{Observation, with_kind};
use super::kind::{Block, Kind, Values};
use super::sums::{Cursor, ENTRIES_PER_TASK, Summand, sum_over_outcomes};
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_finite, split_rows};
use crate::memory::{filled, product};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Gradient and diagonal curvature on the utility table, each row-major `(n_rows, n_classes)`.
pub type TableGradient = (Vec<f64>, Vec<f64>);

/// Log-likelihood of each outcome under each class, `(n_outcomes, n_classes)`.
///
/// # Errors
/// Refuses a table that is not the one the observation is over, or not finite, and outcomes that are none.
pub fn log_likelihood(
    utility: Matrix<'_, f64>,
    observation: &Observation<'_>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    observation.check_table("utility", utility, workers)?;
    with_kind!(observation, kind => {
        let n_classes = utility.n_columns();
        let mut out = filled(0.0, product([kind.entries().n_outcomes(), n_classes])?)?;
        let runs = kind.entries().runs(ENTRIES_PER_TASK)?;
        let pieces = split_rows(&mut out, n_classes, &runs);
        workers.run(runs.iter().cloned().zip(pieces), |(run, out)| {
            vectorize(LogLikelihood { kind, utility, run, out })
        })?;
        Ok(out)
    })
}

struct LogLikelihood<'a, K> {
    kind: &'a K,
    utility: Matrix<'a, f64>,
    run: Range<usize>,
    out: &'a mut [f64],
}

impl<K: Kind> Vectorized for LogLikelihood<'_, K> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let mut rest = self.out;
        let mut cursor = Cursor::new(self.kind, self.utility, self.run)?;
        while let Some(block) = cursor.next()? {
            let n = block.outcomes.len() * block.n_classes;
            let (out, others) = std::mem::take(&mut rest).split_at_mut(n);
            rest = others;
            self.kind.log_likelihood::<T>(block, out);
        }
        Ok(())
    }
}

/// Gradient of Σ weights · log-likelihood on the table, and the diagonal of the negative second derivative.
///
/// The diagonal is that of each entry: what two entries of one outcome in the same row do to each other is left out.
///
/// # Errors
/// Refuses weights of another shape, and what is not finite.
pub fn table_gradient(
    utility: Matrix<'_, f64>,
    observation: &Observation<'_>,
    weights: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<TableGradient> {
    observation.check_table("utility", utility, workers)?;
    observation.check_weights(weights, utility)?;
    let [gradient, curvature] = with_kind!(observation, kind => {
        sum_over_outcomes(&Derivatives { kind, weights }, utility, observation.block_ends, workers)?
    });
    check_sums(&gradient, weights, workers)?;
    Ok((gradient, curvature))
}

/// The negative Hessian of Σ weights · log-likelihood on the table, times `direction`.
///
/// # Errors
/// Refuses weights or a direction of another shape, and what is not finite.
pub fn curvature_product(
    utility: Matrix<'_, f64>,
    observation: &Observation<'_>,
    weights: Matrix<'_, f64>,
    direction: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    observation.check_table("utility", utility, workers)?;
    observation.check_weights(weights, utility)?;
    ensure(
        direction.n_rows() == utility.n_rows() && direction.n_columns() == utility.n_columns(),
        || {
            format!(
                "direction must have the shape of utility, ({}, {}), not ({}, {})",
                utility.n_rows(),
                utility.n_columns(),
                direction.n_rows(),
                direction.n_columns()
            )
        },
    )?;
    check_finite("direction", direction, workers)?;
    let [product] = with_kind!(observation, kind => {
        sum_over_outcomes(&Product { kind, weights, direction }, utility, observation.block_ends, workers)?
    });
    check_sums(&product, weights, workers)?;
    Ok(product)
}

/// Weights are looked at only where a sum has gone wrong: there are as many as there are outcomes.
pub(super) fn check_sums(
    sums: &[f64],
    weights: Matrix<'_, f64>,
    workers: &Workers<'_>,
) -> Result<()> {
    if sums.iter().all(|value| value.is_finite()) {
        Ok(())
    } else {
        check_finite("weights", weights, workers)
    }
}

struct Derivatives<'a, K> {
    kind: &'a K,
    weights: Matrix<'a, f64>,
}

impl<K: Kind> Summand<2> for Derivatives<'_, K> {
    type Kind = K;

    #[inline(always)]
    fn kind(&self) -> &K {
        self.kind
    }

    #[inline(always)]
    fn fill<T: Target>(&self, block: Block<'_>, [first, second]: [Values<'_>; 2]) -> Result<()> {
        let weights = self.weights.rows(block.outcomes.clone());
        self.kind
            .derivatives::<T>(block, Some(weights), first, second);
        Ok(())
    }
}

struct Product<'a, K> {
    kind: &'a K,
    weights: Matrix<'a, f64>,
    direction: Matrix<'a, f64>,
}

impl<K: Kind> Summand<1> for Product<'_, K> {
    type Kind = K;

    #[inline(always)]
    fn kind(&self) -> &K {
        self.kind
    }

    #[inline(always)]
    fn fill<T: Target>(&self, block: Block<'_>, [out]: [Values<'_>; 1]) -> Result<()> {
        let weights = self.weights.rows(block.outcomes.clone());
        let entries = self.kind.entries();
        let mut gathered = Vec::new();
        entries.gather(self.direction, &entries.of(&block.outcomes), &mut gathered)?;
        let mut tie = self
            .kind
            .tie_row()
            .map_or(Vec::new(), |row| self.direction.row(row).to_vec());
        let direction = Values {
            entries: &mut gathered,
            tie: &mut tie,
        };
        self.kind.product::<T>(block, weights, direction, out);
        Ok(())
    }
}
