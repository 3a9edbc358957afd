//! Rows of the utility table, as judgements name them.

use crate::error::{Error, Result};

/// Checks that values are rows of a table, or as low as `least`.
pub(crate) fn check_rows(name: &str, rows: &[i32], n_rows: usize, least: i32) -> Result<()> {
    if known(rows, n_rows, least) {
        return Ok(());
    }
    Err(refusal(name, rows, n_rows, least))
}

/// Whether values are rows of a table, or as low as `least`.
#[inline(always)]
pub(super) fn known(rows: &[i32], n_rows: usize, least: i32) -> bool {
    // Without a branch inside a stretch the search is several times as fast.
    rows.chunks(4096).all(|rows| {
        !rows
            .iter()
            .fold(false, |any, &row| any | wrong(row, n_rows, least))
    })
}

/// What is wrong with the first value that is no row.
#[cold]
pub(super) fn refusal(name: &str, rows: &[i32], n_rows: usize, least: i32) -> Error {
    let at = rows.iter().position(|&row| wrong(row, n_rows, least));
    Error::Shape(match at {
        Some(at) => format!(
            "{name} must be rows of a table of {n_rows}: {name}[{at}]={}",
            rows[at]
        ),
        None => format!("{name} must not be written to meanwhile"),
    })
}

#[inline(always)]
fn wrong(row: i32, n_rows: usize, least: i32) -> bool {
    row < least || i64::from(row) >= n_rows as i64
}
