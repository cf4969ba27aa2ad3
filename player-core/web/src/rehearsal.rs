//! Plays the beginning of a film that is not there, before a viewer waits for a real one.
//!
//! Browsers compile a function of a wasm module when it is called first. In Chromium on two cores that was a third of the time
//! to the first frame (ARCHITECTURE.md, "A start is rehearsed"); what was called before costs nothing.

use std::cell::Cell;
use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use media_model::{ByteCount, MediaDuration, MediaTime, Ranges, TimeRange};
use player_core::message::{Command, Ease, Input, LoadKind, Output, RequestId, ServerTiming, Track};
use player_core::{Now, PlayerConfig, Sequence};
use url::Url;
use wasm_bindgen::JsCast as _;

use crate::clock::next_task;
use crate::{Beginning, PlaySource, WebClock, WebPlayer};

/// The page has the thread to itself after this, ms: a frame is twice as long.
const SLICE_MS: f64 = 8.0;

const HOME: &str = "http://127.0.0.1/main.m3u8";
/// Sound of its own, as most have, and two variants, so that there is something to choose.
const MAIN: &str = "#EXTM3U\n\
    #EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"A\",DEFAULT=YES,AUTOSELECT=YES,URI=\"sound/media.m3u8\"\n\
    #EXT-X-STREAM-INF:BANDWIDTH=900000,AVERAGE-BANDWIDTH=800000,RESOLUTION=640x360,FRAME-RATE=24,\
    CODECS=\"avc1.64001e,mp4a.40.2\",AUDIO=\"a\"\nlow/media.m3u8\n\
    #EXT-X-STREAM-INF:BANDWIDTH=3000000,AVERAGE-BANDWIDTH=2700000,RESOLUTION=1280x720,FRAME-RATE=24,\
    CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"a\"\nhigh/media.m3u8\n";
const MEDIA: &str = "#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-PLAYLIST-TYPE:VOD\n\
    #EXT-X-MAP:URI=\"init.mp4\"\n#EXTINF:4,\n0.m4s\n#EXTINF:4,\n1.m4s\n#EXTINF:4,\n2.m4s\n#EXT-X-ENDLIST\n";
/// As in these playlists.
const SEGMENT_S: u64 = 4;

/// The first segment comes so slowly that it is given up for one of the other variant.
const SLOW: &str = "/high/0.m4s";
/// Of a segment, and of all else, bytes.
const LARGE: u64 = 400_000;
const SMALL: u64 = 4_000;
/// Parts in which segments come, and the time between two inputs.
const PARTS: u64 = 8;
const STEP: Duration = Duration::from_millis(50);

thread_local! {
    /// Whether a player was made, or a rehearsal has come to its end: there is nothing to be gained any more.
    static IS_OVER: Cell<bool> = const { Cell::new(false) };
}

/// A player begins in earnest.
pub(crate) fn end_rehearsals() {
    IS_OVER.set(true);
}

/// Plays it, a little at a time, unless a player begins meanwhile or one has before. Nothing is loaded, shown or remembered; who
/// wraps `fetch` sees one call of it, for `data:,`, that is aborted already.
pub(crate) async fn rehearse() {
    next_task().await;
    let mut began = WebClock.millis();
    for _ in Rehearsal::begin() {
        if WebClock.millis() - began > SLICE_MS {
            next_task().await;
            began = WebClock.millis();
        }
        if IS_OVER.get() {
            return;
        }
    }
    next_task().await;
    if !IS_OVER.get() {
        open_nothing();
    }
}

/// Opens a presentation on an element that is on no page, and closes it before the browser has done anything about it.
fn open_nothing() {
    let video = web_sys::window().and_then(|window| window.document()?.create_element("video").ok());
    let (Some(video), Ok(url)) = (video, Url::parse("data:,")) else { return };
    let beginning = Beginning { start: None, asked: WebClock.now() };
    WebPlayer::new(video.unchecked_ref(), vec![PlaySource::Hls(url)], beginning, |_| {}).open_and_close();
}

/// A driver of the core that has no browser. As an iterator it does one thing after the other, until nothing is left.
struct Rehearsal {
    core: Sequence,
    now: Duration,
    orders: VecDeque<Output>,
    /// When the segments begin that were loaded.
    starts: BTreeMap<RequestId, MediaTime>,
    /// Where the buffers end.
    video: MediaTime,
    audio: MediaTime,
}

impl Iterator for Rehearsal {
    type Item = ();

    fn next(&mut self) -> Option<()> {
        let order = self.orders.pop_front()?;
        self.obey(order);
        Some(())
    }
}

impl Rehearsal {
    fn begin() -> Self {
        let config = PlayerConfig { appends_in_part: true, shows_text: true, ..PlayerConfig::default() };
        let mut rehearsal = Self {
            core: Sequence::new(config),
            now: Duration::ZERO,
            orders: VecDeque::new(),
            starts: BTreeMap::new(),
            video: MediaTime::ZERO,
            audio: MediaTime::ZERO,
        };
        if let Ok(url) = Url::parse(HOME) {
            rehearsal.tell(Input::Command(Command::Open { url, start: None }));
        }
        rehearsal
    }

    fn tell(&mut self, input: Input) {
        self.now += STEP;
        self.orders.extend(self.core.step(Now::new(self.now), input).outputs);
    }

    fn obey(&mut self, order: Output) {
        match order {
            Output::Load { id, url, kind, .. } => self.load(id, url, kind),
            Output::AskStart { id, .. } => self.tell(Input::Starts { id, at: self.starts.get(&id).copied() }),
            Output::Append { track, id, .. } => {
                let end = match track {
                    Track::Video => &mut self.video,
                    Track::Audio => &mut self.audio,
                };
                // An init section has no start.
                *end =
                    self.starts.get(&id).map_or(*end, |start| *start + MediaDuration::from_secs(SEGMENT_S)).max(*end);
                self.tell(Input::Appended { track });
                self.play();
            }
            Output::Evict { track, .. } => self.tell(Input::Evicted { track }),
            Output::AskDecoder(questions) => {
                for question in questions {
                    self.tell(Input::Decodes { variant: question.variant, ease: Ease::Smooth });
                }
            }
            Output::Cancel(_)
            | Output::Prepare { .. }
            | Output::Forget(_)
            | Output::ChangeType { .. }
            | Output::MoveTo(_)
            | Output::Seekable(_)
            | Output::RenewAddress
            | Output::EndOfStream
            | Output::Text(_)
            | Output::Event(_) => {}
        }
    }

    fn load(&mut self, id: RequestId, url: Url, kind: LoadKind) {
        let number = url.path().rsplit('/').next().and_then(|name| name.strip_suffix(".m4s")?.parse::<u64>().ok());
        self.starts.extend(number.map(|number| (id, MediaTime::ZERO + MediaDuration::from_secs(SEGMENT_S * number))));
        self.tell(Input::FirstByte { id, served: ServerTiming::default(), length: None });
        let size = if number.is_none() || url.path() == SLOW { SMALL } else { LARGE };
        // What is small comes at once.
        for part in 1..=number.map_or(0, |_| PARTS) {
            self.tell(Input::Progress { id, bytes: ByteCount::new(size * part / PARTS) });
        }
        if kind == LoadKind::Playlist {
            let text = if url.as_str() == HOME { MAIN } else { MEDIA };
            self.tell(Input::Playlist { id, url, text: text.to_owned() });
        } else {
            self.tell(Input::Loaded { id, size: ByteCount::new(size) });
        }
    }

    /// What has been appended plays, and never comes to its end.
    fn play(&mut self) {
        let buffered = |end| Ranges::new(TimeRange::new(MediaTime::ZERO, end).into_iter().collect());
        let (video, audio) = (buffered(self.video), buffered(self.audio));
        let at = MediaTime::ZERO + MediaDuration::from_std(self.now / 8);
        self.tell(Input::Playhead { at, video, audio, moving: true, dropped_frames: Some(0) });
        self.tell(Input::FirstFrame);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_goes_through_all_that_a_start_needs_and_ends() {
        let mut rehearsal = Rehearsal::begin();
        let (mut given_up, mut is_complete) = (0, false);
        for _ in 0..1_000 {
            given_up += usize::from(matches!(rehearsal.orders.front(), Some(Output::Cancel(_))));
            is_complete |= matches!(rehearsal.orders.front(), Some(Output::EndOfStream));
            if rehearsal.next().is_none() {
                break;
            }
        }
        assert!(rehearsal.orders.is_empty(), "it ends");
        assert_eq!((given_up, is_complete), (1, true));
        assert!(rehearsal.core.stats().startup.is_some());
    }
}
