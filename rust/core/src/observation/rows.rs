//! Rows of the utility table, as judgements name them.

use crate::error::{Error, Result};

/// Checks that values are rows of a table, or as low as `least`.
pub(crate) fn check_rows(name: &str, rows: &[i32], n_rows: usize, least: i32) -> Result<()> {
    let wrong = |row: i32| row < least || i64::from(row) >= n_rows as i64;
    // Without a branch inside a stretch the search is several times as fast.
    let stretch = rows
        .chunks(4096)
        .position(|rows| rows.iter().fold(false, |any, &row| any | wrong(row)));
    let Some(first) = stretch.map(|stretch| stretch * 4096) else {
        return Ok(());
    };
    let at = first
        + rows[first..]
            .iter()
            .position(|&row| wrong(row))
            .unwrap_or(0);
    Err(Error::Shape(format!(
        "{name} must be rows of a table of {n_rows}: {name}[{at}]={}",
        rows[at]
    )))
}
