//! The state of single candidates, computed anew from all that were chosen: to the bit what updating it step by step gives.

use crate::dot::dots;
use crate::error::Result;
use crate::memory::Growing;
use crate::selection::candidates::Candidates;
use crate::selection::greedy::state::{Chosen, initial, update};
use crate::selection::method::Method;

/// Those chosen so far, as a candidate's state depends on them.
pub(crate) struct History {
    rows: Vec<f32>,
    inverse_norms: Vec<f64>,
    bonuses: Vec<f64>,
    /// Their own states when they were chosen.
    states: Vec<f64>,
    /// Under dpp the rows of the Cholesky factor, the one of step `t` with `t` values.
    columns: Vec<f64>,
    similarity: Vec<f64>,
    /// The row of the factor of the candidate that was computed last.
    pub column: Vec<f64>,
}

impl History {
    pub(crate) fn new() -> Self {
        Self {
            rows: Vec::new(),
            inverse_norms: Vec::new(),
            bonuses: Vec::new(),
            states: Vec::new(),
            columns: Vec::new(),
            similarity: Vec::new(),
            column: Vec::new(),
        }
    }

    /// Takes in a choice; its state has just been computed.
    pub(crate) fn push(
        &mut self,
        candidates: &Candidates<'_>,
        inverse_norm: f64,
        row: usize,
        state: f64,
    ) -> Result<()> {
        self.rows.extended(candidates.row(row))?;
        self.inverse_norms.push(inverse_norm);
        self.bonuses.push(candidates.terms.bonus_of(row));
        self.states.push(state);
        self.columns.extended(&self.column)?;
        Ok(())
    }

    /// The state of a candidate.
    pub(crate) fn state(
        &mut self,
        candidates: &Candidates<'_>,
        inverse_norm: f64,
        row: usize,
    ) -> Result<f64> {
        let n = self.bonuses.len();
        self.similarity.resized(n, 0.0)?;
        dots(candidates.row(row), &self.rows, &mut self.similarity);
        self.column.clear();
        let mut state = [initial(candidates.terms.method)];
        let mut first = 0;
        for step in 0..n {
            let mut similarity =
                [self.similarity[step] * (self.inverse_norms[step] * inverse_norm)];
            let column = if candidates.terms.method == Method::Dpp {
                first += step;
                &self.columns[first - step..first]
            } else {
                &[]
            };
            let chosen = Chosen {
                bonus: self.bonuses[step],
                state: self.states[step],
                column,
                step,
            };
            let earlier = self.column.chunks_exact(1);
            update(
                &candidates.terms,
                &chosen,
                earlier,
                &mut similarity,
                &mut state,
            );
            if candidates.terms.method == Method::Dpp {
                self.column.push(similarity[0]);
            }
        }
        Ok(state[0])
    }
}
