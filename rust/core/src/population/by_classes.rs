//! Classes taken several at a time.

/// The body for the first class and the number of classes of every stretch: by fours, the rest by two and one. No closure,
/// which would not be compiled for the instruction set.
macro_rules! by_classes {
    ($n_classes:expr, $first:ident, $width:ident => $body:expr) => {
        let mut $first = 0;
        while $first < $n_classes {
            let $width = match $n_classes - $first {
                4.. => 4,
                2.. => 2,
                _ => 1,
            };
            $body;
            $first += $width;
        }
    };
}
pub(super) use by_classes;
