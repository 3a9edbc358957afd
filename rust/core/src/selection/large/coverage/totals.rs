//! For candidates, how much their similarities exceed a threshold of each row, summed over all rows: never less than it is.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::units::{Narrow, Picked, Units};
use crate::error::Result;
use crate::memory::filled;
use crate::parallel::Workers;
use crate::product::{
    Arithmetic, Corner, Float32, Int16, IntoFloat, Sides, Visitor, visit_products,
};
use crate::simd::Target;

/// Sums of positive float32 terms, of which no more than 200 are added one after the other, err by less than this part.
const ROUNDING: f64 = 2e-5;

/// For each of some candidates, or of all, a bound on Σ max(0, s − bound) over all rows.
pub(crate) fn excesses(
    units: &Units<'_>,
    picked: Option<&[u32]>,
    bounds: &[f64],
    narrow: Narrow,
    workers: &Workers<'_>,
) -> Result<Vec<f64>> {
    let all = Picked { units, rows: None };
    let some = Picked {
        units,
        rows: picked,
    };
    let symmetric = picked.is_none();
    let visitor = Excess {
        thresholds: units.thresholds(bounds, narrow)?,
        shortfall: Vec::new(),
        symmetric,
        totals: Mutex::new((
            filled(0.0, picked.map_or(bounds.len(), <[u32]>::len))?,
            Vec::new(),
        )),
    };
    match narrow {
        Narrow::Words(words) => {
            let sides = if symmetric {
                Sides::One(&all)
            } else {
                Sides::Two(&some, &all)
            };
            run(Int16(words), &sides, &visitor, workers)?;
        }
        Narrow::Floats => {
            let sides = if symmetric {
                Sides::One(&all)
            } else {
                Sides::Two(&some, &all)
            };
            run(Float32, &sides, &visitor, workers)?;
        }
    }
    Ok(visitor.finish(units.unit(narrow)).0)
}

/// For all candidates bounds on Σ max(0, s − bound) and on Σ max(0, −s), in one pass.
pub(crate) fn excesses_and_shortfalls(
    units: &Units<'_>,
    bounds: &[f64],
    workers: &Workers<'_>,
) -> Result<(Vec<f64>, Vec<f64>)> {
    let (n, narrow) = (bounds.len(), units.fast);
    let all = Picked { units, rows: None };
    let visitor = Excess {
        thresholds: units.thresholds(bounds, narrow)?,
        shortfall: units.thresholds(&filled(0.0, n)?, narrow)?,
        symmetric: true,
        totals: Mutex::new((filled(0.0, n)?, filled(0.0, n)?)),
    };
    match narrow {
        Narrow::Words(words) => run(Int16(words), &Sides::One(&all), &visitor, workers)?,
        Narrow::Floats => run(Float32, &Sides::One(&all), &visitor, workers)?,
    }
    Ok(visitor.finish(units.unit(narrow)))
}

fn run<A: Arithmetic<Sum: IntoFloat>>(
    arithmetic: A,
    sides: &Sides<'_, A::Packed>,
    visitor: &Excess,
    workers: &Workers<'_>,
) -> Result<()> {
    visit_products(arithmetic, sides, visitor, workers)
}

struct Excess {
    /// What a product with each row must exceed.
    thresholds: Vec<f32>,
    /// And its opposite; empty if that is not asked for.
    shortfall: Vec<f32>,
    /// All candidates are multiplied with all rows, each two once; else the candidates are on the left.
    symmetric: bool,
    totals: Mutex<(Vec<f64>, Vec<f64>)>,
}

impl Excess {
    fn finish(self, unit: f64) -> (Vec<f64>, Vec<f64>) {
        let (mut excess, mut shortfall) = self
            .totals
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner);
        for total in excess.iter_mut().chain(&mut shortfall) {
            *total *= unit * (1.0 + ROUNDING);
        }
        (excess, shortfall)
    }
}

/// The sums of a tile: of a row in lanes, of a column in one.
struct Sums {
    of_rows: Vec<[f32; 32]>,
    of_columns: Vec<f32>,
}

impl Sums {
    fn new(n_rows: usize, n_columns: usize) -> Result<Self> {
        Ok(Self {
            of_rows: filled([0.0; 32], n_rows)?,
            of_columns: filled(0.0, n_columns)?,
        })
    }

    fn add_to(&self, totals: &mut [f64], rows: &Range<usize>, columns: Option<&Range<usize>>) {
        for (total, lanes) in totals[rows.clone()].iter_mut().zip(&self.of_rows) {
            *total += lanes.iter().map(|&sum| f64::from(sum)).sum::<f64>();
        }
        if let Some(columns) = columns {
            for (total, &sum) in totals[columns.clone()].iter_mut().zip(&self.of_columns) {
                *total += f64::from(sum);
            }
        }
    }
}

struct Tile {
    rows: Range<usize>,
    columns: Range<usize>,
    excess: Sums,
    shortfall: Option<Sums>,
}

impl<S: Copy + IntoFloat> Visitor<S> for Excess {
    type Local = Result<Tile>;

    fn begin(&self, rows: Range<usize>, columns: Range<usize>) -> Result<Tile> {
        let sums = || Sums::new(rows.len(), columns.len() + 32);
        Ok(Tile {
            excess: sums()?,
            shortfall: (!self.shortfall.is_empty()).then(sums).transpose()?,
            rows,
            columns,
        })
    }

    #[inline(always)]
    fn visit<T: Target, const M: usize, const N: usize>(
        &self,
        tile: &mut Result<Tile>,
        corner: Corner,
        sums: &mut [[S; N]; M],
    ) {
        let Ok(tile) = tile else { return };
        let mut values = [[0.0_f32; N]; M];
        for m in 0..M {
            for n in 0..N {
                values[m][n] = sums[m][n].float();
            }
        }
        let place = (
            corner.row - tile.rows.start,
            corner.column - tile.columns.start,
        );
        self.add(&self.thresholds, corner, &values, &mut tile.excess, place);
        if let Some(shortfall) = &mut tile.shortfall {
            for values in &mut values {
                for value in values {
                    *value = -*value;
                }
            }
            self.add(&self.shortfall, corner, &values, shortfall, place);
        }
    }

    fn end(&self, tile: Result<Tile>) -> Result<()> {
        let tile = tile?;
        let mut totals = self.totals.lock().unwrap_or_else(PoisonError::into_inner);
        let columns = self.symmetric.then_some(&tile.columns);
        tile.excess.add_to(&mut totals.0, &tile.rows, columns);
        if let Some(shortfall) = &tile.shortfall {
            shortfall.add_to(&mut totals.1, &tile.rows, columns);
        }
        Ok(())
    }
}

impl Excess {
    /// Adds a block of values to the sums of the tile, in which it stands at `place`.
    #[inline(always)]
    #[allow(clippy::needless_range_loop)] // over the rows of the block
    fn add<const M: usize, const N: usize>(
        &self,
        thresholds: &[f32],
        corner: Corner,
        values: &[[f32; N]; M],
        sums: &mut Sums,
        (first, column): (usize, usize),
    ) {
        let of_columns: &[f32; N] = &thresholds[corner.column..].as_chunks().0[0];
        if !self.symmetric {
            for m in 0..corner.n_rows {
                let lanes = &mut sums.of_rows[first + m];
                for n in 0..N {
                    lanes[n] += positive(values[m][n] - of_columns[n]);
                }
            }
        } else if corner.column + N <= corner.row {
            let mut down = [0.0_f32; N];
            for m in 0..corner.n_rows {
                let of_row = thresholds[corner.row + m];
                let lanes = &mut sums.of_rows[first + m];
                for n in 0..N {
                    lanes[n] += positive(values[m][n] - of_columns[n]);
                    down[n] += positive(values[m][n] - of_row);
                }
            }
            for (sum, down) in sums.of_columns[column..column + N].iter_mut().zip(down) {
                *sum += down;
            }
        } else {
            for m in 0..corner.n_rows {
                let row = corner.row + m;
                for other in corner.columns(row, true) {
                    let n = other - corner.column;
                    sums.of_rows[first + m][n] += positive(values[m][n] - of_columns[n]);
                    if other < row {
                        sums.of_columns[column + n] += positive(values[m][n] - thresholds[row]);
                    }
                }
            }
        }
    }
}

#[inline(always)]
fn positive(value: f32) -> f32 {
    if value > 0.0 { value } else { 0.0 }
}
