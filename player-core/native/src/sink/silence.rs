//! When to look for an audio output again.
//!
//! A sound server moves playing streams itself when the user chooses another device or unplugs one. This is for when
//! there is none left, or the server itself is gone.

use std::sync::mpsc::{Receiver, TryRecvError, sync_channel};
use std::time::{Duration, Instant};

use super::output;

/// The first look comes soon: a server that was restarted is back in a second.
const FIRST_WAIT: Duration = Duration::from_secs(1);
const LONGEST_WAIT: Duration = Duration::from_secs(16);
/// An output that is lost again this soon is no output.
const TOO_SOON: Duration = Duration::from_secs(5);

/// While nothing can be heard.
#[derive(Debug)]
pub(super) struct Silence {
    lost: Option<Instant>,
    wait: Duration,
    next: Next,
}

#[derive(Debug)]
enum Next {
    Look {
        at: Option<Instant>,
    },
    /// Devices are opened in a thread of its own: some take their time.
    Looking(Receiver<bool>),
}

impl Default for Silence {
    fn default() -> Self {
        Self { lost: None, wait: FIRST_WAIT, next: Next::Look { at: None } }
    }
}

impl Silence {
    /// An audio output is lost. Returns whether another may be opened at once.
    pub(super) fn begins(&mut self) -> bool {
        let now = Instant::now();
        let before = self.lost.replace(now);
        let is_new = before.is_none_or(|before| now.duration_since(before) > self.wait + TOO_SOON);
        if is_new {
            self.wait = FIRST_WAIT;
        }
        self.next = Next::Look { at: None };
        is_new
    }

    /// Looks for an audio output now and then, each time after a longer wait. Returns whether there is one.
    pub(super) fn is_over(&mut self) -> bool {
        let now = Instant::now();
        match &self.next {
            Next::Look { at: None } => self.next = Next::Look { at: Some(now + self.wait) },
            Next::Look { at: Some(at) } if now < *at => {}
            Next::Look { at: Some(_) } => {
                let (sender, found) = sync_channel(1);
                // Nobody listens any more when the player is gone.
                std::thread::spawn(move || sender.send(output::can_be_heard()));
                self.next = Next::Looking(found);
            }
            Next::Looking(found) => match found.try_recv() {
                Ok(true) => {
                    self.next = Next::Look { at: None };
                    return true;
                }
                Ok(false) | Err(TryRecvError::Disconnected) => {
                    self.wait = (self.wait * 2).min(LONGEST_WAIT);
                    self.next = Next::Look { at: None };
                }
                Err(TryRecvError::Empty) => {}
            },
        }
        false
    }
}
