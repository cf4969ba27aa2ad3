//! The app's state and decisions: which port, which window, what to say when something is wrong, and how to end.
//!
//! Generic over [`ShellPort`]; knows no Tauri, no file and no socket.

use std::path::PathBuf;
use std::time::Duration;

use tokio::sync::Mutex;

use crate::port::{EmbeddedServer, ServerFault, ShellPort};
use crate::settings::Settings;

#[cfg(test)]
mod tests;

/// How long the server may take to end before the app ends without it. Its own drain time for open replies is
/// shorter; this is for a disk or a worker that hangs, because an app without a window must not live on unseen.
const SHUTDOWN_LIMIT: Duration = Duration::from_secs(15);

/// Exit status for a data folder that another process has open, as the server's own.
const STATUS_DATA_IN_USE: u8 = 3;
const STATUS_CLEAN: u8 = 0;
const STATUS_FAULT: u8 = 1;

/// Who ended the app.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quit {
    /// The person closed the window.
    WindowClosed,
    /// The system asked the process to end.
    Signal,
}

/// Where the app is in its life.
enum Phase<S> {
    Starting,
    Running(S),
    /// A fault is on screen; the status it will end with.
    Faulted(u8),
    Ended,
}

/// Decides for one running app.
pub struct Controller<P: ShellPort> {
    port: P,
    phase: Mutex<Phase<P::Server>>,
}

impl<P: ShellPort> Controller<P> {
    /// Makes the controller of an app that has not started its server.
    pub fn new(port: P) -> Self {
        Self { port, phase: Mutex::new(Phase::Starting) }
    }

    /// Starts the server, adds `folders` to the library and opens the window. A fault is told to the person and ends
    /// the app.
    pub async fn start(&self, folders: Vec<PathBuf>) {
        // Held over the whole start: whoever wants to quit waits for a server that can be shut down.
        let mut phase = self.phase.lock().await;
        if !matches!(*phase, Phase::Starting) {
            return;
        }
        match self.bring_up(folders).await {
            Ok(server) => *phase = Phase::Running(server),
            Err((status, message)) => {
                *phase = Phase::Faulted(status);
                drop(phase);
                self.port.tell_fault(&message).await;
                self.end(status).await;
            }
        }
    }

    /// Ends the app: the server first, then the process.
    pub async fn quit(&self, why: Quit) {
        tracing::info!(?why, "ending");
        let status = match *self.phase.lock().await {
            Phase::Faulted(status) => status,
            Phase::Starting | Phase::Running(_) | Phase::Ended => STATUS_CLEAN,
        };
        self.end(status).await;
    }

    /// Lets the person choose a folder and adds it to the library; `None` if they chose none.
    ///
    /// # Errors
    /// A sentence for the person.
    pub async fn add_folder(&self) -> Result<Option<PathBuf>, String> {
        // Not under the lock: the dialog may stay open for minutes, and the app must be able to end meanwhile.
        let Some(folder) = self.port.choose_folder().await else { return Ok(None) };
        match &*self.phase.lock().await {
            Phase::Running(server) => server.add_folder(&folder).await.map(|()| Some(folder)),
            Phase::Starting | Phase::Faulted(_) | Phase::Ended => Err("the app is ending".to_owned()),
        }
    }

    async fn bring_up(&self, folders: Vec<PathBuf>) -> Result<P::Server, (u8, String)> {
        let settings = self.port.load_settings();
        let server = match self.start_server(settings.port).await {
            Ok(server) => server,
            Err(fault) => return Err(Self::explain(&fault)),
        };
        let port = server.address().port();
        if port != settings.port {
            self.port.save_settings(&Settings { port });
        }
        for folder in folders {
            if let Err(reason) = server.add_folder(&folder).await {
                tracing::warn!(folder = %folder.display(), reason, "the folder was not added");
            }
        }
        if let Err(fault) = self.port.open_window(server.address()) {
            server.shutdown().await;
            return Err((STATUS_FAULT, format!("Matinee could not open its window: {fault}.")));
        }
        Ok(server)
    }

    /// On the port of the last run if it is free, because browser storage belongs to the address; else on any.
    async fn start_server(&self, port: u16) -> Result<P::Server, ServerFault> {
        match self.port.start_server(port).await {
            Err(ServerFault::PortTaken(taken)) if taken != 0 => {
                tracing::info!(port = taken, "the port of the last run is taken; another one is used");
                self.port.start_server(0).await
            }
            started => started,
        }
    }

    fn explain(fault: &ServerFault) -> (u8, String) {
        match fault {
            ServerFault::DataInUse(folder) => (
                STATUS_DATA_IN_USE,
                format!(
                    "Matinee is open already: another process uses its data folder, {}. Close it, then start Matinee again.",
                    folder.display()
                ),
            ),
            ServerFault::PortTaken(_) | ServerFault::Other(_) => {
                (STATUS_FAULT, format!("Matinee could not start its server: {fault}."))
            }
        }
    }

    async fn end(&self, status: u8) {
        let phase = std::mem::replace(&mut *self.phase.lock().await, Phase::Ended);
        match phase {
            Phase::Running(server) => {
                if tokio::time::timeout(SHUTDOWN_LIMIT, server.shutdown()).await.is_err() {
                    tracing::error!("the server did not end in time; the app ends without it");
                    return self.port.exit(STATUS_FAULT);
                }
            }
            // Whoever came first has the exit in hand.
            Phase::Ended => return,
            Phase::Starting | Phase::Faulted(_) => {}
        }
        self.port.exit(status);
    }
}
