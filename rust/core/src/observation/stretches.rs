//! Loops over the classes whose length the compiler knows.

/// `by_classes!(n_classes, function(argument, …))` calls `function::<W>(first, argument, …)` for every stretch of `W`
/// classes from `first`: by eights, the rest by four, two and one. The function returns `W`.
macro_rules! by_classes {
    ($n_classes:expr, $function:ident($($argument:expr),* $(,)?)) => {
        let n_classes: usize = $n_classes;
        let mut first = 0;
        while first < n_classes {
            first += match n_classes - first {
                8.. => $function::<8>(first, $($argument),*),
                4.. => $function::<4>(first, $($argument),*),
                2.. => $function::<2>(first, $($argument),*),
                _ => $function::<1>(first, $($argument),*),
            };
        }
    };
}
