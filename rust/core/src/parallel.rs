//! Threads: one lazily built pool, tasks handed out in order, results combined in order.
//!
//! Tasks are cut by the caller from the data alone, never from the number of threads, so that every thread count gives the
//! same bits. Errors are as repeatable: the one of the lowest task is returned.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, ThreadId};
use std::time::{Duration, Instant};

use rayon::{ThreadPool, ThreadPoolBuilder};

use crate::error::{Error, Result};

/// How often the calling thread asks whether to stop.
const POLL: Duration = Duration::from_millis(50);

/// How often it says how far it has come.
const REPORT: Duration = Duration::from_millis(100);

/// How a kernel may run: on how many threads, whom to ask whether to stop, and whom to tell how far it has come.
pub struct Workers<'a> {
    n_threads: usize,
    interrupted: Option<Timed<&'a (dyn Fn() -> bool + Sync)>>,
    reporter: Option<Timed<&'a Reporter<'a>>>,
    caller: ThreadId,
    stopped: AtomicBool,
}

/// Told how many tasks of a run are done, and how many there are; returns whether to stop.
pub type Reporter<'a> = dyn Fn(usize, usize) -> bool + Sync + 'a;

/// What is called now and then. Its clock runs on from one call of [`Workers::run`] to the next: many short runs make a
/// long one.
struct Timed<F> {
    call: F,
    every: Duration,
    called: Mutex<Instant>,
}

impl<F> Timed<F> {
    fn new(call: F, every: Duration) -> Self {
        let called = Mutex::new(Instant::now());
        Self {
            call,
            every,
            called,
        }
    }

    /// What to call, if its time has come.
    fn due(&self) -> Option<&F> {
        let mut called = lock(&self.called);
        if called.elapsed() < self.every {
            return None;
        }
        *called = Instant::now();
        Some(&self.call)
    }
}

impl<'a> Workers<'a> {
    /// `interrupted` is called on the calling thread alone, between tasks and by tasks that take long.
    pub fn new(n_threads: usize, interrupted: &'a (dyn Fn() -> bool + Sync)) -> Self {
        Self {
            n_threads: n_threads.max(1),
            interrupted: Some(Timed::new(interrupted, POLL)),
            reporter: None,
            caller: thread::current().id(),
            stopped: AtomicBool::new(false),
        }
    }

    /// The same, telling `reporter` how far each run has come; it too is called on the calling thread alone.
    #[must_use]
    pub fn reporting(self, reporter: &'a Reporter<'a>) -> Self {
        Self {
            reporter: Some(Timed::new(reporter, REPORT)),
            ..self
        }
    }

    /// The calling thread and no other; never interrupted.
    #[must_use]
    pub fn serial() -> Workers<'static> {
        Workers {
            n_threads: 1,
            interrupted: None,
            reporter: None,
            caller: thread::current().id(),
            stopped: AtomicBool::new(false),
        }
    }

    /// Whether a task that takes long should stop: the calling thread asks, the others hear of it.
    pub(crate) fn asked_to_stop(&self) -> bool {
        if thread::current().id() == self.caller {
            let interrupted = self.interrupted.as_ref().and_then(Timed::due);
            if interrupted.is_some_and(|interrupted| interrupted()) {
                self.stopped.store(true, Ordering::Relaxed);
            }
        }
        self.stopped.load(Ordering::Relaxed)
    }

    /// Whether it is time to stop, with `done` tasks of `n_tasks` behind.
    fn stops(&self, done: usize, n_tasks: usize) -> bool {
        let interrupted = self.interrupted.as_ref().and_then(Timed::due);
        let reporter = self.reporter.as_ref().and_then(Timed::due);
        interrupted.is_some_and(|interrupted| interrupted())
            || reporter.is_some_and(|reporter| reporter(done, n_tasks))
    }

    /// Runs `work` on every task.
    ///
    /// # Errors
    /// The error of the lowest task that failed, or [`Error::Interrupted`].
    pub fn run<T, I>(&self, tasks: I, work: impl Fn(T) -> Result<()> + Sync) -> Result<()>
    where
        T: Send,
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator + Send,
    {
        let mut tasks = tasks.into_iter();
        let n_tasks = tasks.len();
        if n_tasks == 1 {
            tasks.next().map_or(Ok(()), work)?;
            return if self.stops(1, 1) {
                Err(Error::Interrupted)
            } else {
                Ok(())
            };
        }
        let queue = Mutex::new(tasks.enumerate());
        let failure: Mutex<Option<(usize, Error)>> = Mutex::new(None);
        let (stop, done) = (AtomicBool::new(false), AtomicUsize::new(0));
        let fail = |task: usize, error: Error| {
            let mut first = lock(&failure);
            if first.as_ref().is_none_or(|(known, _)| task < *known) {
                *first = Some((task, error));
            }
            stop.store(true, Ordering::Relaxed);
        };
        let pull = |poll: &mut dyn FnMut()| {
            while !stop.load(Ordering::Relaxed) {
                let Some((index, task)) = lock(&queue).next() else {
                    return;
                };
                if let Err(error) = work(task) {
                    fail(index, error);
                }
                done.fetch_add(1, Ordering::Relaxed);
                poll();
            }
        };
        let mut poll = || {
            if self.stops(done.load(Ordering::Relaxed), n_tasks) {
                fail(0, Error::Interrupted);
            }
        };
        let helpers = self.n_threads.min(n_tasks) - usize::from(n_tasks > 0);
        if helpers == 0 {
            pull(&mut poll);
        } else {
            pool(helpers)?.in_place_scope(|scope| {
                for _ in 0..helpers {
                    scope.spawn(|_| pull(&mut || ()));
                }
                pull(&mut poll);
            });
        }
        let failure = failure.into_inner().unwrap_or_else(PoisonError::into_inner);
        failure.map_or(Ok(()), |(_, error)| Err(error))
    }

    /// Runs `work` on every task and hands the results to `combine` in the order of the tasks.
    ///
    /// A result is combined, and let go, as soon as its turn has come: memory holds little more than a result a thread.
    ///
    /// # Errors
    /// As [`Workers::run`].
    pub fn fold<T, R, I>(
        &self,
        tasks: I,
        work: impl Fn(T) -> Result<R> + Sync,
        combine: impl FnMut(R) + Send,
    ) -> Result<()>
    where
        T: Send,
        R: Send,
        I: IntoIterator<Item = T>,
        I::IntoIter: ExactSizeIterator + Send,
    {
        let turn = Mutex::new((0_usize, BTreeMap::new(), combine));
        // `enumerate` of an exact iterator is exact, so that `run` still knows how many tasks there are.
        self.run(tasks.into_iter().enumerate(), |(index, task)| {
            let result = work(task)?;
            let mut guard = lock(&turn);
            let (next, waiting, combine) = &mut *guard;
            waiting.insert(index, result);
            while let Some(result) = waiting.remove(next) {
                combine(result);
                *next += 1;
            }
            Ok(())
        })
    }
}

/// A panic elsewhere must not become a second one here: the data behind a poisoned lock is still whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Pool {
    process: u32,
    size: usize,
    threads: Arc<ThreadPool>,
}

static POOL: Mutex<Option<Pool>> = Mutex::new(None);

/// The process's pool, built on first use and rebuilt when more threads are asked for or after a fork.
fn pool(size: usize) -> Result<Arc<ThreadPool>> {
    let process = std::process::id();
    let mut slot = lock(&POOL);
    if let Some(pool) = slot.as_ref()
        && pool.process == process
        && pool.size >= size
    {
        return Ok(Arc::clone(&pool.threads));
    }
    let threads = ThreadPoolBuilder::new()
        .num_threads(size)
        .thread_name(|index| format!("prefmath-{index}"))
        .build()
        .map_err(|error| Error::Threads {
            n_threads: size + 1,
            reason: error.to_string(),
        })?;
    let threads = Arc::new(threads);
    let fresh = Pool {
        process,
        size,
        threads: Arc::clone(&threads),
    };
    if let Some(old) = slot.replace(fresh)
        && old.process != process
    {
        // Its threads did not survive the fork; shutting them down would wait for them.
        std::mem::forget(old);
    }
    Ok(threads)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fold_combines_in_order_on_any_number_of_threads() {
        for n_threads in [1, 2, 5] {
            let workers = Workers::new(n_threads, &|| false);
            let mut seen = Vec::new();
            workers
                .fold(0..100, |task| Ok(task * task), |result| seen.push(result))
                .unwrap();
            assert_eq!(seen, (0..100).map(|task| task * task).collect::<Vec<_>>());
        }
    }

    #[test]
    fn the_lowest_failing_task_is_reported() {
        for n_threads in [1, 3] {
            let workers = Workers::new(n_threads, &|| false);
            let result = workers.run(0..64_usize, |row| {
                if row % 10 == 7 {
                    Err(Error::ZeroRow { argument: "X", row })
                } else {
                    Ok(())
                }
            });
            assert_eq!(
                result,
                Err(Error::ZeroRow {
                    argument: "X",
                    row: 7
                })
            );
        }
    }

    #[test]
    fn a_long_run_stops_when_asked() {
        let workers = Workers::new(2, &|| true);
        let nap = |_| {
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        };
        assert_eq!(workers.run(0..10_000, nap), Err(Error::Interrupted));
    }

    #[test]
    fn many_short_runs_stop_when_asked() {
        let workers = Workers::new(2, &|| true);
        let nap = |_| {
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        };
        for n_tasks in [1, 2] {
            let runs = (0..1000).try_for_each(|_| workers.run(0..n_tasks, nap));
            assert_eq!(runs, Err(Error::Interrupted));
        }
    }

    #[test]
    fn a_long_run_says_how_far_it_has_come() {
        for n_threads in [1, 2] {
            let told = Mutex::new(Vec::new());
            let report = |done, n_tasks| {
                lock(&told).push((done, n_tasks));
                false
            };
            let workers = Workers::new(n_threads, &|| false).reporting(&report);
            let nap = |_| {
                std::thread::sleep(Duration::from_millis(5));
                Ok(())
            };
            workers.run(0..200, nap).unwrap();
            let told = lock(&told);
            assert!(told.len() >= 2);
            assert!(told.is_sorted_by(|one, two| one.0 < two.0));
            assert!(
                told.iter()
                    .all(|&(done, n_tasks)| done <= 200 && n_tasks == 200)
            );
        }
    }

    #[test]
    fn a_reporter_may_stop_a_run() {
        let workers = Workers::new(2, &|| false);
        let workers = workers.reporting(&|_, _| true);
        let nap = |_| {
            std::thread::sleep(Duration::from_millis(5));
            Ok(())
        };
        assert_eq!(workers.run(0..10_000, nap), Err(Error::Interrupted));
    }

    #[test]
    fn no_task_is_no_work() {
        assert_eq!(
            Workers::new(4, &|| false).run(0..0, |_: i32| Ok(())),
            Ok(())
        );
    }
}
