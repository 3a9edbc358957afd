//! Rows that are equal, value for value.

use crate::error::Result;
use crate::matrix::{Element, Matrix};
use crate::memory::{Growing, filled, room};
use crate::parallel::Workers;
use crate::similarity::real::Embedding;

/// Rows that a thread reads at a time.
const ROWS: usize = 256;

/// An odd number near 2⁶⁴ / φ: multiplying by it spreads bits upwards.
const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;

/// For every row of `x` the first row that is equal to it.
///
/// # Errors
/// If there is not the memory, or as [`Workers::run`].
pub(super) fn first_equal<E: Embedding>(
    x: Matrix<'_, E>,
    workers: &Workers<'_>,
) -> Result<Vec<u32>> {
    let n = x.n_rows();
    let mut hashed = filled((0_u64, 0_u32), n)?;
    workers.run(hashed.chunks_mut(ROWS).enumerate(), |(chunk, out)| {
        for (row, out) in (chunk * ROWS..).zip(out) {
            *out = (hash(x.row(row)), row as u32);
        }
        Ok(())
    })?;
    hashed.sort_unstable();
    let mut first = filled(0, n)?;
    // Of the rows of one hash those that differ: almost always one.
    let mut different = room::<u32>(1)?;
    for alike in hashed.chunk_by(|one, other| one.0 == other.0) {
        different.clear();
        for &(_, row) in alike {
            let equal = |&&other: &&u32| are_equal(x.row(row as usize), x.row(other as usize));
            first[row as usize] = if let Some(&other) = different.iter().find(equal) {
                other
            } else {
                different.pushed(row)?;
                row
            };
        }
    }
    Ok(first)
}

/// Zero is zero with either sign.
fn bits<E: Element>(value: E) -> u64 {
    (value.widen() + 0.0).to_bits()
}

fn are_equal<E: Element>(one: &[E], other: &[E]) -> bool {
    let mut pairs = one.iter().zip(other);
    pairs.all(|(one, other)| one.widen() == other.widen())
}

fn hash<E: Element>(row: &[E]) -> u64 {
    let mut lanes = [1_u64, 2, 3, 4];
    let (fours, rest) = row.as_chunks::<4>();
    let mix = |hash: u64, bits: u64| (hash.rotate_left(23) ^ bits).wrapping_mul(SPREAD);
    for values in fours {
        for (lane, &value) in lanes.iter_mut().zip(values) {
            *lane = mix(*lane, bits(value));
        }
    }
    let lanes = lanes
        .into_iter()
        .chain(rest.iter().map(|&value| bits(value)));
    lanes.fold(0, |hash, lane| mix(hash, lane ^ lane >> 32))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_rows_are_found_whatever_the_sign_of_zero() {
        let x = [1.0_f32, 0.0, 2.0, 3.0, 1.0, -0.0, 3.0, 2.0, 2.0, 3.0];
        let x = Matrix::new(&x, 5, 2).unwrap();
        let first = first_equal(x, &Workers::serial()).unwrap();
        assert_eq!(first, [0, 1, 0, 3, 1]);
    }
}
