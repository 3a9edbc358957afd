//! What pairs connect: groups of rows, united as pairs are found and never listed.

use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

use super::collector::{Collector, Found};
use super::copies::first_equal;
use super::screened::{Numbers, by_screen};
use super::visit::{check, visit};
use crate::error::Result;
use crate::matrix::Matrix;
use crate::memory::{Growing, gathered, product, room};
use crate::parallel::Workers;
use crate::similarity::exact::Score;
use crate::similarity::real::Embedding;

/// For every row of `x` the lowest row that pairs connect it with, directly or through others: those of [`pairs_above`].
///
/// Equal rows are one in the search. Two rows that are connected already are not compared, so that a cluster of `m` rows
/// costs their estimates and about `m` scores. Needs some 70 bytes a row, and, where there are many copies, the other rows
/// once more.
///
/// [`pairs_above`]: crate::similarity::pairs_above
///
/// # Errors
/// Refuses NaN and infinity, and for cosines rows of zeros.
pub fn groups_above<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: Option<&[i64]>,
    threshold: f64,
    kind: Score,
    workers: &Workers<'_>,
) -> Result<Vec<i32>> {
    let squared_norms = check(x, offsets, kind, workers)?;
    let groups = Groups {
        least: kind.rising(threshold),
        parents: gathered((0..x.n_rows()).map(|row| AtomicU32::new(row as u32)))?,
    };
    let large = |x: Matrix<'_, E>, first, squared_norms: &[f64]| {
        groups.unite_rows(x, first, squared_norms, kind, workers)
    };
    visit(x, (offsets, &squared_norms), kind, &groups, large, workers)?;
    gathered((0..x.n_rows()).map(|row| groups.root(row) as i32))
}

/// Disjoint sets, each a tree with its lowest row at the root: what comes of unions does not depend on their order.
struct Groups {
    least: f64,
    parents: Vec<AtomicU32>,
}

impl Groups {
    #[inline(always)]
    fn root(&self, row: usize) -> usize {
        let mut row = row;
        loop {
            let parent = self.parents[row].load(Relaxed);
            let above = self.parents[parent as usize].load(Relaxed);
            if parent == above {
                return parent as usize;
            }
            // Parents only fall: whichever of two threads wins, the path has become shorter.
            self.parents[row].fetch_min(above, Relaxed);
            row = above as usize;
        }
    }

    #[inline(always)]
    fn unite(&self, one: usize, other: usize) {
        loop {
            let (one, other) = (self.root(one), self.root(other));
            let (low, high) = (one.min(other), one.max(other));
            // It fails if the higher one is no root any more.
            if low == high
                || self.parents[high]
                    .compare_exchange(high as u32, low as u32, Relaxed, Relaxed)
                    .is_ok()
            {
                return;
            }
        }
    }

    /// Unites what the pairs of the rows of `x` connect, which are rows `first..` of all.
    fn unite_rows<E: Embedding>(
        &self,
        x: Matrix<'_, E>,
        first: usize,
        squared_norms: &[f64],
        kind: Score,
        workers: &Workers<'_>,
    ) -> Result<()> {
        let equal = first_equal(x, workers)?;
        let is_copy = |row: usize| {
            // Of equal rows a cosine is 1 and a distance 0, but a dot product may be too small.
            equal[row] as usize != row && (kind != Score::Dot || squared_norms[row] >= self.least)
        };
        let mut n_copies = 0;
        for row in (0..x.n_rows()).filter(|&row| is_copy(row)) {
            self.unite(first + equal[row] as usize, first + row);
            n_copies += 1;
        }
        // Few copies are not worth a copy of the others.
        if n_copies <= x.n_rows() / 16 {
            return by_screen(x, Numbers::From(first), kind, self, workers);
        }
        let n_others = x.n_rows() - n_copies;
        let (mut numbers, mut values) =
            (room(n_others)?, room(product([n_others, x.n_columns()])?)?);
        for row in (0..x.n_rows()).filter(|&row| !is_copy(row)) {
            numbers.push((first + row) as u32);
            values.extended(x.row(row))?;
        }
        let others = Matrix::new(&values, n_others, x.n_columns())?;
        by_screen(others, Numbers::Of(&numbers), kind, self, workers)
    }
}

impl Collector for Groups {
    #[inline(always)]
    fn least(&self) -> f64 {
        self.least
    }

    #[inline(always)]
    fn is_settled(&self, [one, other]: [usize; 2]) -> bool {
        self.root(one) == self.root(other)
    }

    fn settled_with(&self, mut rows: &mut dyn Iterator<Item = usize>) -> Option<usize> {
        let first = rows.next()?;
        let root = self.root(first);
        Iterator::all(&mut rows, |row| self.root(row) == root).then_some(first)
    }

    #[inline(always)]
    fn meet(&self, found: Found, _: &mut Vec<Found>) -> Result<()> {
        self.unite(found.rows[0] as usize, found.rows[1] as usize);
        Ok(())
    }

    fn take(&self, _: &[Found]) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similarity::pairs_above;

    /// The lowest row that pairs connect each row with, one pair after the other.
    fn connected(n: usize, pairs: &[[i32; 2]]) -> Vec<i32> {
        let mut labels: Vec<i32> = (0..n as i32).collect();
        for &[i, j] in pairs {
            let (one, other) = (labels[i as usize], labels[j as usize]);
            let (low, high) = (one.min(other), one.max(other));
            for label in &mut labels {
                *label = if *label == high { low } else { *label };
            }
        }
        labels
    }

    #[test]
    fn groups_are_what_the_pairs_connect() {
        let (n, d) = (700, 5);
        let mut values: Vec<f32> = (0..(n * d) as u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as f32 / 128.0 - 1.0)
            .collect();
        for row in 300..500 {
            values.copy_within(row % 7 * d..(row % 7 + 1) * d, row * d);
        }
        let x = Matrix::new(&values, n, d).unwrap();
        let pools = [0, 3, 3, 250, 260, 700];
        for (kind, threshold) in [
            (Score::Cosine, 0.93),
            (Score::Cosine, 1.0),
            (Score::Dot, 1.2),
            (Score::Dot, 9.0),
            (Score::SquaredDistance, 0.1),
            (Score::SquaredDistance, 0.0),
        ] {
            for offsets in [None, Some(&pools[..])] {
                let workers = Workers::new(3, &|| false);
                let found = groups_above(x, offsets, threshold, kind, &workers).unwrap();
                let serial = Workers::serial();
                let (pairs, _) =
                    pairs_above(x, offsets, threshold, kind, 1 << 20, &serial).unwrap();
                assert_eq!(found, connected(n, &pairs), "{kind:?} {threshold}");
                let again = groups_above(x, offsets, threshold, kind, &serial).unwrap();
                assert_eq!(found, again);
            }
        }
    }
}
