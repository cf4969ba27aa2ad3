//! Encodes test cards and clips by starting `gst-launch-1.0`, once: what was made is kept in the user's cache folder.
//!
//! A program rather than a library, so that an origin whose content needs no encoder runs without GStreamer.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::UNIX_EPOCH;

use media_model::{BitsPerSecond, MediaDuration, Resolution};

use crate::hash::Seed;

/// How long a card is before it begins anew: a whole number of frames, of keyframe distances and of AAC packets, so that
/// round joins round without a hole.
pub(super) const LENGTH: MediaDuration = MediaDuration::from_secs(120);

/// Frames per second of cards, the best first: segments are of whole frames.
const FRAMES_PER_S: [u64; 5] = [24, 25, 30, 50, 60];
/// What is wrong with a length for which there are no [`Frames`].
pub(crate) const NO_WHOLE_FRAMES: &str =
    "the card has 24, 25, 30, 50 or 60 frames a second, and its segments whole ones: any multiple of 0.02 does";
/// Segments of many lengths are cut from one card, which has keyframes so far apart.
const KEYFRAME: MediaDuration = MediaDuration::from_millis(500);
/// Clips are brought to this, so that their rungs are cut at the same frames.
const CLIP_FRAMES_PER_S: u64 = 25;
/// Another one whenever what is encoded changes under an old name.
const EDITION: &[u8] = b"1";
/// Stands for the clip in a pipeline.
const CLIP: &str = "@clip";
/// How the names of files begin that are being written.
const HALF_MADE: &str = ".making-";
const PROGRAM: &str = "gst-launch-1.0";

/// Why something could not be encoded.
#[derive(Debug, thiserror::Error)]
pub enum EncodeError {
    /// The cache folder cannot be used.
    #[error("the cache folder {} cannot be used", path.display())]
    Cache {
        /// Where it is.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The program is not there.
    #[error("{PROGRAM} cannot be started (install GStreamer, or use content = \"bytes\")")]
    Start(#[source] io::Error),
    /// The program failed.
    #[error("{PROGRAM} could not make {what}: {reason}")]
    Failed {
        /// What it was to make.
        what: String,
        /// The last lines it wrote.
        reason: String,
    },
}

/// A video stream to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Picture {
    label: String,
    size: Resolution,
    rate: BitsPerSecond,
    frames: Frames,
}

/// How many frames there are, and of which kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Frames {
    per_s: u64,
    /// From one keyframe to the next.
    group: u64,
}

impl Frames {
    /// Of a card that can be cut into segments of this length; `None` if at no rate they are of whole frames.
    pub(crate) fn of_card(segment: MediaDuration) -> Option<Self> {
        let micros = segment.as_micros();
        let is_usual = micros > 0 && micros.is_multiple_of(KEYFRAME.as_micros());
        let keyframes = if is_usual { KEYFRAME.as_micros() } else { micros };
        let per_s = FRAMES_PER_S.into_iter().find(|per_s| (keyframes * per_s).is_multiple_of(1_000_000))?;
        Some(Self { per_s, group: keyframes * per_s / 1_000_000 }).filter(|frames| frames.group > 0)
    }
}

/// An audio stream to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Sound {
    hertz: u32,
    language: String,
}

impl Picture {
    /// A rung of the card, at two thirds of its rate: filler brings every segment to the size that the plan asks for.
    pub(super) fn of_card(rung: usize, size: Option<Resolution>, rate: BitsPerSecond, frames: Frames) -> Self {
        let size = size.unwrap_or_else(|| default_size(rung));
        let label = format!("rung {rung}  {}x{}  {} kbit/s", size.width, size.height, rate.get() / 1_000);
        Self { label, size, rate: rate.scaled(2, 3), frames }
    }

    /// A rung of a clip.
    pub(super) fn of_clip(rung: usize, size: Option<Resolution>, rate: BitsPerSecond, segment: MediaDuration) -> Self {
        let size = size.unwrap_or_else(|| default_size(rung));
        let group = (segment.as_micros() * CLIP_FRAMES_PER_S / 1_000_000).max(1);
        Self { label: String::new(), size, rate, frames: Frames { per_s: CLIP_FRAMES_PER_S, group } }
    }

    /// The encoder's settings: closed groups of one length, no B-frames, and a rate that holds over half a second.
    fn encoder(&self) -> String {
        format!(
            "x264enc bitrate={} vbv-buf-capacity=500 speed-preset=superfast bframes=0 key-int-max={} \
             option-string=scenecut=0:open-gop=0 ! video/x-h264,profile=main ! h264parse",
            (self.rate.get() / 1_000).max(40),
            self.frames.group
        )
    }
}

/// A rung without a size is as wide as no other.
fn default_size(rung: usize) -> Resolution {
    let step = u32::try_from(rung.min(10)).unwrap_or(0);
    Resolution { width: 320 + 160 * step, height: 180 + 90 * step }
}

impl Sound {
    /// A tone of the card, another one for each language.
    pub(super) fn of_card(number: usize, language: &str) -> Self {
        const HERTZ: [u32; 6] = [440, 330, 550, 660, 294, 392];
        Self { hertz: HERTZ[number % HERTZ.len()], language: language.to_owned() }
    }
}

/// Takes away what runs that were killed have left. Nobody else makes anything while the folder is locked.
fn sweep(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_name().as_encoded_bytes().starts_with(HALF_MADE.as_bytes()) {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Encodes into the cache, one thing at a time.
pub(super) struct Encoder<'a> {
    folder: PathBuf,
    progress: &'a dyn Fn(&str),
    /// Held while the encoder lives: others who want the same wait for it rather than make it again.
    _lock: File,
}

impl<'a> Encoder<'a> {
    pub(super) fn new(folder: PathBuf, progress: &'a dyn Fn(&str)) -> Result<Self, EncodeError> {
        let lock = || {
            fs::create_dir_all(&folder)?;
            let lock = File::create(folder.join(".lock"))?;
            lock.lock()?;
            sweep(&folder)?;
            Ok(lock)
        };
        match lock() {
            Ok(lock) => Ok(Self { folder, progress, _lock: lock }),
            Err(source) => Err(EncodeError::Cache { path: folder, source }),
        }
    }

    pub(super) fn card(&self, picture: &Picture) -> Result<PathBuf, EncodeError> {
        let Resolution { width, height } = picture.size;
        let per_s = picture.frames.per_s;
        let frames = LENGTH.as_micros() * per_s / 1_000_000;
        // Three overlays of one line each fit below one another, and the label into the width.
        let font = (height / 18).max(10);
        let overlay = |element: &str, place: &str| {
            format!("{element} {place} shaded-background=true draw-shadow=false font-desc=\"Monospace, {font}px\"")
        };
        let pipeline = format!(
            "videotestsrc num-buffers={frames} pattern=smpte ! \
             video/x-raw,format=I420,width={width},height={height},framerate={per_s}/1 ! {} ! {} ! {} ! \
             mp4mux name=mux",
            overlay("timeoverlay", "valignment=center halignment=center"),
            overlay("textoverlay", &format!("valignment=top halignment=center text=\"{}\"", picture.label)),
            picture.encoder()
        );
        self.make(&format!("the test card, {}", picture.label), &pipeline, &[])
    }

    pub(super) fn tone(&self, sound: &Sound) -> Result<PathBuf, EncodeError> {
        let packets = LENGTH.as_micros() * 48_000 / 1_024 / 1_000_000;
        let pipeline = format!(
            "audiotestsrc num-buffers={packets} samplesperbuffer=1024 wave=sine freq={} volume=0.2 ! \
             audio/x-raw,rate=48000,channels=2 ! audioconvert ! avenc_aac bitrate=60000 ! aacparse ! mp4mux name=mux",
            sound.hertz
        );
        self.make(&format!("a tone of {} Hz for {}", sound.hertz, sound.language), &pipeline, &[])
    }

    pub(super) fn clip_pictures(&self, clip: &Path, picture: &Picture) -> Result<PathBuf, EncodeError> {
        let Resolution { width, height } = picture.size;
        let pipeline = format!(
            "filesrc @clip ! decodebin ! videoconvert ! videoscale add-borders=true ! videorate ! \
             video/x-raw,format=I420,width={width},height={height},pixel-aspect-ratio=1/1,\
             framerate={}/1 ! {} ! mp4mux name=mux",
            picture.frames.per_s,
            picture.encoder()
        );
        self.make(&format!("{} at {width}x{height}", clip.display()), &pipeline, &[clip])
    }

    pub(super) fn clip_sound(&self, clip: &Path) -> Result<PathBuf, EncodeError> {
        let pipeline = "filesrc @clip ! decodebin ! audioconvert ! audioresample ! \
             audio/x-raw,rate=48000,channels=2 ! avenc_aac bitrate=60000 ! aacparse ! mp4mux name=mux";
        self.make(&format!("the sound of {}", clip.display()), pipeline, &[clip])
    }

    /// Keeps what `make` writes of one part of a clip. `None` if it writes nothing.
    pub(super) fn keep(
        &self,
        clip: &Path,
        part: &str,
        make: impl FnOnce(&mut File) -> io::Result<bool>,
    ) -> io::Result<Option<PathBuf>> {
        let parts: [&[u8]; 3] = [EDITION, part.as_bytes(), &identity(clip).into_bytes()];
        let target = self.folder.join(format!("{:016x}.mp4", Seed::default().hash(&parts)));
        if target.exists() {
            return Ok(Some(target));
        }
        (self.progress)(&format!("packaging {part} of {} (once)", clip.display()));
        let mut file = tempfile::Builder::new().prefix(HALF_MADE).tempfile_in(&self.folder)?;
        if !make(file.as_file_mut())? {
            return Ok(None);
        }
        file.persist(&target).map_err(|error| error.error)?;
        Ok(Some(target))
    }

    /// Runs a pipeline whose file is not there yet. It is named by what it is made of and with.
    fn make(&self, what: &str, pipeline: &str, inputs: &[&Path]) -> Result<PathBuf, EncodeError> {
        let inputs_are: Vec<String> = inputs.iter().map(|path| identity(path)).collect();
        let parts = [EDITION, pipeline.as_bytes()].into_iter().chain(inputs_are.iter().map(String::as_bytes));
        let name = Seed::default().hash(&parts.collect::<Vec<_>>());
        let target = self.folder.join(format!("{name:016x}.mp4"));
        if target.exists() {
            return Ok(target);
        }
        (self.progress)(&format!("encoding {what} (once)"));
        let unusable = |source| EncodeError::Cache { path: self.folder.clone(), source };
        let part = tempfile::Builder::new().prefix(HALF_MADE).tempfile_in(&self.folder).map_err(unusable)?;
        let part = part.into_temp_path();
        self.run(what, pipeline, inputs, &part)?;
        part.persist(&target).map_err(|error| unusable(error.error))?;
        Ok(target)
    }

    fn run(&self, what: &str, pipeline: &str, inputs: &[&Path], output: &Path) -> Result<(), EncodeError> {
        let mut command = Command::new(PROGRAM);
        command.arg("--quiet");
        // A path is an argument of its own: whatever is in its name, it is not read as part of the pipeline.
        for word in words(pipeline) {
            match (word.as_str(), inputs.first()) {
                (CLIP, Some(path)) => command.arg(format!("location={}", path.display())),
                _ => command.arg(word),
            };
        }
        command.args(["mux.", "!", "filesink"]).arg(format!("location={}", output.display()));
        let done = command.stdin(Stdio::null()).output().map_err(EncodeError::Start)?;
        let made = fs::metadata(output).is_ok_and(|metadata| metadata.len() > 0);
        if done.status.success() && made {
            return Ok(());
        }
        let said = String::from_utf8_lossy(&done.stderr);
        let lines: Vec<&str> = said.lines().filter(|line| !line.trim().is_empty()).take(3).collect();
        Err(EncodeError::Failed { what: what.to_owned(), reason: lines.join("; ") })
    }
}

/// A pipeline's words; text in double quotes is one.
fn words(pipeline: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut quoted = false;
    for letter in pipeline.chars() {
        match letter {
            '"' => quoted = !quoted,
            ' ' if !quoted => words.push(String::new()),
            other => words.last_mut().expect("it starts with one").push(other),
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// What tells one version of a file from another.
fn identity(path: &Path) -> String {
    let metadata = fs::metadata(path).ok();
    let changed = metadata.as_ref().and_then(|metadata| metadata.modified().ok());
    let changed = changed.and_then(|time| time.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{} {} {}", path.display(), metadata.map_or(0, |metadata| metadata.len()), changed.as_nanos())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_killed_run_has_left_is_taken_away() {
        let folder = tempfile::tempdir().unwrap();
        let [left, made] = [".making-a1b2", "0123456789abcdef.mp4"].map(|name| folder.path().join(name));
        fs::write(&left, "half").unwrap();
        fs::write(&made, "whole").unwrap();
        drop(Encoder::new(folder.path().to_owned(), &|_| {}).unwrap());
        assert_eq!((left.exists(), made.exists()), (false, true));
    }

    #[test]
    fn segments_have_whole_frames_at_the_usual_rate_where_they_can() {
        let frames = |ms| Frames::of_card(MediaDuration::from_millis(ms)).map(|frames| (frames.per_s, frames.group));
        assert_eq!([4_000, 2_500, 500].map(frames), [Some((24, 12)); 3]);
        assert_eq!([3_840, 4_300, 980].map(frames), [Some((25, 96)), Some((30, 129)), Some((50, 49))]);
        assert_eq!([4_310, 0, 1].map(frames), [None; 3]);
        assert!((500..30_000).step_by(20).all(|ms| frames(ms).is_some()));
    }
}
