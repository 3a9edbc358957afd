//! The tree of all sets of a small pool: what an objective knows along a branch, and the best set so far.

/// Rows that a pool may have: one bit each.
pub(super) const MOST_ROWS: usize = 64;

/// One value a row, with room for `8 C` rows.
pub(super) type Lanes<const C: usize> = [[f64; 8]; C];

/// The best set so far, and its value; negative infinity where there is none.
pub(super) struct Best {
    pub rows: Vec<usize>,
    pub value: f64,
}

/// By how much another value must be larger to be larger than by rounding.
pub(super) fn slack(value: f64) -> f64 {
    if value.is_finite() {
        1e-9 * (1.0 + value.abs())
    } else {
        0.0
    }
}

/// What an objective knows along a branch. Depth is the number of rows taken.
pub(super) trait Tree<const C: usize> {
    /// Takes a row that is the next after `depth` others.
    fn take(&mut self, depth: usize, row: usize);

    /// Writes what each row adds to those taken, and what it adds at most as one of `n_left`.
    fn look(&self, depth: usize, n_left: usize, gain: &mut Lanes<C>, most: &mut Lanes<C>);

    /// No two rows of `open` add more as the last; infinity where that is not known sooner than by trying them.
    #[inline(always)]
    fn two(&self, _depth: usize, _open: u64) -> f64 {
        f64::INFINITY
    }

    /// The row of `open` that adds most as the last, the lowest of equals, and what it adds.
    #[inline(always)]
    fn last(&self, depth: usize, open: u64) -> (usize, f64) {
        let (mut gain, mut most) = ([[0.0; 8]; C], [[0.0; 8]; C]);
        self.look(depth, 1, &mut gain, &mut most);
        largest(open, gain.as_flattened())
    }
}

/// The row of `open` with the largest value, the lowest of equals.
#[inline(always)]
pub(super) fn largest(mut open: u64, values: &[f64]) -> (usize, f64) {
    let mut best = (0, f64::NEG_INFINITY);
    while open != 0 {
        let row = open.trailing_zeros() as usize;
        open &= open - 1;
        if values[row] > best.1 {
            best = (row, values[row]);
        }
    }
    best
}

/// The values of the rows of `open`, and negative infinity for others.
#[inline(always)]
pub(super) fn among<const C: usize>(open: u64, values: &Lanes<C>) -> Lanes<C> {
    let mut out = [[f64::NEG_INFINITY; 8]; C];
    for c in 0..C {
        for lane in 0..8 {
            if open >> (8 * c + lane) & 1 == 1 {
                out[c][lane] = values[c][lane];
            }
        }
    }
    out
}

/// The largest of all values.
#[inline(always)]
pub(super) fn most<const C: usize>(values: &Lanes<C>) -> f64 {
    let mut lanes = values[0];
    for other in &values[1..] {
        for lane in 0..8 {
            lanes[lane] = if other[lane] > lanes[lane] {
                other[lane]
            } else {
                lanes[lane]
            };
        }
    }
    let mut half = 4;
    while half > 0 {
        for lane in 0..half {
            let other = lanes[lane + half];
            lanes[lane] = if other > lanes[lane] {
                other
            } else {
                lanes[lane]
            };
        }
        half /= 2;
    }
    lanes[0]
}
