//! The task that decides when to scan: at the start, when asked, when a folder changed, and every so often where the
//! system does not tell of changes.

use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use tokio_util::sync::CancellationToken;

use super::watch_folders::Watch;
use super::{ScanRequest, Shared, scan};
use crate::domain::FolderTrouble;

/// A folder that keeps changing, such as during a long copy, is looked at every so many settle times.
const LONGEST_SETTLE: u32 = 10;

/// A look at everything even where folders are watched: network shares tell nothing about what others change.
const SLOW_POLL: Duration = Duration::from_secs(3_600);

/// Runs until the library shuts down.
pub(super) async fn run(shared: Arc<Shared>) {
    let mut watch =
        if shared.config.watch { Watch::new(Arc::clone(&shared.changed), shared.data.clone()) } else { Watch::none() };
    let mut next_look = Instant::now() + SLOW_POLL;
    while let Some(request) = wait(&shared, next_look).await {
        let cancel = shared.shutdown.child_token();
        *shared.running.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = cancel.clone();
        watch = scan_once(&shared, request, &cancel, watch).await;
        let polled = shared.progress.borrow().folders.iter().any(|folder| folder.trouble.is_some());
        next_look = Instant::now() + if polled { shared.config.poll() } else { SLOW_POLL };
    }
}

/// Watches first and scans then, so that no change falls in between.
async fn scan_once(shared: &Arc<Shared>, request: ScanRequest, cancel: &CancellationToken, watch: Watch) -> Watch {
    let folders = match shared.store.folders().await {
        Ok(folders) => folders,
        Err(error) => {
            tracing::error!(%error, "the folders of the library could not be read");
            return watch;
        }
    };
    let paths: Vec<_> = folders.iter().map(|folder| folder.path.clone()).collect();
    let every_s = shared.config.poll_s;
    let watching = tokio::task::spawn_blocking(move || {
        let mut watch = watch;
        let troubles: Vec<_> = paths
            .iter()
            .map(|path| {
                // Otherwise the scan says what is wrong.
                let there = path.is_dir();
                if !there {
                    watch.remove(path);
                }
                let refused = there.then(|| watch.add(path).err()).flatten();
                refused.map(|reason| FolderTrouble::NotWatched { every_s, reason })
            })
            .collect();
        (watch, troubles)
    });
    match watching.await {
        Ok((watch, troubles)) => {
            let folders = folders.into_iter().zip(troubles).collect();
            scan::run(shared, folders, request, cancel).await;
            watch
        }
        Err(error) => {
            tracing::error!(%error, "watching folders failed");
            Watch::none()
        }
    }
}

/// Waits for a reason to scan; `None` at shutdown.
async fn wait(shared: &Shared, next_look: Instant) -> Option<ScanRequest> {
    loop {
        if shared.shutdown.is_cancelled() {
            return None;
        }
        if let Some(request) = shared.take_request() {
            return Some(request);
        }
        tokio::select! {
            () = shared.shutdown.cancelled() => return None,
            () = shared.asked.notified() => {}
            () = shared.changed.notified() => {
                settle(shared).await;
                return Some(shared.take_request().unwrap_or_default());
            }
            () = sleep_until(next_look) => return Some(ScanRequest::default()),
        }
    }
}

/// Waits until a folder is quiet, but not for ever, and no longer than until somebody asks for a scan.
async fn settle(shared: &Shared) {
    let settle = shared.config.settle();
    let latest = Instant::now() + settle * LONGEST_SETTLE;
    loop {
        let quiet = (Instant::now() + settle).min(latest);
        let woken = async {
            tokio::select! {
                () = shared.changed.notified() => false,
                () = shared.asked.notified() => true,
                () = shared.shutdown.cancelled() => true,
            }
        };
        if timeout_at(quiet, woken).await.unwrap_or(true) || Instant::now() >= latest {
            return;
        }
    }
}
