//! What is read next, brought into the cache a little at a time: all at once would wait for the memory.

use crate::simd::Target;

/// Values in a line of the cache.
const LINE: usize = 16;

/// One of `n` parts of values, of about equal length.
pub(crate) fn part(values: &[f32], at: usize, n: usize) -> &[f32] {
    let cut = |at: usize| values.len() * at.min(n) / n.max(1);
    &values[cut(at)..cut(at + 1)]
}

/// Asks for values to be brought into the second cache.
#[inline(always)]
pub(crate) fn fetch<T: Target>(values: &[f32]) {
    for line in values.chunks(LINE) {
        T::prefetch_to_read(line.as_ptr());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_parts_are_the_whole() {
        let values: Vec<f32> = (0..11_u8).map(f32::from).collect();
        for n in 1..14 {
            let parts: Vec<f32> = (0..n)
                .flat_map(|at| part(&values, at, n))
                .copied()
                .collect();
            assert_eq!(parts, values);
        }
        assert!(part(&values, 0, 0).is_empty());
    }
}
