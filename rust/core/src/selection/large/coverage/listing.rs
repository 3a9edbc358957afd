//! Whether so few pairs matter still that they are listed.

use super::near::Near;
use super::totals::excesses;
use super::units::Units;
use crate::error::Result;
use crate::memory::gathered;
use crate::parallel::Workers;

/// Candidates from whose products it is estimated how many pairs there would be.
const SAMPLE: usize = 96;

/// By how much bounds are raised to count the pairs in between.
const RISE: f64 = 1e-3;

/// Lists the pairs above the bounds of their rows, if they are no more than about `most`.
pub(crate) fn list(
    units: &Units<'_>,
    bounds: &[f64],
    most: usize,
    workers: &Workers<'_>,
) -> Result<Option<Near>> {
    let n = bounds.len();
    let sample: Vec<u32> = (0..SAMPLE).map(|at| (at * n / SAMPLE) as u32).collect();
    let excess = |bounds: &[f64]| -> Result<f64> {
        let of_sample = excesses(units, Some(&sample), bounds, units.fast, workers)?;
        Ok(of_sample.iter().sum())
    };
    // By how much a sum of excesses falls as the bounds rise says how many there are.
    let higher = gathered(bounds.iter().map(|bound| bound + RISE))?;
    let n_pairs = (excess(bounds)? - excess(&higher)?) / RISE * (n as f64 / SAMPLE as f64);
    if n_pairs > most as f64 {
        return Ok(None);
    }
    Near::new(units, bounds, most + most / 4, workers)
}
