//! Memory that may be refused: what grows with the arguments is asked for here, and [`Error::Memory`] says how much was asked.
//!
//! Rust's own `vec!`, `with_capacity` and `collect` end the process where the system refuses memory. They stay where sizes are
//! bounded whatever the arguments: the scratch of a thread for a block of rows, and lists with an entry a task.

use crate::error::{Error, Result};

/// An empty vector with room for `n` values.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn room<T>(n: usize) -> Result<Vec<T>> {
    let mut out = Vec::new();
    out.reserving(n)?;
    Ok(out)
}

/// A vector of `n` equal values.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn filled<T: Clone>(value: T, n: usize) -> Result<Vec<T>> {
    let mut out = room(n)?;
    out.resize(n, value);
    Ok(out)
}

/// A vector of `n` zeros that the system hands out when they are first touched: for large results that threads fill.
///
/// The memory is asked for before it is taken: only another thread that takes it in between could end the process.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn zeroed<T: Clone + Default>(n: usize) -> Result<Vec<T>> {
    drop(room::<T>(n)?);
    Ok(vec![T::default(); n])
}

/// The values, whose number is known.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn gathered<T>(values: impl ExactSizeIterator<Item = T>) -> Result<Vec<T>> {
    let mut out = room(values.len())?;
    out.extend(values);
    Ok(out)
}

/// A copy of the values.
///
/// # Errors
/// If there is not so much memory.
pub(crate) fn copied<T: Copy>(values: &[T]) -> Result<Vec<T>> {
    let mut out = room(values.len())?;
    out.extend_from_slice(values);
    Ok(out)
}

/// The product of sizes, as the number of values that are to be kept.
///
/// # Errors
/// If no memory could hold them.
pub(crate) fn product<const N: usize>(sizes: [usize; N]) -> Result<usize> {
    // More bytes than there are addresses are refused here, so that no product of a size with that of a value overflows.
    sizes
        .iter()
        .try_fold(1_usize, |product, &size| product.checked_mul(size))
        .filter(|&product| isize::try_from(product).is_ok())
        .ok_or_else(|| refused(usize::MAX))
}

/// Growth that may be refused.
pub(crate) trait Growing<T> {
    /// Makes room for `n` values more, and no more than these.
    ///
    /// # Errors
    /// If there is not so much memory.
    fn reserving(&mut self, n: usize) -> Result<()>;
    /// As `resize`.
    ///
    /// # Errors
    /// If there is not so much memory.
    fn resized(&mut self, n: usize, value: T) -> Result<()>
    where
        T: Clone;
    /// As `extend_from_slice`, with room to grow on.
    ///
    /// # Errors
    /// If there is not so much memory.
    fn extended(&mut self, values: &[T]) -> Result<()>
    where
        T: Copy;
    /// As `push`.
    ///
    /// # Errors
    /// If there is not so much memory.
    fn pushed(&mut self, value: T) -> Result<()>;
}

impl<T> Growing<T> for Vec<T> {
    fn reserving(&mut self, n: usize) -> Result<()> {
        self.try_reserve_exact(n)
            .map_err(|_| refused(n.saturating_mul(size_of::<T>())))
    }

    fn resized(&mut self, n: usize, value: T) -> Result<()>
    where
        T: Clone,
    {
        self.reserving(n.saturating_sub(self.len()))?;
        self.resize(n, value);
        Ok(())
    }

    fn extended(&mut self, values: &[T]) -> Result<()>
    where
        T: Copy,
    {
        self.try_reserve(values.len()).map_err(|_| {
            let n = self.len().saturating_add(values.len());
            refused(n.saturating_mul(size_of::<T>()))
        })?;
        self.extend_from_slice(values);
        Ok(())
    }

    #[inline(always)]
    fn pushed(&mut self, value: T) -> Result<()> {
        if self.len() == self.capacity() {
            self.try_reserve(1)
                .map_err(|_| refused((2 * self.len()).saturating_mul(size_of::<T>())))?;
        }
        self.push(value);
        Ok(())
    }
}

#[cold]
fn refused(bytes: usize) -> Error {
    Error::Memory { bytes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::hint::black_box;

    #[test]
    fn what_no_memory_holds_is_refused_and_not_asked_for() {
        let bytes = usize::MAX;
        assert_eq!(room::<f64>(1 << 62).err(), Some(Error::Memory { bytes }));
        // Looked at, or the compiler would leave out an allocation that nothing reads.
        let bytes_of = |n| black_box(filled(0_u8, n)).err();
        assert_eq!(bytes_of(1 << 62), Some(Error::Memory { bytes: 1 << 62 }));
        assert_eq!(
            product([1 << 31, 1 << 31, 4]).err(),
            Some(Error::Memory { bytes })
        );
        assert_eq!(product([3, 5]), Ok(15));
        assert_eq!(product([1 << 62, 0]), Ok(0));
    }

    #[test]
    fn what_fits_is_what_was_asked_for() {
        assert_eq!(filled(7, 3), Ok(vec![7; 3]));
        assert_eq!(gathered(0..3), Ok(vec![0, 1, 2]));
        let mut values = copied(&[1, 2]).unwrap();
        values.resized(3, 9).unwrap();
        values.extended(&[4]).unwrap();
        values.pushed(5).unwrap();
        assert_eq!(values, [1, 2, 9, 4, 5]);
        values.resized(1, 0).unwrap();
        assert_eq!(values, [1]);
    }
}
