//! Plays the same film over the same networks with our player and those of others, in real Chromium, and compares them.
//!
//! A [`Circuit`] is a preset of `mock-origin` and the time it is watched for; an [`Entrant`] is a player. One run of one
//! entrant on one circuit is a heat: a fresh browser profile, a page that looks at the media element from outside
//! (`page/page.js`), and the origin's log as a second witness, whom [`referee`] asks. Every entrant has its default
//! configuration, on all circuits; each is brought into the page by one small file (`page/NAME.js`).

mod circuit;
pub mod command;
mod entrant;
mod figures;
mod goals;
mod heat;
mod html;
pub mod referee;
mod report;
mod stage;

pub use circuit::Circuit;
pub use entrant::Entrant;
pub use figures::{Figures, Heat, Outcome};
pub use goals::Verdict;
