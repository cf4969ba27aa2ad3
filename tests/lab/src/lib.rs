//! Plays the player core in virtual time and reports what a viewer would have seen.
//!
//! The core is the one that the browser and the native player run; only its driver is simulated: a link
//! (`sim/link.rs`), an origin (`sim/origin.rs`) and a media element (`sim/element.rs`). Nothing sleeps, and the same
//! scenario gives the same report to the bit. [`race`] is another matter: real browsers, and players of others.

pub mod contract;
pub mod course;
pub mod lint;
pub mod movie;
pub mod page;
pub mod race;
pub mod replay;
pub mod report;
mod results;
pub mod scenario;
pub mod sim;
pub mod simulate;
pub mod soak;
mod source;
mod table;
mod verdict;

/// Recorded networks.
pub use network_traces as trace;
pub use network_traces::Trace;
pub use report::Report;
pub use results::print;
pub use scenario::Scenario;
pub use sim::{play, play_out};
