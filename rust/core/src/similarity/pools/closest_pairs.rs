//! The two most similar rows of every pool: found in the precision of the rows, decided in float64.

use std::ops::Range;

use super::super::real::Embedding;
use super::bounds::Bounds;
use super::measure::Measure;
use super::pieces::{Piece, check_groups, pieces, refuse_groups_without_pairs};
use super::search::{Pair, Scratch, Search};
use super::small_product::MOST_ROWS;
use crate::error::Result;
use crate::matrix::{Matrix, group};
use crate::memory::{Growing, filled, room};
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Two rows within each pool, the earlier first, and the cosine or the squared distance of each two.
pub type ClosestPairs = (Vec<i32>, Vec<f64>);

/// The pair of the largest cosine, or of the smallest distance, of each pool; of equal ones the first.
///
/// Pool `p` holds the rows `offsets[p]..offsets[p + 1]`.
///
/// # Errors
/// Refuses pools of fewer than two rows, NaN and infinity, and rows of zeros where a direction counts.
pub fn closest_pairs<E: Embedding>(
    x: Matrix<'_, E>,
    offsets: &[i64],
    measure: Measure,
    workers: &Workers<'_>,
) -> Result<ClosestPairs> {
    let n_pools = check_groups(x, offsets)?;
    refuse_groups_without_pairs(offsets)?;
    let mut tasks = Vec::new();
    for piece in pieces(offsets, MOST_ROWS) {
        match piece {
            Piece::Small(pools) => tasks.pushed(Task::Pools(pools))?,
            // As many as the square of the rows makes them.
            Piece::Large(p) => {
                for (left, right) in tiles(group(offsets, p)) {
                    tasks.pushed(Task::Tile(p, left, right))?;
                }
            }
        }
    }
    let search = Search {
        x,
        measure,
        bounds: Bounds::new(measure, x.n_columns()),
    };
    let mut best: Vec<Option<Pair>> = filled(None, n_pools)?;
    workers.fold(
        tasks,
        |task| {
            vectorize(Run {
                search,
                offsets,
                task,
            })
        },
        |found: Vec<(usize, Pair)>| {
            for (pool, pair) in found {
                if best[pool].is_none_or(|other| pair.is_before(&other, measure)) {
                    best[pool] = Some(pair);
                }
            }
        },
    )?;
    let (mut rows, mut scores) = (room(2 * n_pools)?, room(n_pools)?);
    for (p, pair) in best.into_iter().flatten().enumerate() {
        let first = group(offsets, p).start;
        rows.extend([(pair.rows.0 - first) as i32, (pair.rows.1 - first) as i32]);
        scores.push(pair.score);
    }
    Ok((rows, scores))
}

/// Some small pools, or the pairs of some rows of a large one with some others, or with each other.
enum Task {
    Pools(Range<usize>),
    Tile(usize, Range<usize>, Range<usize>),
}

/// Every two stretches of the rows of a pool, and each with itself.
fn tiles(rows: Range<usize>) -> impl Iterator<Item = (Range<usize>, Range<usize>)> {
    let stretches = move |first: usize| {
        let end = rows.end;
        (first..end)
            .step_by(MOST_ROWS)
            .map(move |first| first..end.min(first + MOST_ROWS))
    };
    stretches(rows.start)
        .flat_map(move |left| stretches(left.start).map(move |right| (left.clone(), right)))
}

struct Run<'a, E: Embedding> {
    search: Search<'a, E>,
    offsets: &'a [i64],
    task: Task,
}

impl<E: Embedding> Vectorized for Run<'_, E> {
    type Output = Result<Vec<(usize, Pair)>>;

    #[inline(always)]
    fn run<T: Target>(self) -> Self::Output {
        let mut scratch = Scratch::default();
        let mut found = Vec::new();
        match &self.task {
            Task::Pools(pools) => {
                for p in pools.clone() {
                    let next = if p + 1 < pools.end {
                        self.search.x.rows(group(self.offsets, p + 1))
                    } else {
                        &[]
                    };
                    let rows = group(self.offsets, p);
                    let pair = self.search.best_of_some::<T>(rows, next, &mut scratch)?;
                    found.extend(pair.map(|pair| (p, pair)));
                }
            }
            Task::Tile(p, left, right) if left == right => {
                let pair = self
                    .search
                    .best_of_some::<T>(left.clone(), &[], &mut scratch)?;
                found.extend(pair.map(|pair| (*p, pair)));
            }
            Task::Tile(p, left, right) => {
                let pair =
                    self.search
                        .best_of_two::<T>(left.clone(), right.clone(), &mut scratch)?;
                found.extend(pair.map(|pair| (*p, pair)));
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(x: &[f32], n_columns: usize, offsets: &[i64], measure: Measure) -> ClosestPairs {
        let x = Matrix::new(x, x.len() / n_columns, n_columns).unwrap();
        closest_pairs(x, offsets, measure, &Workers::new(2, &|| false)).unwrap()
    }

    #[test]
    fn of_equal_pairs_the_first_is_found_and_scored_exactly() {
        let x = [
            1.0, 0.0, 0.0, 3.0, 0.0, 5.0, -2.0, 0.0, 7.0, 0.0, 1.0, 1.0, 0.5, 0.5,
        ];
        let (rows, scores) = found(&x, 2, &[0, 5, 7], Measure::Cosine);
        assert_eq!((rows, scores), (vec![0, 4, 0, 1], vec![1.0, 1.0]));
        let (rows, scores) = found(&x, 2, &[0, 5, 7], Measure::SquaredDistance);
        assert_eq!((rows, scores), (vec![1, 2, 0, 1], vec![4.0, 0.5]));
    }

    #[test]
    fn pairs_that_float32_products_do_not_tell_apart_are_told_apart() {
        // All a thousand from the origin, and so close together that every product in float32 is the same.
        let x: Vec<f32> = [0.0_f32, 7.0, 1.0, 4.0, 4.5]
            .iter()
            .flat_map(|step| [1000.0, 1000.0 + step / 1024.0])
            .collect();
        let (rows, scores) = found(&x, 2, &[0, 5], Measure::SquaredDistance);
        assert_eq!((rows, scores), (vec![3, 4], vec![0.25 / 1024.0 / 1024.0]));
        let far: Vec<f32> = x.iter().map(|value| value * 1e30).collect();
        assert_eq!(found(&far, 2, &[0, 5], Measure::Cosine).0, [3, 4]);
        let near: Vec<f32> = x.iter().map(|value| value * 1e-30).collect();
        assert_eq!(found(&near, 2, &[0, 5], Measure::SquaredDistance).0, [3, 4]);
    }

    #[test]
    fn a_large_pool_is_searched_in_tiles() {
        let (n, d) = (401, 6);
        let mut values: Vec<i8> = (0..(n * d) as u32)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as i8)
            .collect();
        for (from, to) in [(3, 399), (2, 300)] {
            values.copy_within(from * d..(from + 1) * d, to * d);
        }
        let x = Matrix::new(&values, n, d).unwrap();
        for measure in [Measure::Cosine, Measure::SquaredDistance] {
            let (rows, _) = closest_pairs(x, &[0, n as i64], measure, &Workers::serial()).unwrap();
            assert_eq!(rows, [2, 300]);
        }
    }

    #[test]
    fn bad_rows_are_named_in_small_and_large_pools() {
        for n in [3, 300] {
            let mut x = vec![1.0_f64; n];
            let refused = |x: &[f64]| {
                let x = Matrix::new(x, n, 1).unwrap();
                let offsets = [0, n as i64];
                let found = closest_pairs(x, &offsets, Measure::Cosine, &Workers::serial());
                found.unwrap_err().to_string()
            };
            x[n - 1] = 0.0;
            let row = n - 1;
            assert_eq!(
                refused(&x),
                format!("cosine similarity needs non-zero rows: X[{row}] is all zeros")
            );
            x[n - 2] = f64::NAN;
            let row = n - 2;
            assert_eq!(refused(&x), format!("X must be finite: X[{row}, 0] is nan"));
        }
    }
}
