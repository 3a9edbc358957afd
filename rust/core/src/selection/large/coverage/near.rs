//! For each candidate the rows near it: all whose similarity exceeds a bound of the row, with a value that it does not exceed.
//!
//! A pair takes four bytes: in the low bits the row, in the others the similarity, rounded up. The lists are made tile by
//! tile, from products of which each serves both of its rows, and joined for every stripe of candidates.

use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};

use super::code::Code;
use super::lister::{Lister, Part};
use super::units::{Narrow, Picked, Units};
use super::wider::between;
use crate::error::{Error, Result};
use crate::memory::{Growing, copied, gathered, room};
use crate::parallel::Workers;
use crate::product::{Float32, Int16, Sides, visit_tiles};

/// Rows whose products with as many others are a tile; both sides of it stay in the caches.
const STRIPE_BYTES: usize = 800_000;
const STEP: usize = 96;
const LONGEST: usize = 960;

/// The lists of all candidates.
pub(crate) struct Near {
    stripe: usize,
    stripes: Vec<Stripe>,
    code: Code,
    /// What was listed is above this, for each row.
    pub bounds: Vec<f64>,
    /// Pairs that were listed later, by candidate.
    extra: Vec<Vec<(u32, f32)>>,
}

/// The lists of consecutive candidates.
#[derive(Default)]
struct Stripe {
    /// Where the list of each begins, and where it ends now.
    spans: Vec<(u32, u32)>,
    pairs: Vec<u32>,
}

impl Near {
    /// Lists the pairs above the bounds of their rows; None if there are more than `most`.
    pub fn new(
        units: &Units<'_>,
        bounds: &[f64],
        most: usize,
        workers: &Workers<'_>,
    ) -> Result<Option<Self>> {
        let (n, narrow) = (bounds.len(), units.fast);
        let values = match narrow {
            Narrow::Words(_) => units.n_features.div_ceil(2),
            Narrow::Floats => units.n_features,
        };
        let stripe = (STRIPE_BYTES / (4 * values)).min(n / 6) / STEP * STEP;
        let stripe = stripe.clamp(STEP, LONGEST);
        let n_stripes = n.div_ceil(stripe);
        let rows = |at: usize| at * stripe..n.min((at + 1) * stripe);
        let mut tiles = Vec::new();
        for at in 0..n_stripes {
            for other in 0..=at {
                tiles.pushed((rows(at), rows(other)))?;
            }
        }
        let lister = Lister {
            thresholds: units.thresholds(bounds, narrow)?,
            unit: units.unit(narrow) as f32,
            code: Code::new(n, units.error(narrow)),
            stripe,
            parts: (0..n_stripes).map(|_| Mutex::default()).collect(),
            n_listed: AtomicUsize::new(0),
            most,
        };
        let all = Picked { units, rows: None };
        let done = match narrow {
            Narrow::Words(words) => {
                visit_tiles(Int16(words), &Sides::One(&all), &tiles, &lister, workers)
            }
            Narrow::Floats => visit_tiles(Float32, &Sides::One(&all), &tiles, &lister, workers),
        };
        if lister.n_listed.load(Ordering::Relaxed) > most {
            return match done {
                Err(Error::Interrupted) => Err(Error::Interrupted),
                _ => Ok(None),
            };
        }
        done?;
        let mut stripes: Vec<Stripe> = (0..n_stripes).map(|_| Stripe::default()).collect();
        let code = lister.code;
        let joined = lister.parts.into_iter().zip(&mut stripes).enumerate();
        workers.run(joined, |(at, (parts, out))| {
            let parts = parts.into_inner().unwrap_or_else(PoisonError::into_inner);
            *out = join(rows(at).len(), &parts)?;
            Ok(())
        })?;
        Ok(Some(Self {
            stripe,
            stripes,
            code,
            bounds: copied(bounds)?,
            extra: Vec::new(),
        }))
    }

    /// Shows every row near a candidate, with a value that the similarity does not exceed. Where `keep` says no, and
    /// pairs are to be dropped, it will not be shown again.
    #[inline(always)]
    pub fn visit(
        &mut self,
        candidate: usize,
        drop: bool,
        mut keep: impl FnMut(usize, f64) -> bool,
    ) {
        let stripe = &mut self.stripes[candidate / self.stripe];
        let (first, last) = stripe.spans[candidate % self.stripe];
        let pairs = &mut stripe.pairs[first as usize..last as usize];
        if drop {
            let mut n_kept = 0;
            for at in 0..pairs.len() {
                let pair = pairs[at];
                let (row, value) = self.code.read(pair);
                pairs[n_kept] = pair;
                n_kept += usize::from(keep(row, value));
            }
            stripe.spans[candidate % self.stripe].1 = first + n_kept as u32;
        } else {
            for &pair in pairs.iter() {
                let (row, value) = self.code.read(pair);
                keep(row, value);
            }
        }
        if let Some(extra) = self.extra.get(candidate) {
            for &(row, value) in extra {
                keep(row as usize, f64::from(value));
            }
        }
    }

    /// Lowers the bounds of some rows, and lists the pairs in between.
    pub fn lower(
        &mut self,
        units: &Units<'_>,
        rows: &[u32],
        bounds: &[f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let before = gathered(rows.iter().map(|&row| self.bounds[row as usize]))?;
        let found = between(units, rows, (bounds, &before), workers)?;
        let n_new = self.bounds.len().saturating_sub(self.extra.len());
        self.extra.reserving(n_new)?;
        self.extra.resize_with(self.bounds.len(), Vec::new);
        for (candidate, pair) in found {
            self.extra[candidate as usize].pushed(pair)?;
        }
        for (&row, &bound) in rows.iter().zip(bounds) {
            self.bounds[row as usize] = bound;
        }
        Ok(())
    }
}

/// Joins the lists of the same candidates.
fn join(n_candidates: usize, parts: &[Part]) -> Result<Stripe> {
    let n_pairs = parts.iter().map(|part| part.pairs.len()).sum();
    let (mut spans, mut pairs) = (room(n_candidates)?, room(n_pairs)?);
    for candidate in 0..n_candidates {
        let first = pairs.len() as u32;
        for part in parts {
            let list = part.starts[candidate] as usize..part.starts[candidate + 1] as usize;
            pairs.extended(&part.pairs[list])?;
        }
        spans.push((first, pairs.len() as u32));
    }
    Ok(Stripe { spans, pairs })
}
