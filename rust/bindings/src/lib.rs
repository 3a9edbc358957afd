//! `prefmath._native`: takes arrays, releases the GIL, calls prefmath-core, hands arrays back. No mathematics here.

// A Python function owns its arguments.
#![allow(clippy::needless_pass_by_value)]

mod arrays;
mod observation;
mod pairs;
mod pools;
mod population;
mod run;
mod selection;
mod similarity;
mod utility;
mod wins;

use pyo3::prelude::*;

/// The compiled kernels of prefmath; `prefmath._numba` has the same functions.
#[pymodule]
mod _native {
    use pyo3::prelude::*;

    #[pymodule_export]
    use crate::observation::{
        count_pairs, curvature_product, log_likelihood, residuals, table_curvature, table_gradient,
    };
    #[pymodule_export]
    use crate::pools::{closest_pairs, covariance, coverage, gram_batch, mean_cosine};
    #[pymodule_export]
    use crate::population::{
        cross_product, linear_posterior, linear_statistics, newton_direction, outcome_weights,
        posterior_by_annotator,
    };
    #[pymodule_export]
    use crate::selection::{exact_batch, greedy, greedy_batch, refine_batch, sample_projections};
    #[pymodule_export]
    use crate::similarity::{
        groups_above, nearest_neighbors, pairs_above, similarity_matrix, top_pairs,
    };

    #[pymodule_export]
    use crate::utility::{linear_pull_back, linear_scores, linear_spread, linear_utility};
    #[pymodule_export]
    use crate::wins::{win_derivatives, win_product, wins_by_winner};

    #[pymodule_export]
    use super::instruction_set;

    #[pymodule_init]
    fn init(module: &Bound<'_, PyModule>) -> PyResult<()> {
        module.add("__version__", env!("CARGO_PKG_VERSION"))
    }
}

/// Name of the instruction set chosen at run time.
#[pyfunction]
fn instruction_set() -> &'static str {
    prefmath_core::simd::instruction_set().name()
}
