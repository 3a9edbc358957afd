//! The one error of the crate: every public function returns it, and its text is what a Python user reads.

use thiserror::Error;

/// What a kernel refuses, in one sentence that names argument, row and value.
#[derive(Clone, Debug, Error, PartialEq)]
pub enum Error {
    /// The shapes or offsets of the arguments do not belong together.
    #[error("{0}")]
    Shape(String),
    /// A matrix holds NaN or infinity.
    #[error("{argument} must be finite: {argument}[{row}, {column}] is {value}")]
    NotFinite {
        /// The argument's name.
        argument: &'static str,
        /// Row of the first bad value.
        row: usize,
        /// Column of the first bad value.
        column: usize,
        /// The value, as Python writes it.
        value: String,
    },
    /// A row without direction, where one is needed.
    #[error("cosine similarity needs non-zero rows: {argument}[{row}] is all zeros")]
    ZeroRow {
        /// The argument's name.
        argument: &'static str,
        /// The row.
        row: usize,
    },
    /// A result that its type cannot hold.
    #[error("{kind} cannot hold the {what}: {argument}[{row}] has norm {norm:.3e}")]
    Overflow {
        /// The type.
        kind: &'static str,
        /// The results.
        what: &'static str,
        /// The argument's name.
        argument: &'static str,
        /// The row with the large norm.
        row: usize,
        /// Its Euclidean norm.
        norm: f64,
    },
    /// A row whose squares float64 cannot hold.
    #[error("float64 cannot hold the squares of so {size} numbers: {argument}[{row}]")]
    Squares {
        /// Large or small.
        size: &'static str,
        /// The argument's name.
        argument: &'static str,
        /// The row.
        row: usize,
    },
    /// The operating system refused a thread.
    #[error("cannot start {n_threads} threads, ask for fewer with n_threads: {reason}")]
    Threads {
        /// How many were asked for.
        n_threads: usize,
        /// The system's words.
        reason: String,
    },
    /// The system refused memory.
    #[error("{}", memory(*bytes))]
    Memory {
        /// How many bytes were asked for; the largest number where no memory could hold them.
        bytes: usize,
    },
    /// The caller asked to stop (Ctrl-C).
    #[error("interrupted")]
    Interrupted,
}

impl Error {
    /// The same of an argument that is a part of a larger one, from row `first`.
    pub(crate) fn after(mut self, first: usize) -> Self {
        match &mut self {
            Self::NotFinite { row, .. }
            | Self::ZeroRow { row, .. }
            | Self::Overflow { row, .. }
            | Self::Squares { row, .. } => *row += first,
            Self::Shape(_) | Self::Threads { .. } | Self::Memory { .. } | Self::Interrupted => {}
        }
        self
    }
}

/// Says how much memory was refused.
fn memory(bytes: usize) -> String {
    if bytes > isize::MAX as usize {
        return "no memory could hold what was asked for".to_owned();
    }
    format!("cannot allocate {bytes} bytes")
}

/// Short for the result of every kernel.
pub type Result<T> = std::result::Result<T, Error>;

/// Refuses with a sentence unless the arguments fit together.
pub(crate) fn ensure(fits: bool, sentence: impl FnOnce() -> String) -> Result<()> {
    if fits {
        Ok(())
    } else {
        Err(Error::Shape(sentence()))
    }
}
