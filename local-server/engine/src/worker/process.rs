//! The server's side of a media worker: start it, hand it a job and the file, read what it says, kill it.

use std::error::Error;
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use rustix::net::{SendAncillaryBuffer, SendAncillaryMessage, SendFlags};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::UnixStream;
use tokio::process::{Child, Command};

use super::WorkerCommand;
use super::protocol::{Found, GO_ON, HOLD, Job, Message, ProtocolError, message_length};

/// Why a worker's job has no result. The file may be good: another worker may succeed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    /// The process cannot be started.
    #[error("it cannot be started")]
    Start(#[source] io::Error),
    /// The process ended before its job was done.
    #[error("it died ({0})")]
    Died(String),
    /// Nothing came from it for too long.
    #[error("it said nothing for {} s", .0.as_secs())]
    Hung(Duration),
    /// What came from it is no message.
    #[error("it does not speak the protocol")]
    Garbled(#[from] ProtocolError),
}

/// How long the first scan of GStreamer's plugins may take on a slow disk.
const WARM_UP_LIMIT: Duration = Duration::from_secs(60);

/// How long a worker waits for a job that was expected.
const READY_FOR: Duration = Duration::from_secs(10);

/// Workers that wait for jobs, at most: one for pictures and one for sound of the viewer who is about to begin.
const MOST_READY: usize = 2;

/// Starts workers.
#[derive(Clone, Debug)]
pub(crate) struct Workers {
    command: WorkerCommand,
    registry: PathBuf,
    /// Those that have loaded GStreamer, or are about to, and when they were wanted last.
    ready: Arc<Mutex<Vec<(Instant, Idle)>>>,
    /// Where they are looked after: whoever makes one ready may run elsewhere, and end first.
    runtime: tokio::runtime::Handle,
}

/// A worker without a job.
#[derive(Debug)]
struct Idle {
    child: Child,
    socket: std::os::unix::net::UnixStream,
}

impl Workers {
    /// Workers are started by `command` and keep GStreamer's registry in `cache_dir`. They are looked after in the runtime
    /// of whoever calls this.
    pub(crate) fn new(command: WorkerCommand, cache_dir: &Path) -> Self {
        let runtime = tokio::runtime::Handle::current();
        Self { command, registry: cache_dir.join("gstreamer-registry.bin"), ready: Arc::default(), runtime }
    }

    /// Has so many workers load GStreamer, because jobs will come in a moment; they wait for a few seconds.
    pub(crate) fn make_ready(&self, count: usize) {
        let mut started = false;
        let mut ready = self.ready();
        ready.iter_mut().for_each(|(wanted, _)| *wanted = Instant::now());
        while ready.len() < count.min(MOST_READY) {
            match self.spawn() {
                Ok(idle) => ready.push((Instant::now(), idle)),
                Err(error) => {
                    // Whoever has a job will be told.
                    tracing::debug!(%error, "no worker could be made ready");
                    break;
                }
            }
            started = true;
        }
        drop(ready);
        if started {
            self.runtime.spawn(self.clone().dismiss_unwanted());
        }
    }

    async fn dismiss_unwanted(self) {
        while !self.ready().is_empty() {
            tokio::time::sleep(READY_FOR / 4).await;
            self.ready().retain(|(wanted, _)| wanted.elapsed() < READY_FOR);
        }
    }

    /// Lets go of the workers that wait for jobs.
    pub(crate) fn dismiss(&self) {
        self.ready().clear();
    }

    fn ready(&self) -> MutexGuard<'_, Vec<(Instant, Idle)>> {
        self.ready.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn take_ready(&self) -> Option<Idle> {
        let mut ready = self.ready();
        while !ready.is_empty() {
            let (_, mut idle) = ready.remove(0);
            if matches!(idle.child.try_wait(), Ok(None)) {
                return Some(idle);
            }
        }
        None
    }

    /// Starts a worker on a job. `silence` is how long it may say nothing before it counts as hung.
    pub(crate) fn start(&self, job: &Job, file: Option<&File>, silence: Duration) -> Result<Worker, WorkerError> {
        // Small jobs do not take what waits for a viewer.
        let ready = if matches!(job, Job::Video(_) | Job::Audio(_)) { self.take_ready() } else { None };
        let Idle { child, socket: ours } = match ready {
            Some(idle) => idle,
            None => self.spawn()?,
        };
        send_job(&ours, job, file).map_err(WorkerError::Start)?;
        ours.set_nonblocking(true).map_err(WorkerError::Start)?;
        let socket = BufReader::with_capacity(64 << 10, UnixStream::from_std(ours).map_err(WorkerError::Start)?);
        Ok(Worker { child, socket, silence })
    }

    fn spawn(&self) -> Result<Idle, WorkerError> {
        let _entered = self.runtime.enter();
        let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(WorkerError::Start)?;
        let mut command = Command::new(&self.command.program);
        command
            .args(&self.command.arguments)
            .env("GST_REGISTRY", &self.registry)
            .env("GST_DEBUG_NO_COLOR", "1")
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        let mut child = command.spawn().map_err(WorkerError::Start)?;
        // The command holds the worker's end of the socket; while it lives, the death of the worker is not seen.
        drop(command);
        if let Some(stderr) = child.stderr.take() {
            let worker = child.id();
            tokio::spawn(async move {
                let mut lines = BufReader::new(stderr).lines();
                while let Ok(Some(line)) = lines.next_line().await {
                    tracing::debug!(worker, "{line}");
                }
            });
        }
        Ok(Idle { child, socket: ours })
    }
}

/// What a worker answers to a job with one result.
#[derive(Clone, Debug)]
pub(crate) enum Answer {
    /// See [`Message::Config`].
    Config(Bytes),
    /// See [`Message::Found`].
    Found(Found),
    /// See [`Message::Still`].
    Still(Bytes),
    /// See [`Message::Failed`].
    Failed(String),
    /// Nothing but that it is done.
    Done,
}

impl Workers {
    /// Has a worker load GStreamer and end, so that the registry is there when it is needed: the first scan of all
    /// plugins takes up to a second.
    pub(crate) fn warm_up(&self) {
        let workers = self.clone();
        tokio::spawn(async move {
            if let Err(error) = workers.ask(&Job::Nothing, None, WARM_UP_LIMIT).await {
                tracing::warn!(%error, reason = error.source().map(tracing::field::display), "media workers do not work");
            }
        });
    }

    /// Has a job with one result done, within `limit`.
    pub(crate) async fn ask(&self, job: &Job, file: Option<&File>, limit: Duration) -> Result<Answer, WorkerError> {
        let mut worker = self.start(job, file, limit)?;
        let answer = async {
            loop {
                return Ok(match worker.next().await? {
                    Message::Config(config) => Answer::Config(config),
                    Message::Found(found) => Answer::Found(found),
                    Message::Still(jpeg) => Answer::Still(jpeg),
                    Message::Failed(reason) => Answer::Failed(reason),
                    Message::Done => Answer::Done,
                    Message::Unit(_) | Message::SegmentEnd { .. } => continue,
                });
            }
        };
        let answer = tokio::time::timeout(limit, answer).await.unwrap_or(Err(WorkerError::Hung(limit)));
        worker.kill().await;
        answer
    }
}

/// A worker at its job. Dropping it kills it.
#[derive(Debug)]
pub(crate) struct Worker {
    child: Child,
    socket: BufReader<UnixStream>,
    silence: Duration,
}

impl Worker {
    /// The next message. While this is not called, the worker soon waits.
    pub(crate) async fn next(&mut self) -> Result<Message, WorkerError> {
        let read = async {
            let mut prefix = [0; 4];
            self.socket.read_exact(&mut prefix).await.map_err(|_| Lost::Closed)?;
            let length = message_length(prefix).map_err(Lost::Protocol)?;
            let mut frame = BytesMut::zeroed(length);
            self.socket.read_exact(&mut frame).await.map_err(|_| Lost::Closed)?;
            Message::decode(frame.freeze()).map_err(Lost::Protocol)
        };
        match tokio::time::timeout(self.silence, read).await {
            Ok(Ok(message)) => Ok(message),
            Ok(Err(Lost::Protocol(error))) => Err(error.into()),
            Ok(Err(Lost::Closed)) => Err(WorkerError::Died(self.last_words().await)),
            Err(_) => Err(WorkerError::Hung(self.silence)),
        }
    }

    async fn last_words(&mut self) -> String {
        // It closed its socket, so it is ending; if it is not, it is killed.
        match tokio::time::timeout(Duration::from_secs(1), self.child.wait()).await {
            Ok(Ok(status)) => status.to_string(),
            Ok(Err(_)) | Err(_) => "socket closed".to_owned(),
        }
    }

    /// Has the worker stand still at the next frame, or go on: others are in a hurry, and what it made ahead would only wait.
    pub(crate) async fn hold(&mut self, hold: bool) {
        let word = if hold { HOLD } else { GO_ON };
        // A worker that is gone says so when it is read from.
        let _ = self.socket.get_mut().write_all(&[word]).await;
    }

    /// Kills the worker and waits until it is gone.
    pub(crate) async fn kill(mut self) {
        // Fails only when it is gone already.
        let _ = self.child.kill().await;
    }
}

enum Lost {
    Closed,
    Protocol(ProtocolError),
}

/// Sends the job line with the file beside its first byte.
fn send_job(socket: &std::os::unix::net::UnixStream, job: &Job, file: Option<&File>) -> io::Result<()> {
    let mut line = serde_json::to_vec(job)?;
    line.push(b'\n');
    let files = file.map(AsFd::as_fd);
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = SendAncillaryBuffer::new(&mut space);
    if let Some(file) = &files {
        beside.push(SendAncillaryMessage::ScmRights(std::slice::from_ref(file)));
    }
    let sent = rustix::net::sendmsg(socket, &[io::IoSlice::new(&line)], &mut beside, SendFlags::NOSIGNAL)?;
    io::Write::write_all(&mut &*socket, &line[sent..])
}
