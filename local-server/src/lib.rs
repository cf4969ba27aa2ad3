//! The home server: people, library, state and delivery. Runs as `matinee-server` and inside the desktop app.
//!
//! Start at [`Server`]; [`app`] puts the parts together, [`http`] has all routes on one page.

pub mod app;
pub mod config;
pub mod domain;
pub mod error;
pub mod http;
pub mod library;
mod server;
pub mod store;
#[cfg(test)]
mod testing;

pub use config::{Config, ConfigError, ConfigFault, Overrides};
/// What `<executable> media-worker` runs; whoever embeds a server must offer it.
pub use media_engine::worker_main;
pub use server::{Server, StartError};
