//! What the app's decisions need from the world, as a trait, so that they can be tested without a window system.
//!
//! `port/tauri.rs` is the real one, `port/dialogs.rs` its dialogs. Knows nothing about when or why it is called.

mod dialogs;
pub mod tauri;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use crate::settings::Settings;

/// Windows, dialogs, files and the embedded server, as far as [`crate::controller::Controller`] needs them.
pub trait ShellPort: Send + Sync + 'static {
    /// A running embedded server.
    type Server: EmbeddedServer;

    /// Reads what earlier runs kept; defaults if there is nothing that can be read.
    fn load_settings(&self) -> Settings;

    /// Keeps `settings` for the next run. Failing to is not worth a dialog.
    fn save_settings(&self, settings: &Settings);

    /// Starts the server on the loopback; port 0 takes any that is free.
    fn start_server(&self, port: u16) -> impl Future<Output = Result<Self::Server, ServerFault>> + Send;

    /// Opens the app's window on the server's own pages.
    fn open_window(&self, server: SocketAddr) -> Result<(), WindowFault>;

    /// Lets the person choose a folder; `None` when they changed their mind.
    fn choose_folder(&self) -> impl Future<Output = Option<PathBuf>> + Send;

    /// Tells the person why the app cannot go on; returns when they have read it.
    fn tell_fault(&self, message: &str) -> impl Future<Output = ()> + Send;

    /// Ends the process with this exit status once its loop has come to rest.
    fn exit(&self, status: u8);
}

/// The embedded server while it runs.
pub trait EmbeddedServer: Send + 'static {
    /// Where it listens.
    fn address(&self) -> SocketAddr;

    /// Adds a folder to the library and has it scanned; a folder that is there already is no error.
    ///
    /// # Errors
    /// A sentence for the person.
    fn add_folder(&self, folder: &Path) -> impl Future<Output = Result<(), String>> + Send;

    /// Ends it: open replies are finished, media workers are gone when this returns.
    fn shutdown(self) -> impl Future<Output = ()> + Send;
}

/// Why the embedded server did not start.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ServerFault {
    /// Somebody else listens there.
    #[error("port {0} is taken")]
    PortTaken(u16),
    /// Another process has the data folder open.
    #[error("{} is in use", .0.display())]
    DataInUse(PathBuf),
    /// Anything else; the server's own words.
    #[error("{0}")]
    Other(String),
}

/// Why the window did not open; the window system's own words.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct WindowFault(pub String);
