//! Plays written down: the configuration and everything the core was told, with the time of it, which is all there is to
//! know, because the core has no other source of anything. Replayed anywhere, the core must answer as it did then; a
//! digest of every answer proves it.
//!
//! A file is eight bytes that say what it is, and a [`postcard`] document of the types of `wire.rs`, deflated. Pure: bytes in,
//! bytes out, so that drivers in browsers record too.
//!
//! ```
//! use player_core::{Command, Input, Now, Player, PlayerConfig};
//! use player_recording::{Driven, Recorder, Recording};
//!
//! let config = PlayerConfig::default();
//! let (mut player, mut recorder) = (Player::new(config.clone()), Recorder::new(Driven::Player, &config));
//! let url = "http://box.local/film/main.m3u8".parse()?;
//! let (now, input) = (Now::default(), Input::Command(Command::Open { url, start: None }));
//! let step = player.step(now, input.clone());
//! recorder.note(now, &input, &step);
//!
//! let recording = Recording::read(&recorder.finish()?)?;
//! let digest = recording.replay(|_moment, step, _core| assert_eq!(step.outputs.len(), 1))?;
//! assert_eq!(digest, recorder.digest());
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod digest;
mod driven;
mod wire;

use player_core::{Input, Now, PlayerConfig, Step};

pub use digest::Digest;
pub use driven::{Core, Driven};

/// The last byte is the version of the format.
const MAGIC: &[u8; 8] = b"matplay\x06";
/// So much is written down of a play: of a film ten hours or more, of a live stream most are its playlists.
const MOST_WRITTEN: usize = 32 << 20;
/// No recording is larger, unpacked; one that says so is none.
const MOST_READ: usize = 2 * MOST_WRITTEN;
/// Of ten: the playlists are what can be packed, and more effort does not help.
const EFFORT: u8 = 6;

/// Why something is no recording, or none that this version can play.
#[derive(Debug, thiserror::Error)]
pub enum RecordingError {
    /// The first bytes are others.
    #[error("this is no recording of a play, or one of another version")]
    Other,
    /// It ends too early, or was damaged.
    #[error("the recording is damaged or incomplete")]
    Damaged,
    /// It holds a value that there is not, such as a rule of another version.
    #[error("the recording holds {0}, which this version does not know")]
    Unknown(String),
    /// It cannot be written.
    #[error("the play cannot be written down")]
    Write(#[source] postcard::Error),
}

/// The core answered in another way than when the play was recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("step {index}, at {:.3} s, is answered in another way than when the play was recorded", now.since_origin().as_secs_f64())]
pub struct Differs {
    /// Which step, from zero.
    pub index: usize,
    /// When.
    pub now: Now,
}

/// Writes a play down while it is played, up to 32 MB of it, unpacked: what comes after that is left out.
#[derive(Debug)]
pub struct Recorder {
    head: wire::Head,
    /// Written at once, which takes a tenth of the memory.
    steps: Vec<u8>,
    count: usize,
    last: Now,
    digest: Digest,
    is_full: bool,
}

impl Recorder {
    /// For one with this configuration that has not been told anything yet.
    pub fn new(driven: Driven, config: &PlayerConfig) -> Self {
        Self {
            head: wire::Head { driven, config: wire::Config::from(config) },
            steps: Vec::new(),
            count: 0,
            last: Now::default(),
            digest: Digest::default(),
            is_full: false,
        }
    }

    /// Takes down what it was told, and that it answered like this.
    pub fn note(&mut self, now: Now, input: &Input, step: &Step) {
        if self.is_full {
            return;
        }
        let mut digest = self.digest;
        digest.take(step);
        let moment = wire::Moment {
            after_ns: wire::nanos(now.since(self.last)),
            input: wire::Input::from(input),
            digest: digest.short(),
        };
        match postcard::to_stdvec(&moment) {
            Ok(moment) if self.steps.len() + moment.len() < MOST_WRITTEN => self.steps.extend(moment),
            // What came after a gap could not be replayed.
            Ok(_) | Err(_) => {
                self.is_full = true;
                return;
            }
        }
        self.count += 1;
        self.last = self.last.max(now);
        self.digest = digest;
    }

    /// The digest of all answers that are written down.
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// The file.
    ///
    /// # Errors
    /// When there is no memory for it.
    pub fn finish(&self) -> Result<Vec<u8>, RecordingError> {
        // A list is its length, and what is in it.
        let mut plain = postcard::to_stdvec(&(&self.head, self.count)).map_err(RecordingError::Write)?;
        plain.extend_from_slice(&self.steps);
        let mut file = MAGIC.to_vec();
        file.extend(miniz_oxide::deflate::compress_to_vec(&plain, EFFORT));
        Ok(file)
    }
}

/// What the core was told at one moment.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// When, by the clock of the driver.
    pub now: Now,
    /// What.
    pub input: Input,
    digest: [u8; 2],
}

/// A play.
#[derive(Clone, Debug, PartialEq)]
pub struct Recording {
    /// What was told all of it.
    pub driven: Driven,
    /// How it was set.
    pub config: PlayerConfig,
    /// In order.
    pub moments: Vec<Moment>,
}

impl Recording {
    /// Reads a file.
    ///
    /// # Errors
    /// When it is none, or not whole, or of another version.
    pub fn read(file: &[u8]) -> Result<Self, RecordingError> {
        let packed = file.strip_prefix(MAGIC).ok_or(RecordingError::Other)?;
        let plain = miniz_oxide::inflate::decompress_to_vec_with_limit(packed, MOST_READ)
            .map_err(|_| RecordingError::Damaged)?;
        let recording: wire::Recording = postcard::from_bytes(&plain).map_err(|_| RecordingError::Damaged)?;
        let mut now = Now::default();
        let moment = |wire: wire::Moment| {
            now = now + std::time::Duration::from_nanos(wire.after_ns);
            Ok(Moment { now, input: wire.input.try_into()?, digest: wire.digest })
        };
        Ok(Self {
            driven: recording.head.driven,
            config: recording.head.config.try_into()?,
            moments: recording.steps.into_iter().map(moment).collect::<Result<_, RecordingError>>()?,
        })
    }

    /// Tells a new core all of it again. `watch` sees each moment, the answer, and the core after it. Gives the digest of all
    /// answers.
    ///
    /// # Errors
    /// When an answer is another than it was: what was recorded after it would make no sense.
    pub fn replay(&self, mut watch: impl FnMut(&Moment, &Step, &Core)) -> Result<Digest, Differs> {
        let mut core = Core::new(self.driven, self.config.clone());
        let mut digest = Digest::default();
        for (index, moment) in self.moments.iter().enumerate() {
            let step = core.step(moment.now, moment.input.clone());
            digest.take(&step);
            if digest.short() != moment.digest {
                return Err(Differs { index, now: moment.now });
            }
            watch(moment, &step, &core);
        }
        Ok(digest)
    }
}

#[cfg(test)]
mod tests;
