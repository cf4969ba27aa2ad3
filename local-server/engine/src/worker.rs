//! The media worker: a process of its own in which everything that touches GStreamer runs.
//!
//! It is the program's own executable started again with `media-worker`, and does one job. Its standard input is a
//! socket to the server: the job and the file come in, [`protocol`] messages go out. A slow reader slows it down, and
//! it is stopped by killing it, at any time: nothing it does outlives it. When the server is gone it ends by itself.

mod audio_head;
mod discover;
mod frame_grid;
pub(crate) mod process;
pub(crate) mod protocol;
mod sound_grid;
mod still;
mod video_head;

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::mem::MaybeUninit;
use std::os::fd::AsRawFd;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use rustix::event::{PollFd, PollFlags};
use rustix::net::{RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags};

use protocol::{Job, Message};

use crate::gst;

/// How much a worker stands back behind delivery, and behind that jobs that nobody watches.
const NICE_PLAYBACK: i32 = 5;
const NICE_BACKGROUND: i32 = 10;

/// How to start a media worker: the running executable again, with the argument that makes it one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerCommand {
    /// The executable.
    pub program: PathBuf,
    /// Its arguments, such as `media-worker`.
    pub arguments: Vec<OsString>,
}

impl WorkerCommand {
    /// The running executable with `media-worker` as its only argument.
    ///
    /// # Errors
    /// When the system does not tell where the executable is.
    pub fn current_exe() -> io::Result<Self> {
        Ok(Self { program: std::env::current_exe()?, arguments: vec!["media-worker".into()] })
    }
}

/// Runs this process as a media worker until its job is done or the server is gone. Standard input must be the socket
/// that the server made; anything else ends it at once.
pub fn worker_main() -> ExitCode {
    let Ok(socket) = rustix::io::dup(io::stdin()).map(UnixStream::from) else { return ExitCode::FAILURE };
    // Loaded before the job comes: a worker that waits is ready to start.
    let loaded = gst::init();
    if loaded.is_ok() && !has_job(&socket) {
        gst::load_usual();
    }
    let Ok((job, file)) = receive(&socket) else {
        // The server is gone, or never was one.
        return ExitCode::FAILURE;
    };
    let nice = match job {
        Job::Video(_) | Job::Audio(_) | Job::VideoConfig(_) => NICE_PLAYBACK,
        Job::Discover | Job::Still(_) | Job::Nothing => NICE_BACKGROUND,
    };
    // Where it is refused, the job still gets done.
    let _ = rustix::process::nice(nice);
    let Ok(outlet) = socket.try_clone().map(Outlet::new) else { return ExitCode::FAILURE };
    let gate = Gate::default();
    std::thread::spawn({
        let gate = gate.clone();
        move || listen(socket, &gate)
    });

    let path = file.as_ref().map(|file| format!("/proc/self/fd/{}", file.as_raw_fd())).unwrap_or_default();
    let result = loaded.and_then(|()| match &job {
        Job::Video(job) => video_head::run(job, &path, &outlet, &gate),
        Job::Audio(job) => audio_head::run(job, &path, &outlet),
        Job::VideoConfig(settings) => video_head::config(settings, &outlet),
        Job::Discover => discover::run(&path, &outlet),
        Job::Still(job) => still::run(job, &path, &outlet),
        Job::Nothing => Ok(()),
    });
    outlet.send(&match result {
        Ok(()) => Message::Done,
        Err(fault) => Message::Failed(fault.to_string()),
    });
    ExitCode::SUCCESS
}

/// Where a job's messages go.
#[derive(Clone, Debug)]
struct Outlet(Arc<Mutex<UnixStream>>);

impl Outlet {
    fn new(socket: UnixStream) -> Self {
        Self(Arc::new(Mutex::new(socket)))
    }

    /// Sends a message; waits while the server does not read. Ends the process when the server is gone.
    fn send(&self, message: &Message) {
        if message.write(&mut *locked(&self.0)).is_err() {
            std::process::exit(1);
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whether the job is there already.
fn has_job(socket: &UnixStream) -> bool {
    let mut wanted = [PollFd::new(socket, PollFlags::IN)];
    let at_once = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    !matches!(rustix::event::poll(&mut wanted, Some(&at_once)), Ok(0))
}

/// Waits for the job line and the file beside it.
fn receive(socket: &UnixStream) -> io::Result<(Job, Option<File>)> {
    let mut line = vec![0; protocol::MAX_JOB];
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(1))];
    let mut beside = RecvAncillaryBuffer::new(&mut space);
    let mut into = [io::IoSliceMut::new(&mut line)];
    let received = rustix::net::recvmsg(socket, &mut into, &mut beside, RecvFlags::CMSG_CLOEXEC)?;
    let file = beside.drain().find_map(|message| {
        if let RecvAncillaryMessage::ScmRights(mut files) = message { files.next().map(File::from) } else { None }
    });
    line.truncate(received.bytes);
    let line = protocol::read_line(&mut &*socket, line)?;
    Ok((serde_json::from_slice(&line)?, file))
}

/// Holds a head back while others are in a hurry.
#[derive(Clone, Debug, Default)]
struct Gate(Arc<(Mutex<bool>, Condvar)>);

impl Gate {
    fn set_closed(&self, closed: bool) {
        *locked(&self.0.0) = closed;
        self.0.1.notify_all();
    }

    /// Waits while the gate is closed.
    fn pass(&self) {
        let closed = locked(&self.0.0);
        drop(self.0.1.wait_while(closed, |closed| *closed).unwrap_or_else(PoisonError::into_inner));
    }
}

/// Does what the server says, and ends this process when the server closes its end, which it also does by dying.
fn listen(mut socket: UnixStream, gate: &Gate) {
    let mut byte = [0];
    while matches!(socket.read(&mut byte), Ok(1..)) {
        gate.set_closed(byte[0] == protocol::HOLD);
    }
    std::process::exit(0);
}
