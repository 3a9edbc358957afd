//! Wins sorted by winner as kernels go through them: in tasks, and in blocks whose margins are worked on together.

use std::ops::Range;

use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_finite, check_offsets};
use crate::parallel::Workers;

/// Wins that a thread takes at a time, at least: several times as many as there are items, so that a table of these costs less.
const WINS_PER_TASK: usize = 1 << 16;
const WINS_AN_ITEM: usize = 4;

/// Wins whose margins are worked on together.
pub(super) const BLOCK: usize = 256;

/// Item `i` won against `loser[offsets[i]..offsets[i + 1]]`, each as often as its weight says.
#[derive(Clone, Copy)]
pub struct WinRows<'a> {
    pub(super) offsets: &'a [i64],
    pub(super) loser: &'a [i32],
}

impl<'a> WinRows<'a> {
    /// Checks that the offsets cut the losers into rows; the losers are checked where they are looked up.
    ///
    /// # Errors
    /// Refuses offsets that do not.
    pub fn new(offsets: &'a [i64], loser: &'a [i32]) -> Result<Self> {
        check_offsets("offsets", offsets, loser.len())?;
        Ok(Self { offsets, loser })
    }

    /// Checks that there is a value for every item, and that all are finite.
    pub(super) fn check_values(
        &self,
        name: &'static str,
        values: &[f64],
        workers: &Workers<'_>,
    ) -> Result<()> {
        let n = self.offsets.len() - 1;
        ensure(values.len() == n, || {
            format!(
                "{name} must have one entry an item: {} for {n}",
                values.len()
            )
        })?;
        check_finite(name, Matrix::new(values, n, 1)?, workers)
    }

    /// Checks that there is a value for every win.
    pub(super) fn check_wins(&self, name: &str, values: &[f64]) -> Result<()> {
        let n = self.loser.len();
        ensure(values.len() == n, || {
            format!("{name} must have one entry a win: {} for {n}", values.len())
        })
    }

    /// How many wins a task takes, and the tasks: a function of the data alone.
    pub(super) fn tasks(&self) -> (usize, Vec<Range<usize>>) {
        let n = self.loser.len();
        let step = WINS_PER_TASK.max(WINS_AN_ITEM * self.offsets.len());
        let tasks = (0..n).step_by(step);
        (step, tasks.map(|at| at..n.min(at + step)).collect())
    }

    pub(super) fn refusal(&self, wins: Range<usize>) -> Error {
        let n = self.offsets.len() - 1;
        let bad = wins.clone().find(|&at| self.loser[at] as usize >= n);
        let at = bad.unwrap_or(wins.start);
        Error::Shape(format!(
            "loser must lie between 0 and {}: loser[{at}]={}",
            n.saturating_sub(1),
            self.loser[at]
        ))
    }
}

/// The rows that a block of wins belongs to, one after the other.
pub(super) struct Cursor<'a> {
    offsets: &'a [i64],
    row: usize,
}

impl<'a> Cursor<'a> {
    #[inline(always)]
    pub(super) fn new(offsets: &'a [i64], first: usize) -> Self {
        let row = offsets.partition_point(|&offset| offset as usize <= first) - 1;
        Self { offsets, row }
    }

    /// The row of win `at`, and where it ends within the block that ends at `end`.
    #[inline(always)]
    pub(super) fn row_at(&mut self, at: usize, end: usize) -> (usize, usize) {
        while self.offsets[self.row + 1] as usize <= at {
            self.row += 1;
        }
        (self.row, end.min(self.offsets[self.row + 1] as usize))
    }
}

/// Writes how far the value of each winner is above that of the loser; false if there is no such loser.
#[inline(always)]
pub(super) fn differences(
    values: &[f64],
    wins: WinRows<'_>,
    cursor: &mut Cursor<'_>,
    block: &Range<usize>,
    out: &mut [f64; BLOCK],
) -> bool {
    let mut known = true;
    let mut at = block.start;
    while at < block.end {
        let (row, end) = cursor.row_at(at, block.end);
        let own = values[row];
        let out = &mut out[at - block.start..end - block.start];
        for (&loser, out) in wins.loser[at..end].iter().zip(out) {
            let other = values.get(loser as usize).copied();
            known &= other.is_some();
            *out = own - other.unwrap_or(0.0);
        }
        at = end;
    }
    known
}

/// The sum, in eight parts that are added up side by side.
#[inline(always)]
pub(super) fn sum(values: &[f64]) -> f64 {
    let mut parts = [0.0; 8];
    let mut eights = values.chunks_exact(8);
    for eight in &mut eights {
        for (part, value) in parts.iter_mut().zip(eight) {
            *part += value;
        }
    }
    for (part, value) in parts.iter_mut().zip(eights.remainder()) {
        *part += value;
    }
    let [a, b, c, d, e, f, g, h] = parts;
    ((a + e) + (c + g)) + ((b + f) + (d + h))
}
