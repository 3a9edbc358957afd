//! The nearest rows of every row: estimates say which pairs are worth a look, exact scores decide.

use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Mutex, MutexGuard, PoisonError};

use crate::error::{Result, ensure};
use crate::matrix::Matrix;
use crate::memory::{filled, gathered, product, room};
use crate::parallel::Workers;
use crate::product::ranges;
use crate::simd::{Target, Vectorized, vectorize};

use super::exact::Score;
use super::real::Embedding;
use super::screen::{Hit, Screen, Search};

/// Rows that share a lock, and that meet each other first.
const CHUNK: usize = 240;

/// For every row `k` neighbours, the best first, and their scores, row-major.
pub type Neighbors = (Vec<i32>, Vec<f64>);

/// The `k` rows of `y`, or other rows of `x`, that are nearest to each row of `x`; of equal ones the first.
///
/// Estimates with a proven bound say which pairs could be among the best so far; those are scored exactly, to the rounding of
/// float64 sums, so that the answer is that of comparing all exact scores. Needs 28 bytes a neighbour and some 70 a row.
///
/// # Errors
/// Refuses NaN and infinity, for cosines rows of zeros, and more neighbours than there are.
pub fn nearest_neighbors<E: Embedding>(
    x: Matrix<'_, E>,
    y: Option<Matrix<'_, E>>,
    k: usize,
    kind: Score,
    workers: &Workers<'_>,
) -> Result<Neighbors> {
    let n = x.n_rows();
    let others = y.map_or(n.saturating_sub(1), |y| y.n_rows());
    ensure(k <= others || n == 0, || {
        format!("k={k} exceeds the {others} rows to choose from")
    })?;
    let screen = Screen::new(x, y, kind, workers)?;
    if k == 0 || n == 0 {
        return Ok((Vec::new(), Vec::new()));
    }
    let chunk = |rows: Range<usize>| -> Result<_> {
        let mut best = room(rows.len())?;
        for _ in rows {
            best.push(Best::new(k)?);
        }
        Ok(Mutex::new(best))
    };
    let nothing = f32::NEG_INFINITY.to_bits();
    let mut search = Nearest {
        screen: &screen,
        k,
        least: gathered((0..n).map(|_| AtomicU32::new(nothing)))?,
        chunks: ranges(n, CHUNK).map(chunk).collect::<Result<_>>()?,
        seeded: 0,
    };
    // Each row meets a few others first, so that it knows what is worth a look when it meets the rest.
    let n_seeds = others.min(CHUNK);
    let seeds = ranges(n, CHUNK).map(|rows| {
        let columns = if screen.is_one() {
            rows.clone()
        } else {
            0..n_seeds
        };
        (rows, columns)
    });
    screen.run(Some(&seeds.collect::<Vec<_>>()), &search, workers)?;
    search.seeded = n_seeds;
    screen.run(None, &search, workers)?;
    let found = search
        .chunks
        .into_iter()
        .flat_map(|chunk| chunk.into_inner().unwrap_or_else(PoisonError::into_inner));
    let length = product([n, k])?;
    let (mut rows, mut scores) = (room(length)?, room(length)?);
    for (score, row) in found.flat_map(|best| best.0) {
        rows.push(row as i32);
        scores.push(kind.given(score));
    }
    Ok((rows, scores))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The best rows so far with their scores, of which more is better, the best first.
struct Best(Vec<(f64, u32)>);

impl Best {
    fn new(k: usize) -> Result<Self> {
        room(k).map(Self)
    }

    /// Keeps the `k` best; of equals the first rows, whenever they come.
    fn add(&mut self, k: usize, score: f64, row: u32) {
        let before =
            |&(other, place): &(f64, u32)| other > score || (other == score && place < row);
        if self.0.len() == k {
            if self.0.last().is_some_and(before) {
                return;
            }
            self.0.pop();
        }
        let place = self.0.partition_point(before);
        self.0.insert(place, (score, row));
    }
}

struct Nearest<'a, 'b, E> {
    screen: &'a Screen<'b, E>,
    k: usize,
    /// What the estimate of a pair must reach to count for a row, as bits; it only rises, so that an old one does no harm.
    least: Vec<AtomicU32>,
    chunks: Vec<Mutex<Vec<Best>>>,
    /// How many rows of the database each row has met before; of its own, those of its chunk.
    seeded: usize,
}

impl<E: Embedding> Nearest<'_, '_, E> {
    fn least_of(&self, row: usize) -> f32 {
        f32::from_bits(self.least[row].load(Relaxed))
    }

    fn has_met(&self, row: usize, column: usize) -> bool {
        self.seeded > 0
            && if self.screen.is_one() {
                row / CHUNK == column / CHUNK
            } else {
                column < self.seeded
            }
    }
}

impl<E: Embedding> Search for Nearest<'_, '_, E> {
    fn least(&self, rows: Range<usize>, columns: Range<usize>) -> Result<(Vec<f32>, Vec<f32>)> {
        let of_rows = gathered(rows.map(|row| self.least_of(row)))?;
        let of_columns = if self.screen.is_one() {
            gathered(columns.map(|row| self.least_of(row)))?
        } else {
            filled(f32::INFINITY, columns.len())?
        };
        Ok((of_rows, of_columns))
    }

    fn take(&self, hits: &mut Vec<Hit>) -> Result<()> {
        let pairs = vectorize(Exactly { search: self, hits })?;
        hits.clear();
        self.give(pairs.iter().copied());
        if self.screen.is_one() {
            self.give(
                pairs
                    .iter()
                    .map(|&(row, column, score)| (column, row, score)),
            );
        }
        Ok(())
    }
}

/// Rows and columns of hits that still count for either, and their scores.
struct Exactly<'a, 'b, 'c, E> {
    search: &'a Nearest<'b, 'c, E>,
    hits: &'a [Hit],
}

impl<E: Embedding> Vectorized for Exactly<'_, '_, '_, E> {
    type Output = Result<Vec<(u32, u32, f64)>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Self::Output {
        let search = self.search;
        let one = search.screen.is_one();
        let mut pairs = room(self.hits.len())?;
        for hit in self.hits {
            let (row, column) = (hit.row as usize, hit.column as usize);
            if (one && row == column) || search.has_met(row, column) {
                continue;
            }
            let most = hit.estimate + search.screen.error(row, column);
            if most >= search.least_of(row) || (one && most >= search.least_of(column)) {
                let score = search.screen.exact::<T>(row, column);
                pairs.push((hit.row, hit.column, search.screen.scale.kind.rising(score)));
            }
        }
        Ok(pairs)
    }
}

impl<E: Embedding> Nearest<'_, '_, E> {
    /// Gives each row what it has been found to have.
    fn give(&self, pairs: impl Iterator<Item = (u32, u32, f64)>) {
        let mut held: Option<(usize, MutexGuard<'_, Vec<Best>>)> = None;
        for (row, other, score) in pairs {
            let at = row as usize;
            let chunk = at / CHUNK;
            if held.as_ref().is_none_or(|(held, _)| *held != chunk) {
                drop(held.take());
                held = Some((chunk, lock(&self.chunks[chunk])));
            }
            let Some((_, guard)) = &mut held else {
                continue;
            };
            let best = &mut guard[at % CHUNK];
            best.add(self.k, score, other);
            if best.0.len() == self.k
                && let Some((score, _)) = best.0.last()
            {
                let estimate = self
                    .screen
                    .scale
                    .estimate_of(self.screen.scale.kind.given(*score));
                // Rounded down; what rounds in estimates is in their error.
                let least = (estimate - estimate.abs() * 1e-6) as f32;
                self.least[at].store(least.to_bits(), Relaxed);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::similarity::pairs_above;

    /// Rows in clusters, with copies, one long row and one that is all centre.
    fn rows(n: usize, d: usize) -> Vec<f32> {
        let mut state = 7_u32;
        let mut draw = || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 8) as f32 / 8_388_608.0 - 1.0
        };
        let centers: Vec<f32> = (0..5 * d).map(|_| draw()).collect();
        let mut x: Vec<f32> = (0..n * d)
            .map(|at| centers[at / d % 5 * d + at % d] + 0.1 * draw())
            .collect();
        x.copy_within(3 * d..4 * d, 9 * d);
        x[11 * d..12 * d]
            .iter_mut()
            .for_each(|value| *value *= 50.0);
        x[12 * d..13 * d].fill(0.01);
        x
    }

    /// All exact scores, better ones larger.
    struct All<'a>(Matrix<'a, f32>, Score);

    impl Vectorized for All<'_> {
        type Output = Vec<f64>;

        #[inline(always)]
        fn run<T: Target>(self) -> Vec<f64> {
            let Self(x, kind) = self;
            let norm = |i| crate::similarity::exact::dot::<T, f32>(x.row(i), x.row(i));
            let pairs = (0..x.n_rows()).flat_map(|i| (0..x.n_rows()).map(move |j| (i, j)));
            pairs
                .map(|(i, j)| {
                    let norms = (norm(i), norm(j));
                    let score = crate::similarity::exact::score::<T, f32>;
                    kind.rising(score(kind, x.row(i), x.row(j), norms))
                })
                .collect()
        }
    }

    #[test]
    fn neighbors_are_those_of_all_exact_scores() {
        let (n, d, k) = (500, 21, 6);
        let values = rows(n, d);
        let x = Matrix::new(&values, n, d).unwrap();
        for kind in [Score::Cosine, Score::Dot, Score::SquaredDistance] {
            let all = vectorize(All(x, kind));
            let two = Workers::new(2, &|| false);
            let (found, scores) = nearest_neighbors(x, None, k, kind, &two).unwrap();
            let again = nearest_neighbors(x, None, k, kind, &Workers::serial()).unwrap();
            assert_eq!((&found, &scores), (&again.0, &again.1));
            let (of_two, _) = nearest_neighbors(x, Some(x), k, kind, &two).unwrap();
            for i in 0..n {
                let mut order: Vec<usize> = (0..n).collect();
                order.sort_by(|&a, &b| all[i * n + b].total_cmp(&all[i * n + a]).then(a.cmp(&b)));
                let others = order.iter().filter(|&&j| j != i).take(k);
                assert!(
                    others.eq(found[i * k..][..k]
                        .iter()
                        .map(|j| *j as usize)
                        .collect::<Vec<_>>()
                        .iter())
                );
                let with_itself: Vec<i32> = order[..k].iter().map(|&j| j as i32).collect();
                assert_eq!(with_itself, of_two[i * k..][..k], "{kind:?}, row {i}");
            }
        }
    }

    #[test]
    fn no_estimate_is_further_off_than_its_bound() {
        let (n, d) = (300, 37);
        let values = rows(n, d);
        let x = Matrix::new(&values, n, d).unwrap();
        for kind in [Score::Cosine, Score::Dot, Score::SquaredDistance] {
            let screen = Screen::new(x, None, kind, &Workers::serial()).unwrap();
            let all = vectorize(All(x, kind));
            let check = Check {
                screen: &screen,
                all: &all,
                n,
                n_seen: Mutex::new(0),
            };
            screen.run(None, &check, &Workers::serial()).unwrap();
            assert_eq!(*lock(&check.n_seen), n * (n + 1) / 2);
        }
    }

    struct Check<'a, 'b> {
        screen: &'a Screen<'b, f32>,
        all: &'a [f64],
        n: usize,
        n_seen: Mutex<usize>,
    }

    impl Search for Check<'_, '_> {
        fn least(&self, rows: Range<usize>, columns: Range<usize>) -> Result<(Vec<f32>, Vec<f32>)> {
            Ok((
                vec![f32::NEG_INFINITY; rows.len()],
                vec![f32::INFINITY; columns.len()],
            ))
        }

        fn take(&self, hits: &mut Vec<Hit>) -> Result<()> {
            let scale = &self.screen.scale;
            for hit in hits.iter() {
                let (row, column) = (hit.row as usize, hit.column as usize);
                let exact = scale.estimate_of(scale.kind.given(self.all[row * self.n + column]));
                let off = (f64::from(hit.estimate) - exact).abs();
                let bound = f64::from(self.screen.error(row, column));
                assert!(off <= bound, "{off} beyond {bound} at {row}, {column}");
            }
            *lock(&self.n_seen) += hits.len();
            hits.clear();
            Ok(())
        }
    }

    #[test]
    fn pairs_are_those_of_all_exact_scores() {
        let (n, d) = (300, 8);
        let values = rows(n, d);
        let x = Matrix::new(&values, n, d).unwrap();
        let all = vectorize(All(x, Score::Cosine));
        let (pairs, scores) =
            pairs_above(x, None, 0.97, Score::Cosine, 1 << 20, &Workers::serial()).unwrap();
        let expected: Vec<[i32; 2]> = (0..n)
            .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
            .filter(|(i, j)| all[i * n + j] >= 0.97)
            .map(|(i, j)| [i as i32, j as i32])
            .collect();
        assert!(!expected.is_empty());
        assert_eq!(pairs, expected);
        assert!(
            pairs
                .iter()
                .zip(scores)
                .all(|(&[i, j], score)| score == all[i as usize * n + j as usize])
        );
        let refused =
            pairs_above(x, None, -1.0, Score::Cosine, 10, &Workers::serial()).unwrap_err();
        assert!(
            refused
                .to_string()
                .starts_with("more than max_pairs=10 pairs")
        );
    }
}
