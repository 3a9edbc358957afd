//! What is chosen from: embeddings, whose similarities are their cosines, or similarities that the caller has computed.

use super::candidates::Candidates;
use super::method::Terms;
use super::rules::{PoolRules, Rules};
use crate::error::{Error, Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};
use crate::memory::room;

/// The rows of all pools.
#[derive(Clone, Copy)]
pub enum Source<'a> {
    /// Embeddings, pool after pool.
    Embeddings(Matrix<'a, f32>),
    /// A symmetric matrix for each pool, row by row, pool after pool. Under dpp the diagonals are ones; under k_medoids no
    /// value is below -1.
    Similarities(&'a [f64]),
}

impl<'a> From<Matrix<'a, f32>> for Source<'a> {
    fn from(x: Matrix<'a, f32>) -> Self {
        Self::Embeddings(x)
    }
}

impl<'a> From<&'a [f64]> for Source<'a> {
    fn from(similarities: &'a [f64]) -> Self {
        Self::Similarities(similarities)
    }
}

/// The candidates of each of many pools.
pub(super) struct Pools<'a> {
    source: Source<'a>,
    offsets: &'a [i64],
    /// Where the matrix of each pool begins; of embeddings none.
    begins: Vec<usize>,
    terms: Terms<'a>,
    rules: Option<Rules<'a>>,
}

impl<'a> Pools<'a> {
    /// The pools `offsets[p]..offsets[p + 1]` of the rows.
    ///
    /// # Errors
    /// Refuses offsets, terms and rules that do not fit.
    pub(super) fn new(
        source: Source<'a>,
        offsets: &'a [i64],
        terms: Terms<'a>,
        rules: Option<Rules<'a>>,
    ) -> Result<Self> {
        let n_rows = match source {
            Source::Embeddings(x) => x.n_rows(),
            Source::Similarities(_) => offsets.last().map_or(0, |&last| last.max(0) as usize),
        };
        let n_pools = check_offsets("offsets", offsets, n_rows)?;
        let n_columns = match source {
            Source::Embeddings(x) => x.n_columns(),
            Source::Similarities(_) => 1,
        };
        ensure(n_columns > 0 && i32::try_from(n_rows).is_ok(), || {
            format!(
                "X must have a column and fewer than 2**31 rows, not shape ({n_rows}, {n_columns})"
            )
        })?;
        terms.check(n_rows)?;
        if let Some(rules) = rules {
            rules.check(n_rows, n_pools)?;
        }
        let begins = match source {
            Source::Embeddings(_) => Vec::new(),
            Source::Similarities(values) => begins(offsets, n_pools, values.len())?,
        };
        Ok(Self {
            source,
            offsets,
            begins,
            terms,
            rules,
        })
    }

    /// The same, from each of which up to `ks[p]` rows are to be chosen.
    ///
    /// # Errors
    /// Refuses other numbers of `ks`, and negative ones.
    pub(super) fn to_choose(
        source: impl Into<Source<'a>>,
        offsets: &'a [i64],
        terms: Terms<'a>,
        ks: &[i64],
        rules: Option<Rules<'a>>,
    ) -> Result<Self> {
        let pools = Self::new(source.into(), offsets, terms, rules)?;
        let n_pools = pools.len();
        ensure(ks.len() == n_pools && ks.iter().all(|&k| k >= 0), || {
            format!("ks must hold {n_pools} values of at least 0")
        })?;
        Ok(pools)
    }

    /// How many pools there are.
    pub(super) fn len(&self) -> usize {
        self.offsets.len() - 1
    }

    /// The candidates of a pool; meanwhile those of `next` may be fetched.
    ///
    /// # Errors
    /// Refuses an `include` that is not of the pool.
    pub(super) fn candidates(&self, pool: usize, next: Option<usize>) -> Result<Candidates<'a>> {
        let rows = group(self.offsets, pool);
        let (n, terms) = (rows.len(), self.terms.of(&rows));
        let rules = match self.rules {
            Some(rules) => rules.of(pool, &rows)?,
            None => PoolRules::none(rows.start),
        };
        Ok(match self.source {
            Source::Embeddings(x) => Candidates {
                first: rows.start,
                n,
                rows: x.rows(rows),
                n_features: x.n_columns(),
                given: None,
                terms,
                rules,
                next: next.map_or(&[], |next| x.rows(group(self.offsets, next))),
            },
            Source::Similarities(values) => Candidates {
                first: rows.start,
                n,
                rows: &[],
                n_features: 1,
                given: Some(&values[self.begins[pool]..self.begins[pool + 1]]),
                terms,
                rules,
                next: &[],
            },
        })
    }
}

/// Where the matrix of each pool begins, and where the last ends.
fn begins(offsets: &[i64], n_pools: usize, n_values: usize) -> Result<Vec<usize>> {
    let (mut begins, mut end) = (room(n_pools + 1)?, 0_usize);
    begins.push(0);
    for pool in 0..n_pools {
        let n = group(offsets, pool).len();
        let area = n.checked_mul(n).and_then(|area| end.checked_add(area));
        end = area.ok_or_else(|| Error::Shape(format!("pool {pool} has {n} rows: too many")))?;
        begins.push(end);
    }
    ensure(end == n_values, || {
        format!("the matrices of the pools have {end} values, and {n_values} are given")
    })?;
    Ok(begins)
}

#[cfg(test)]
mod tests {
    use crate::matrix::Matrix;
    use crate::parallel::Workers;
    use crate::selection::{Method, Terms, exact_batch, greedy, greedy_batch, refine_batch};

    const METHODS: [Method; 7] = [
        Method::Dpp,
        Method::Mmr,
        Method::MaxSum,
        Method::MaxMin,
        Method::FacilityLocation,
        Method::SaturatedCoverage,
        Method::KMedoids,
    ];

    fn terms(method: Method) -> Terms<'static> {
        Terms {
            method,
            bonus: None,
            weight: 1.0,
        }
    }

    /// Rows of four directions, whose cosines are 0 and 1 to the bit.
    fn rows(n: usize) -> Vec<f32> {
        (0..n)
            .flat_map(|row| {
                (0..4).map(move |at| {
                    if (row * row / 3 + row) % 4 == at {
                        1.0
                    } else {
                        0.0
                    }
                })
            })
            .collect()
    }

    fn cosines(x: &[f32]) -> Vec<f64> {
        let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| f64::from(a * b)).sum();
        x.chunks(4)
            .flat_map(|a| x.chunks(4).map(move |b| dot(a, b)))
            .collect()
    }

    #[test]
    fn given_cosines_choose_what_the_rows_choose() {
        for n in [9, 90] {
            let x = rows(n);
            let similarities = cosines(&x);
            let x = Matrix::new(&x, n, 4).unwrap();
            for method in METHODS {
                let workers = Workers::serial();
                let of_rows = greedy(x, terms(method), 3, None, &workers).unwrap();
                let given = greedy(&similarities[..], terms(method), 3, None, &workers).unwrap();
                assert_eq!(of_rows, given, "{method:?} of {n}");
            }
        }
    }

    #[test]
    fn pools_have_a_matrix_each() {
        let x = rows(14);
        let mut similarities = cosines(&x[..20]);
        similarities.extend(cosines(&x[20..]));
        let (x, offsets, ks) = (Matrix::new(&x, 14, 4).unwrap(), [0, 5, 14], [2, 3]);
        for method in METHODS {
            let workers = Workers::serial();
            let given = &similarities[..];
            let chosen = greedy_batch(x, &offsets, terms(method), &ks, None, &workers).unwrap();
            assert_eq!(
                greedy_batch(given, &offsets, terms(method), &ks, None, &workers).unwrap(),
                chosen
            );
            if method == Method::Mmr {
                continue;
            }
            assert_eq!(
                exact_batch(given, &offsets, terms(method), &ks, None, &workers).unwrap(),
                exact_batch(x, &offsets, terms(method), &ks, None, &workers).unwrap()
            );
            let refine = |source: super::Source<'_>| {
                refine_batch(
                    source,
                    &offsets,
                    terms(method),
                    &ks,
                    None,
                    &chosen.0,
                    &workers,
                )
            };
            assert_eq!(refine(given.into()).unwrap(), refine(x.into()).unwrap());
        }
        let workers = Workers::serial();
        let short = greedy_batch(
            &similarities[1..],
            &offsets,
            terms(Method::Dpp),
            &ks,
            None,
            &workers,
        );
        assert_eq!(
            short.unwrap_err().to_string(),
            "the matrices of the pools have 106 values, and 105 are given"
        );
    }
}
