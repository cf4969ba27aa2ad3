//! A tester's origin: made or real content behind a shaped, faulty link, and a log of what was asked.
//!
//! What is to happen is a [`Scenario`]: presentations ([`content`]), a network ([`network`], [`profile`]) and faults by
//! rule ([`fault`]); all three are decided by pure functions of the request, the time and a seed. [`Origin`] ties them to
//! a socket: `connection` takes connections, `answer` finds the reply, `body` sends it through the link ([`bucket`]),
//! [`log`] keeps what happened. Nothing helps one player: no hints, no sizes, no caching.

mod answer;
mod body;
pub mod bucket;
mod cache;
mod calendar;
mod connection;
pub mod content;
mod control;
pub mod fault;
mod har;
mod hash;
mod index;
pub mod log;
pub mod network;
mod note;
pub mod origin;
mod payload;
mod playlist;
pub mod presets;
pub mod profile;
pub mod scenario;
mod tls;
mod upstream;

pub use hash::Seed;
/// Recorded networks.
pub use network_traces as trace;
pub use origin::{INDEX, Origin, OriginConfig, StartError};
pub use profile::{Profile, ProfileError};
pub use scenario::{Scenario, ScenarioError};
