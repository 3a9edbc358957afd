//! The pairs of some rows whose similarity lies between two bounds of the row.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::units::{Narrow, Picked, Units};
use crate::error::Result;
use crate::memory::Growing;
use crate::parallel::Workers;
use crate::product::{Corner, Float32, Int16, IntoFloat, Sides, Visitor, visit_products};
use crate::simd::Target;

/// A candidate, a row, and what their similarity does not exceed.
pub(crate) type Found = (u32, (u32, f32));

/// All candidates above the first bounds of the rows that are not above the second.
pub(crate) fn between(
    units: &Units<'_>,
    rows: &[u32],
    bounds: (&[f64], &[f64]),
    workers: &Workers<'_>,
) -> Result<Vec<Found>> {
    let narrow = units.fast;
    let all = Picked { units, rows: None };
    let some = Picked {
        units,
        rows: Some(rows),
    };
    let wider = Wider {
        rows,
        above: units.thresholds(bounds.0, narrow)?,
        below: units.thresholds(bounds.1, narrow)?,
        unit: units.unit(narrow),
        error: units.error(narrow) + 1e-6,
        found: Mutex::new(Vec::new()),
    };
    match narrow {
        Narrow::Words(words) => {
            visit_products(Int16(words), &Sides::Two(&some, &all), &wider, workers)?;
        }
        Narrow::Floats => {
            visit_products(Float32, &Sides::Two(&some, &all), &wider, workers)?;
        }
    }
    Ok(wider
        .found
        .into_inner()
        .unwrap_or_else(PoisonError::into_inner))
}

struct Wider<'a> {
    rows: &'a [u32],
    above: Vec<f32>,
    below: Vec<f32>,
    unit: f64,
    error: f64,
    found: Mutex<Vec<Found>>,
}

impl<S: Copy + IntoFloat> Visitor<S> for Wider<'_> {
    type Local = Vec<Found>;

    fn begin(&self, _: Range<usize>, _: Range<usize>) -> Vec<Found> {
        Vec::new()
    }

    #[inline(always)]
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        found: &mut Vec<Found>,
        corner: Corner,
        sums: &mut [[S; N]; M],
    ) {
        let rows = corner.row..corner.row + corner.n_rows;
        for (row, sums) in rows.zip(sums.iter()) {
            let (above, below) = (self.above[row], self.below[row]);
            let mut any = false;
            for sum in sums {
                // Both, as a branch would keep vectors out.
                any |= (sum.float() > above) & (sum.float() <= below);
            }
            if !any {
                continue;
            }
            for (candidate, sum) in corner.columns(row, false).zip(sums) {
                let value = sum.float();
                if value > above && value <= below {
                    let most = f64::from(value) * self.unit + self.error;
                    found.push((candidate as u32, (self.rows[row], most as f32)));
                }
            }
        }
    }

    fn end(&self, found: Vec<Found>) -> Result<()> {
        let mut all = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        all.extended(&found)
    }
}
