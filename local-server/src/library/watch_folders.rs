//! Says when something changed below the folders of the library, where the system tells.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use notify::event::{AccessKind, AccessMode};
use notify::{ErrorKind, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;

/// Watches folders for as long as it lives.
pub(super) struct Watch {
    watcher: Option<RecommendedWatcher>,
    watched: Vec<PathBuf>,
}

impl Watch {
    /// Sets `changed` whenever something below a watched folder changes, but for what is below `skip`.
    pub(super) fn new(changed: Arc<Notify>, skip: PathBuf) -> Self {
        let handler = move |event: notify::Result<notify::Event>| match event {
            Ok(event) if is_change(&event.kind) && !event.paths.iter().all(|path| path.starts_with(&skip)) => {
                changed.notify_one();
            }
            Ok(_) => {}
            // Events were lost, or a folder could not be followed: look at everything.
            Err(_) => changed.notify_one(),
        };
        let watcher = notify::recommended_watcher(handler);
        let watcher = watcher.inspect_err(|error| tracing::warn!(%error, "folders cannot be watched")).ok();
        Self { watcher, watched: Vec::new() }
    }

    /// Nothing is watched.
    pub(super) fn none() -> Self {
        Self { watcher: None, watched: Vec::new() }
    }

    /// Watches `folder`, if it is not watched already.
    ///
    /// # Errors
    /// In words, with what helps.
    pub(super) fn add(&mut self, folder: &Path) -> Result<(), String> {
        let Some(watcher) = &mut self.watcher else { return Err("watching is off or not possible here".to_owned()) };
        if self.watched.iter().any(|known| known == folder) {
            return Ok(());
        }
        match watcher.watch(folder, RecursiveMode::Recursive) {
            Ok(()) => {
                self.watched.push(folder.to_owned());
                Ok(())
            }
            Err(error) => {
                // Half a tree that is watched only uses up what others could watch.
                drop(watcher.unwatch(folder));
                Err(reason(&error))
            }
        }
    }

    /// Stops watching `folder`, so that it can be watched anew: it went away, or has other folders below it now.
    pub(super) fn remove(&mut self, folder: &Path) {
        if let Some(watcher) = &mut self.watcher
            && self.watched.iter().any(|known| known == folder)
        {
            drop(watcher.unwatch(folder));
            self.watched.retain(|known| known != folder);
        }
    }
}

fn is_change(kind: &EventKind) -> bool {
    match kind {
        EventKind::Access(access) => matches!(access, AccessKind::Close(AccessMode::Write)),
        EventKind::Any | EventKind::Create(_) | EventKind::Modify(_) | EventKind::Remove(_) | EventKind::Other => true,
    }
}

fn reason(error: &notify::Error) -> String {
    let full = match &error.kind {
        ErrorKind::MaxFilesWatch => true,
        ErrorKind::Io(io) => io.raw_os_error() == Some(rustix::io::Errno::NOSPC.raw_os_error()),
        ErrorKind::Generic(_) | ErrorKind::PathNotFound | ErrorKind::WatchNotFound | ErrorKind::InvalidConfig(_) => {
            false
        }
    };
    if full {
        "this system's limit of watched folders is reached; `sysctl fs.inotify.max_user_watches=524288` raises it"
            .to_owned()
    } else {
        error.to_string()
    }
}
