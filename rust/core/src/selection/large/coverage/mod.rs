//! Objectives that sum over the whole of a large pool, as in `coverage` to the bit, without all similarities at every step.
//!
//! What a candidate adds only falls, so that earlier values are bounds (Minoux 1978, Accelerated greedy algorithms). The best
//! are brought up to date by products in a narrow type that never say too little, and the few that may be best of all are
//! computed exactly. Once so much is covered that the rows which a candidate can still gain from are few, these are listed,
//! and a candidate is brought up to date from its list.

mod code;
mod lister;
mod listing;
mod near;
mod queue;
mod refresh;
mod search;
mod sparse;
mod start;
pub(crate) mod swaps;
mod totals;
pub(crate) mod units;
mod wider;

use crate::error::Result;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::selection::candidates::{Candidates, Pick};
use crate::selection::greedy::k_medoids::improve;
use crate::selection::method::Method;
use crate::selection::similarities::MOST_HELD;
use search::Search;
use units::Units;

/// Rows are numbered in so many bits, to leave some for a similarity.
const MOST_ROWS: usize = 1 << 22;

/// Whether the search is worth it.
pub(crate) fn suits(candidates: &Candidates<'_>, k: usize) -> bool {
    let terms = &candidates.terms;
    candidates.given.is_none()
        && matches!(terms.method, Method::FacilityLocation | Method::KMedoids)
        && candidates.len() > MOST_HELD
        && candidates.len() < MOST_ROWS
        && k >= 2
        && terms.weight > 0.0
}

/// Chooses up to `k` candidates; fewer where the rules allow no more. Ties go to the lowest row.
pub(crate) fn greedy(
    candidates: &Candidates<'_>,
    k: usize,
    workers: &Workers<'_>,
    picks: &mut Vec<Pick>,
) -> Result<()> {
    picks.clear();
    let (rules, medoids) = (
        &candidates.rules,
        candidates.terms.method == Method::KMedoids,
    );
    let (mut inverse_norm, mut nothing) = (Vec::new(), filled(0.0, candidates.len())?);
    candidates.measure(None, &mut inverse_norm, &mut nothing, workers)?;
    drop(nothing);
    let units = Units::new(candidates, &inverse_norm, workers)?;
    let mut search = Search::new(candidates, &units, k, workers)?;
    while picks.len() < k {
        let step = picks.len();
        let Some((best, mut gain)) = search.best(step)? else {
            match rules.included(step) {
                Some(row) => return Err(candidates.refuse_included(row)),
                None => break,
            }
        };
        if medoids && step == 0 {
            gain -= candidates.terms.weight * candidates.len() as f64;
        }
        picks.push((best, gain));
        if step + 1 < k || medoids {
            search.take_in(best, step)?;
        }
    }
    if medoids && !picks.is_empty() {
        let similarities = search.similarities();
        let mut kept = search.kept;
        improve(
            candidates,
            &similarities,
            Some(&units),
            &mut kept,
            picks,
            workers,
        )?;
    }
    Ok(())
}
