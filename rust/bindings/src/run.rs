//! Running a kernel: the GIL released, Ctrl-C obeyed, errors as Python exceptions.

use std::sync::{Mutex, PoisonError};

use prefmath_core::{Error, Result, Workers};
use pyo3::exceptions::{PyKeyboardInterrupt, PyRuntimeError, PyValueError};
use pyo3::prelude::*;

/// Runs `kernel` without the GIL on `n_threads` threads; a signal handler that raises ends it with what was raised.
pub fn detached<R: Send>(
    py: Python<'_>,
    n_threads: usize,
    kernel: impl FnOnce(&Workers<'_>) -> Result<R> + Send,
) -> PyResult<R> {
    let raised: Mutex<Option<PyErr>> = Mutex::new(None);
    let interrupted = || {
        Python::attach(|py| py.check_signals().err()).is_some_and(|error| {
            raised
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(error);
            true
        })
    };
    let result = py.detach(|| kernel(&Workers::new(n_threads, &interrupted)));
    result.map_err(|error| match error {
        Error::Interrupted => raised
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        Error::Threads { .. } => PyRuntimeError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    })
}

/// An error of the core that was met before the GIL was released.
pub fn refused(error: Error) -> PyErr {
    PyValueError::new_err(error.to_string())
}
