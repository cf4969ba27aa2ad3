//! The one thread that writes. Jobs that wait are done in one transaction, each in a savepoint of its own, and
//! answered when the transaction is on disk.

use std::sync::mpsc;
use std::thread::JoinHandle;

use rusqlite::{Connection, ErrorCode};
use tokio::sync::oneshot;

use crate::store::StoreError;

/// Jobs done in one transaction: many, because a commit costs a write to disk, and not endlessly many, because those
/// who wait for the first wait for the last.
const BATCH: usize = 64;

/// Does the work and says whether it is to be kept; the second half answers the caller once that is certain.
type Job = Box<dyn FnOnce(&Connection) -> (bool, Answer) + Send>;
type Answer = Box<dyn FnOnce(Result<(), CommitFailure>) + Send>;

/// Why the transaction around a job is not on disk.
#[derive(Clone, Debug)]
struct CommitFailure {
    full: bool,
    reason: String,
}

/// Handle of the writer thread. Dropping it lets the thread finish what it was given and waits for that.
pub(super) struct Writer {
    jobs: Option<mpsc::Sender<Job>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection) -> Self {
        let (jobs, queue) = mpsc::channel();
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(&connection, &queue))
            .expect("a thread can be started while the server starts");
        Self { jobs: Some(jobs), thread: Some(thread) }
    }

    /// Does `work` in a transaction; returns when it is on disk. An error undoes all that `work` did.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let job: Job = Box::new(move |connection| {
            let outcome = work(connection);
            let keep = outcome.is_ok();
            let answer: Answer = Box::new(move |committed| {
                let outcome =
                    outcome.map_err(told).and_then(|value| committed.map(|()| value).map_err(StoreError::from));
                // Whoever gave up waiting does not need the answer.
                drop(reply.send(outcome));
            });
            (keep, answer)
        });
        self.jobs.as_ref().ok_or(StoreError::Closed)?.send(job).map_err(|_| StoreError::Closed)?;
        answer.await.map_err(|_| StoreError::Closed)?
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that writes the database has panicked");
        }
    }
}

impl From<CommitFailure> for StoreError {
    fn from(failure: CommitFailure) -> Self {
        if failure.full { Self::DiskFull } else { Self::NotCommitted { reason: failure.reason } }
    }
}

/// A full disk has a name of its own, wherever it shows.
fn told(error: StoreError) -> StoreError {
    match error {
        StoreError::Database { source } if is_full(&source) => StoreError::DiskFull,
        other @ (StoreError::Database { .. }
        | StoreError::Missing(_)
        | StoreError::DiskFull
        | StoreError::Closed
        | StoreError::NotCommitted { .. }
        | StoreError::Migration { .. }
        | StoreError::Corrupt { .. }) => other,
    }
}

fn is_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(ErrorCode::DiskFull)
}

fn run(connection: &Connection, queue: &mpsc::Receiver<Job>) {
    while let Ok(first) = queue.recv() {
        let mut answers = Vec::new();
        let outcome = batch(connection, std::iter::once(first).chain(queue.try_iter()).take(BATCH), &mut answers);
        let outcome = outcome.map_err(|error| CommitFailure { full: is_full(&error), reason: error.to_string() });
        if outcome.is_err() && !connection.is_autocommit() {
            drop(connection.execute_batch("ROLLBACK"));
        }
        for answer in answers {
            answer(outcome.clone());
        }
    }
}

/// Runs jobs inside one transaction. Jobs that were not begun when it failed are dropped, which answers them too.
fn batch(
    connection: &Connection,
    jobs: impl Iterator<Item = Job>,
    answers: &mut Vec<Answer>,
) -> Result<(), rusqlite::Error> {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    for job in jobs {
        connection.execute_batch("SAVEPOINT job")?;
        let (keep, answer) = job(connection);
        answers.push(answer);
        // Some failures, a full disk among them, end the whole transaction by themselves.
        if connection.is_autocommit() {
            return Err(rusqlite::Error::SqliteFailure(
                rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_FULL),
                Some("the transaction was rolled back".to_owned()),
            ));
        }
        connection.execute_batch(if keep { "RELEASE job" } else { "ROLLBACK TO job; RELEASE job" })?;
    }
    connection.execute_batch("COMMIT")
}
