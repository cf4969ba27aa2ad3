//! When to look for an audio output again.
//!
//! A sound server moves playing streams itself when the user chooses another device or unplugs one. This is for when
//! there is none left, or the server itself is gone.

use std::time::{Duration, Instant};

use super::output::speakers;

/// The first look comes soon: a server that was restarted is back in a second.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// Looking opens devices, which costs some milliseconds.
const LONGEST_WAIT: Duration = Duration::from_secs(16);

/// An output that is lost again this soon is no output.
const TOO_SOON: Duration = Duration::from_secs(5);

/// While nothing can be heard.
#[derive(Debug, Default)]
pub(super) struct Silence {
    look: Option<(Instant, Duration)>,
    lost: Option<Instant>,
}

impl Silence {
    /// An audio output is lost. Returns whether another may be opened at once.
    pub(super) fn begins(&mut self) -> bool {
        let before = self.lost.replace(Instant::now());
        before.is_none_or(|before| before.elapsed() > TOO_SOON)
    }

    /// Looks for an audio output, each time after a longer wait. Returns whether there is one.
    pub(super) fn may_be_over(&mut self) -> bool {
        let now = Instant::now();
        match self.look {
            None => self.look = Some((now + FIRST_LOOK, FIRST_LOOK)),
            Some((at, _)) if now < at => {}
            Some(_) if speakers().is_some() => {
                self.look = None;
                return true;
            }
            Some((_, waited)) => {
                let wait = (waited * 2).min(LONGEST_WAIT);
                self.look = Some((now + wait, wait));
            }
        }
        false
    }
}
