//! Exact samples of determinantal point processes whose kernel is a projection: V Vᵀ, V with orthonormal columns.
//!
//! Item after item by the chain rule (Kulesza, Taskar 2012, Algorithm 1): given items T, the next is i with probability
//! p(i) / (k - |T|), where p(i) is the squared distance of row i of V from the span of the rows of T.

use std::ops::Range;

use super::chain::Chain;
use crate::error::{Result, ensure};
use crate::matrix::{Matrix, check_offsets, group};
use crate::memory::filled;
use crate::parallel::Workers;
use crate::simd::{Target, Vectorized, vectorize};

/// Operations that a thread takes at a time, about.
const WORK_PER_TASK: usize = 1 << 21;

/// What is sampled from.
///
/// Sample s takes as the columns of its V the rows `members[offsets[s]..offsets[s + 1]]` of `vectors`, which are
/// orthonormal, and returns as many of the columns of `vectors`.
#[derive(Clone, Copy)]
pub struct Projections<'a> {
    /// Vectors, row by row; any number of sets of them one below the other.
    pub vectors: Matrix<'a, f64>,
    /// The running sums of the squares along each row: with them, items are proposed and rejected.
    pub sums: Option<Matrix<'a, f64>>,
    /// Rows of `vectors`.
    pub members: &'a [i32],
    /// Where each sample's members begin.
    pub offsets: &'a [i64],
    /// Numbers drawn from [0, 1), a row for each sample: one for each item, then any number to propose with.
    pub uniforms: Matrix<'a, f64>,
}

/// Draws all samples: as many columns of `vectors` as each has members, ascending.
///
/// # Errors
/// Shapes that do not belong together, members that are no rows, and vectors that are not orthonormal, if met.
pub fn sample_projections(projections: Projections<'_>, workers: &Workers<'_>) -> Result<Vec<i32>> {
    let k = check(&projections)?;
    let (offsets, n) = (projections.offsets, projections.vectors.n_columns());
    let per_task =
        (WORK_PER_TASK / k.saturating_mul(k).saturating_mul(n.min(8 * k)).max(1)).clamp(1, 1024);
    let n_samples = offsets.len() - 1;
    let mut items = filled(0, projections.members.len())?;
    let (mut tasks, mut rest) = (Vec::new(), items.as_mut_slice());
    for first in (0..n_samples).step_by(per_task) {
        let last = n_samples.min(first + per_task);
        let (out, after) = rest.split_at_mut((offsets[last] - offsets[first]) as usize);
        tasks.push((first..last, out));
        rest = after;
    }
    workers.run(tasks, |(samples, out)| {
        vectorize(Samples {
            projections: &projections,
            k,
            range: samples,
            out,
            workers,
        })
    })?;
    Ok(items)
}

/// Checks the shapes and returns the size of the largest sample.
fn check(projections: &Projections<'_>) -> Result<usize> {
    let Projections {
        vectors,
        sums,
        members,
        offsets,
        uniforms,
    } = *projections;
    let n_samples = check_offsets("offsets", offsets, members.len())?;
    let sizes = offsets.windows(2).map(|pair| (pair[1] - pair[0]) as usize);
    let k = sizes.max().unwrap_or(0);
    let (n_vectors, n) = (vectors.n_rows(), vectors.n_columns());
    ensure(
        sums.is_none_or(|sums| sums.n_rows() == n_vectors && sums.n_columns() == n),
        || format!("sums must have shape ({n_vectors}, {n})"),
    )?;
    ensure(
        uniforms.n_rows() == n_samples && uniforms.n_columns() >= k,
        || format!("uniforms must have {n_samples} rows of at least {k} values"),
    )?;
    ensure(k <= n && i32::try_from(n).is_ok(), || {
        format!("{k} items cannot be drawn from {n}")
    })?;
    let wrong = members
        .iter()
        .position(|&member| usize::try_from(member).map_or(true, |row| row >= n_vectors));
    wrong.map_or(Ok(k), |at| {
        ensure(false, || {
            let member = members[at];
            format!("members must be rows of vectors: members[{at}]={member} of {n_vectors}")
        })
        .map(|()| k)
    })
}

struct Samples<'a> {
    projections: &'a Projections<'a>,
    k: usize,
    range: Range<usize>,
    out: &'a mut [i32],
    workers: &'a Workers<'a>,
}

impl Vectorized for Samples<'_> {
    type Output = Result<()>;

    #[inline(always)]
    fn run<T: Target>(self) -> Result<()> {
        let Projections {
            vectors,
            sums,
            members,
            offsets,
            uniforms,
        } = *self.projections;
        let mut chain = Chain::new(vectors, self.k)?;
        let mut out = self.out;
        for sample in self.range {
            let members = &members[group(offsets, sample)];
            let (items, rest) = std::mem::take(&mut out).split_at_mut(members.len());
            out = rest;
            let (of_items, tries) = uniforms.row(sample).split_at(self.k);
            let n_drawn = match sums {
                Some(sums) => chain.propose(sums, members, tries, items),
                None => 0,
            };
            let n_drawn = chain.complete(members, of_items, n_drawn, items, self.workers)?;
            ensure(n_drawn == items.len(), || {
                format!(
                    "vectors must be orthonormal: nothing is left after {n_drawn} items of sample {sample}"
                )
            })?;
            items.sort_unstable();
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two orthonormal vectors over three items; the probability of a pair of items is its squared minor.
    const VECTORS: [f64; 6] = [0.6, 0.8, 0.0, 0.48, -0.36, 0.8];
    const PAIRS: [([i32; 2], f64); 3] = [([0, 1], 0.36), ([0, 2], 0.2304), ([1, 2], 0.4096)];

    fn shares(proposing: bool) -> [f64; 3] {
        let n = 20_000;
        let mut state = 1_u64;
        let uniforms: Vec<f64> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1_442_695_040_888_963_407);
            (state >> 11) as f64 / (1_u64 << 53) as f64
        })
        .take(n * 5)
        .collect();
        let sums: Vec<f64> = VECTORS
            .chunks(3)
            .flat_map(|row| {
                row.iter().scan(0.0, |sum, v| {
                    *sum += v * v;
                    Some(*sum)
                })
            })
            .collect();
        let members: Vec<i32> = (0..2 * n as i32).map(|at| at % 2).collect();
        let offsets: Vec<i64> = (0..=n as i64).map(|sample| 2 * sample).collect();
        let projections = Projections {
            vectors: Matrix::new(&VECTORS, 2, 3).unwrap(),
            sums: proposing.then(|| Matrix::new(&sums, 2, 3).unwrap()),
            members: &members,
            offsets: &offsets,
            uniforms: Matrix::new(&uniforms, n, 5).unwrap(),
        };
        let items = sample_projections(projections, &Workers::serial()).unwrap();
        PAIRS.map(|(pair, _)| {
            items.chunks(2).filter(|items| *items == pair).count() as f64 / n as f64
        })
    }

    #[test]
    fn pairs_come_as_often_as_their_minors_say() {
        for proposing in [false, true] {
            for (share, (pair, exact)) in shares(proposing).into_iter().zip(PAIRS) {
                assert!(
                    (share - exact).abs() < 0.015,
                    "{pair:?}: {share}, not {exact}"
                );
            }
        }
    }

    #[test]
    fn vectors_that_leave_nothing_are_refused() {
        let projections = Projections {
            vectors: Matrix::new(&[1.0, 0.0, 1.0, 0.0], 2, 2).unwrap(),
            sums: None,
            members: &[0, 1],
            offsets: &[0, 2],
            uniforms: Matrix::new(&[0.5, 0.5], 1, 2).unwrap(),
        };
        let error = sample_projections(projections, &Workers::serial()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "vectors must be orthonormal: nothing is left after 1 items of sample 0"
        );
    }
}
