//! A shaped link before a server: what the system tests and the head-to-head runs play through.
//!
//! [`profile`] says how fast the link is when (pure), [`bucket`] makes all connections together no faster than that,
//! [`proxy`] passes requests to the real server through it, [`log`] keeps what happened, [`origin`] ties them to a
//! socket. It adds nothing that helps one player: no hints, no sizes, no caching of its own.

pub mod bucket;
mod control;
pub mod log;
pub mod origin;
pub mod profile;
mod proxy;

pub use origin::{Origin, OriginConfig, StartError};
pub use profile::{Profile, ProfileError};
