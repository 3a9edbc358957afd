//! Running a kernel: the GIL released, Ctrl-C obeyed, progress told, errors as Python exceptions.

use std::sync::{Mutex, PoisonError};

use prefmath_core::{Error, Result, Workers};
use pyo3::exceptions::{PyKeyboardInterrupt, PyMemoryError, PyValueError};
use pyo3::prelude::*;

/// Runs `kernel` without the GIL on `n_threads` threads; a signal handler that raises ends it with what was raised.
pub fn detached<R: Send>(
    py: Python<'_>,
    n_threads: usize,
    kernel: impl FnOnce(&Workers<'_>) -> Result<R> + Send,
) -> PyResult<R> {
    detached_with(py, n_threads, None, kernel)
}

/// The same; `progress`, if any, is called with the tasks done and the tasks in total, and ends the kernel if it raises.
pub fn detached_with<R: Send>(
    py: Python<'_>,
    n_threads: usize,
    progress: Option<Py<PyAny>>,
    kernel: impl FnOnce(&Workers<'_>) -> Result<R> + Send,
) -> PyResult<R> {
    let raised: Mutex<Option<PyErr>> = Mutex::new(None);
    let stops = |called: PyResult<()>| {
        called.is_err_and(|error| {
            raised
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .replace(error);
            true
        })
    };
    let interrupted = || Python::attach(|py| stops(py.check_signals()));
    let reporter = progress.map(|progress| {
        move |done: usize, n_tasks: usize| {
            Python::attach(|py| stops(progress.call1(py, (done, n_tasks)).map(drop)))
        }
    });
    let result = py.detach(|| {
        let workers = Workers::new(n_threads, &interrupted);
        match &reporter {
            Some(reporter) => kernel(&workers.reporting(reporter)),
            None => kernel(&workers),
        }
    });
    result.map_err(|error| match error {
        Error::Interrupted => raised
            .into_inner()
            .unwrap_or_else(PoisonError::into_inner)
            .unwrap_or_else(|| PyKeyboardInterrupt::new_err(())),
        error => refused(error),
    })
}

/// An error of the core as the exception of its kind: memory and threads are what the system refused, all else the caller's.
pub fn refused(error: Error) -> PyErr {
    match error {
        Error::Memory { .. } | Error::Threads { .. } => PyMemoryError::new_err(error.to_string()),
        _ => PyValueError::new_err(error.to_string()),
    }
}
