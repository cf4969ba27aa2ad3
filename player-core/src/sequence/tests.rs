//! One presentation after the other, on a media element by hand.

use std::collections::BTreeMap;
use std::time::Duration;

use super::*;
use crate::error::Trouble;
use crate::message::{AppendFailure, BufferSetup, LoadFailure, RequestId};

const VIDEO: &str = "avc1.64001f,mp4a.40.2";

/// A presentation of one variant: three segments of two seconds.
fn presentation(codecs: &str) -> String {
    format!("#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS=\"{codecs}\"\nmedia.m3u8\n")
}

const MEDIA: &str = "#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXT-X-MAP:URI=\"init.mp4\"\n\
    #EXTINF:2,\n0.m4s\n#EXTINF:2,\n1.m4s\n#EXTINF:2,\n2.m4s\n#EXT-X-ENDLIST\n";

fn seconds(seconds: f64) -> MediaTime {
    MediaTime::from_seconds(seconds).unwrap()
}

/// A driver that answers everything at once, and an element that plays when it is told how far.
struct Theatre {
    sequence: Sequence,
    now: Duration,
    /// What the server has, by path.
    server: BTreeMap<&'static str, String>,
    loads: BTreeMap<RequestId, (Url, LoadKind)>,
    buffers: BTreeMap<Track, Ranges>,
    at: MediaTime,
    moving: bool,
    log: Vec<Output>,
    /// Answers that are given later, if there are to be any: to loads of last segments.
    withheld: Option<Vec<Input>>,
}

impl Theatre {
    fn open(path: &'static str, text: String) -> Self {
        Self::open_with(path, text, None)
    }

    fn open_with(path: &'static str, text: String, withheld: Option<Vec<Input>>) -> Self {
        let mut theatre = Self {
            withheld,
            sequence: Sequence::new(PlayerConfig {
                back_buffer: MediaDuration::from_secs(2),
                ..PlayerConfig::default()
            }),
            now: Duration::ZERO,
            server: BTreeMap::from([(path, text)]),
            loads: BTreeMap::new(),
            buffers: BTreeMap::new(),
            at: MediaTime::ZERO,
            moving: false,
            log: Vec::new(),
        };
        theatre.tell(Input::Command(Command::Open { url: theatre.url(path), start: None }));
        theatre
    }

    fn url(&self, path: &str) -> Url {
        Url::parse("http://box.local").unwrap().join(path).unwrap()
    }

    fn follow_with(&mut self, path: &'static str, text: Option<String>) {
        if let Some(text) = text {
            self.server.insert(path, text);
        }
        self.tell(Input::Command(Command::FollowWith(Some(self.url(path)))));
    }

    fn tell(&mut self, input: Input) {
        let step = self.sequence.step(Now::new(self.now), input);
        self.carry_out(step);
    }

    fn carry_out(&mut self, step: Step) {
        let mut answers = Vec::new();
        for output in step.outputs {
            self.log.push(output.clone());
            match output {
                Output::Load { id, url, kind, .. } => {
                    let before = self.loads.insert(id, (url.clone(), kind));
                    assert_eq!(before, None, "the number of a load is never used twice");
                    let answer = self.served(id, &url, kind);
                    match &mut self.withheld {
                        Some(withheld) if url.path() == "/2.m4s" => withheld.push(answer),
                        Some(_) | None => answers.push(answer),
                    }
                }
                Output::Append { track, id, offset_us } => {
                    let (url, kind) = &self.loads[&id];
                    if *kind == LoadKind::Segment {
                        let from = MediaTime::from_micros(self.media_start(url).as_micros() + offset_us);
                        let there =
                            self.buffers[&track].iter().chain([TimeRange::of(from, MediaDuration::from_secs(2))]);
                        let there = Ranges::new(there.collect());
                        self.buffers.insert(track, there);
                    }
                    answers.push(Input::Appended { track });
                }
                Output::Evict { track, range } => {
                    let parts = |held: TimeRange| {
                        let before = TimeRange::new(held.start(), held.end().min(range.start()));
                        let after = TimeRange::new(held.start().max(range.end()), held.end());
                        [before, after].into_iter().flatten().filter(|part| part.length() > MediaDuration::ZERO)
                    };
                    let left = Ranges::new(self.buffers[&track].iter().flat_map(parts).collect());
                    self.buffers.insert(track, left);
                    answers.push(Input::Evicted { track });
                }
                Output::Prepare { buffers, .. } => {
                    let refused = buffers.iter().filter(|setup| setup.mime.contains("hvc1")).map(|setup| setup.track);
                    let cause = AppendFailure::Unsupported;
                    // Known at once, before anything is appended.
                    answers.splice(0..0, refused.map(|track| Input::AppendFailed { track, cause }));
                    let empty = |setup: BufferSetup| (setup.track, Ranges::default());
                    self.buffers = buffers.into_iter().map(empty).collect();
                    self.at = MediaTime::ZERO;
                }
                Output::MoveTo(at) => self.at = at,
                Output::AskStart { id, .. } => {
                    let at = Some(self.media_start(&self.loads[&id].0));
                    answers.push(Input::Starts { id, at });
                }
                Output::Cancel(_)
                | Output::AskDecoder(_)
                | Output::Forget(_)
                | Output::ChangeType { .. }
                | Output::Seekable(_)
                | Output::RenewAddress
                | Output::EndOfStream
                | Output::Text(_)
                | Output::Event(_) => {}
            }
        }
        for answer in answers {
            self.report();
            self.tell(answer);
            self.report();
        }
    }

    fn media_start(&self, url: &Url) -> MediaTime {
        let number: f64 = url.path().rsplit('/').next().unwrap().trim_end_matches(".m4s").parse().unwrap();
        seconds(number * 2.0)
    }

    fn served(&self, id: RequestId, url: &Url, kind: LoadKind) -> Input {
        let size = media_model::ByteCount::new(10_000);
        match kind {
            LoadKind::Playlist => {
                let text = if url.path().ends_with("media.m3u8") {
                    Some(MEDIA.to_owned())
                } else {
                    self.server.get(url.path().trim_start_matches('/')).cloned()
                };
                match text {
                    Some(text) => Input::Playlist { id, url: url.clone(), text },
                    None => {
                        let cause = LoadFailure::Status { code: 404, retry_after: None, problem: None };
                        Input::LoadFailed { id, cause }
                    }
                }
            }
            LoadKind::Init | LoadKind::Segment | LoadKind::Text | LoadKind::Probe => Input::Loaded { id, size },
        }
    }

    fn report(&mut self) {
        let ranges = |track| self.buffers.get(&track).cloned().unwrap_or_default();
        self.tell(Input::Playhead {
            at: self.at,
            video: ranges(Track::Video),
            audio: ranges(Track::Audio),
            moving: self.moving,
            dropped_frames: None,
        });
    }

    /// Plays up to here, a quarter of a second at a time, as far as there is media.
    fn play_to(&mut self, until: f64) {
        while self.at < seconds(until) {
            self.now += Duration::from_millis(250);
            let next = self.at + MediaDuration::from_millis(250);
            let last = |held: &Ranges| held.around(self.at, MediaDuration::ZERO).map_or(self.at, TimeRange::end);
            let ends = || self.buffers.values().map(last);
            // At the end of everything, a track that ends sooner does not hold the other up.
            let end = if self.log.last_end() { ends().max() } else { ends().min() }.unwrap_or(self.at);
            self.moving = next < end;
            if next >= end && self.log.last_end() {
                self.at = end;
                self.report();
                return self.tell(Input::PlayedOut);
            }
            assert!(next <= end, "it stands at {:?} of {:?}", self.at, self.buffers);
            self.at = next;
            self.report();
            if self.sequence.stats().startup.is_none() {
                self.tell(Input::FirstFrame);
            }
        }
    }

    fn events(&self) -> Vec<&Event> {
        self.log
            .iter()
            .filter_map(|output| if let Output::Event(event) = output { Some(event) } else { None })
            .collect()
    }

    fn count(&self, is_one: impl Fn(&Output) -> bool) -> usize {
        self.log.iter().filter(|&output| is_one(output)).count()
    }
}

trait Log {
    fn last_end(&self) -> bool;
}

impl Log for Vec<Output> {
    /// Whether all is appended, as the log says.
    fn last_end(&self) -> bool {
        let last = |is_one: fn(&Output) -> bool| self.iter().rposition(is_one);
        let end = last(|output| matches!(output, Output::EndOfStream));
        end.is_some() && end > last(|output| matches!(output, Output::Append { .. }))
    }
}

const ENDS: fn(&Output) -> bool = |output| matches!(output, Output::EndOfStream);
const PREPARES: fn(&Output) -> bool = |output| matches!(output, Output::Prepare { .. });
const BEGINS: fn(&Output) -> bool = |output| matches!(output, Output::Event(Event::NextBegan { .. }));

#[test]
fn a_buffer_that_cannot_be_made_is_made_for_another_codec() {
    let hevc = "#EXT-X-STREAM-INF:BANDWIDTH=900000,CODECS=\"hvc1.1.6\"\nhevc/media.m3u8\n";
    let both = presentation(VIDEO) + hevc;
    let mut theatre = Theatre::open("a.m3u8", both);
    theatre.play_to(6.0);
    assert_eq!((theatre.sequence.stats().state, theatre.count(PREPARES)), (PlaybackState::Ended, 2));
}

#[test]
fn the_next_one_fills_the_same_buffers_and_takes_over_where_it_begins() {
    let mut theatre = Theatre::open_with("a.m3u8", presentation(VIDEO), Some(Vec::new()));
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    assert_eq!(theatre.count(|output| matches!(output, Output::Load { url, .. } if url.path() == "/b.m3u8")), 0);
    theatre.withheld.take().into_iter().flatten().for_each(|answer| theatre.tell(answer));
    theatre.report();
    // Everything is there before a frame has moved.
    let all = TimeRange::of(MediaTime::ZERO, MediaDuration::from_secs(12));
    assert_eq!(theatre.buffers[&Track::Video], Ranges::new(vec![all]));
    theatre.play_to(5.0);
    assert_eq!((theatre.count(BEGINS), theatre.count(PREPARES), theatre.count(ENDS)), (0, 1, 1));
    assert_eq!(theatre.sequence.stats().buffered, MediaDuration::from_secs(1), "what follows is another presentation");

    theatre.play_to(6.5);
    let began = theatre.events().iter().position(|event| matches!(event, Event::NextBegan { .. })).unwrap();
    assert!(matches!(theatre.events()[began - 1], Event::Ended));
    assert!(matches!(theatre.events()[began + 1], Event::Ready { .. }), "its choices are told after it");
    let Event::NextBegan { before } = theatre.events()[began] else { panic!() };
    assert_eq!((before.state, before.stalls), (PlaybackState::Ended, 0));
    assert!(before.watched >= Duration::from_millis(5_500), "{before:?}");
    let stats = theatre.sequence.stats();
    assert_eq!((stats.state, stats.position), (PlaybackState::Playing, seconds(0.5)));
    assert_eq!((stats.startup, stats.stalls), (Some(Duration::ZERO), 0), "nobody has waited for it");
    assert_eq!(theatre.sequence.shift().onto_element(MediaTime::ZERO), seconds(6.0));

    theatre.play_to(12.0);
    assert_eq!(theatre.sequence.stats().state, PlaybackState::Ended);
    assert_eq!(theatre.count(PREPARES), 1);
    assert_eq!(theatre.count(|output| matches!(output, Output::MoveTo(_))), 0);
}

#[test]
fn it_may_be_named_when_everything_is_appended_already() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.play_to(3.0);
    assert_eq!(theatre.count(ENDS), 1);
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    theatre.play_to(12.0);
    assert_eq!((theatre.count(BEGINS), theatre.count(PREPARES), theatre.count(ENDS)), (1, 1, 2));
}

#[test]
fn who_takes_the_wish_back_hears_the_end() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    theatre.tell(Input::Command(Command::FollowWith(None)));
    theatre.tell(Input::Tick);
    assert!(theatre.log.last_end());
    assert_eq!(theatre.buffers[&Track::Video].iter().last().unwrap().end(), seconds(6.0), "nothing of it is left");
    theatre.play_to(6.0);
    assert_eq!((theatre.count(BEGINS), theatre.sequence.stats().state), (0, PlaybackState::Ended));
}

#[test]
fn a_seek_to_what_has_to_be_loaded_again_puts_the_next_one_off() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.play_to(5.0);
    // As a browser does that is short of memory.
    theatre.buffers.insert(Track::Video, Ranges::new(vec![TimeRange::of(seconds(4.0), MediaDuration::from_secs(2))]));
    theatre.report();
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    theatre.at = seconds(1.0);
    theatre.tell(Input::Command(Command::Seek(seconds(1.0))));
    theatre.report();
    let inits =
        theatre.count(|output| matches!(output, Output::Append { id, .. } if theatre.loads[id].1 == LoadKind::Init));
    assert!(inits >= 3, "what is appended again has its own init section before it, not that of the other: {inits}");
    theatre.play_to(12.0);
    assert_eq!((theatre.count(BEGINS), theatre.count(PREPARES)), (1, 1));
    assert_eq!(theatre.sequence.stats().stalls, 0);
}

#[test]
fn one_with_other_buffers_is_opened_at_the_end() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.follow_with("b.m3u8", Some(presentation("mp4a.40.2")));
    theatre.play_to(6.0);
    assert_eq!((theatre.count(BEGINS), theatre.count(PREPARES)), (1, 2));
    assert_eq!(theatre.buffers.keys().collect::<Vec<_>>(), [&Track::Audio]);
    theatre.play_to(6.0);
    assert_eq!(theatre.sequence.stats().state, PlaybackState::Ended);
}

#[test]
fn one_that_cannot_be_had_does_not_disturb_the_present_one() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.follow_with("gone.m3u8", None);
    for _ in 0..60 {
        theatre.now += Duration::from_secs(1);
        theatre.tell(Input::Tick);
    }
    assert_eq!(theatre.count(|output| matches!(output, Output::Event(Event::Failed(_)))), 0);
    theatre.play_to(6.0);
    assert_eq!(theatre.count(BEGINS), 1, "it is tried once more when its time has come");
    for _ in 0..60 {
        theatre.now += Duration::from_secs(1);
        theatre.tell(Input::Tick);
    }
    let failed = |event: &&&Event| matches!(event, Event::Failed(Trouble::Load(_)));
    assert_eq!(theatre.events().iter().filter(failed).count(), 1, "{:?}", theatre.events().last());
}

#[test]
fn a_decoder_that_gives_up_begins_anew_with_the_present_one() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    theatre.play_to(7.0);
    assert_eq!(theatre.count(BEGINS), 1);
    theatre.tell(Input::DecodeFailed);
    assert_eq!(theatre.count(PREPARES), 2);
    assert_eq!(theatre.sequence.shift(), Shift::default(), "the buffers are empty: nothing lies before it");
    theatre.report();
    assert_eq!(theatre.sequence.stats().position, seconds(1.0));
    theatre.play_to(6.0);
    assert_eq!(theatre.sequence.stats().state, PlaybackState::Ended);
}

/// With sound of its own that ends two seconds before the pictures do.
fn with_short_sound(theatre: &mut Theatre) -> String {
    let sound = MEDIA.replace("#EXTINF:2,\n2.m4s\n", "");
    theatre.server.insert("s/sound.m3u8", sound);
    "#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID=\"s\",NAME=\"one\",URI=\"s/sound.m3u8\"\n\
        #EXT-X-STREAM-INF:BANDWIDTH=800000,CODECS=\"avc1.64001f,mp4a.40.2\",AUDIO=\"s\"\nmedia.m3u8\n"
        .to_owned()
}

#[test]
fn pictures_that_go_on_without_sound_are_played_out_before_the_next_one() {
    let mut theatre = Theatre::open("c.m3u8", presentation(VIDEO));
    let text = with_short_sound(&mut theatre);
    theatre.server.insert("a.m3u8", text.clone());
    theatre.tell(Input::Command(Command::Open { url: theatre.url("a.m3u8"), start: None }));
    theatre.follow_with("b.m3u8", Some(text));
    theatre.play_to(6.0);
    assert_eq!((theatre.count(BEGINS), theatre.at), (1, MediaTime::ZERO), "the next one is opened at the end");
    theatre.play_to(6.0);
    assert_eq!(theatre.sequence.stats().state, PlaybackState::Ended);
}

#[test]
fn who_opens_something_else_is_rid_of_both() {
    let mut theatre = Theatre::open("a.m3u8", presentation(VIDEO));
    theatre.follow_with("b.m3u8", Some(presentation(VIDEO)));
    theatre.play_to(5.0);
    let before = theatre.log.len();
    theatre.server.insert("c.m3u8", presentation(VIDEO));
    theatre.tell(Input::Command(Command::Open { url: theatre.url("c.m3u8"), start: None }));
    let news = &theatre.log[before..];
    let prepared = news.iter().position(PREPARES).unwrap();
    let of_buffers =
        |output: &Output| matches!(output, Output::Evict { .. } | Output::EndOfStream | Output::Append { .. });
    assert!(!news[..prepared].iter().any(of_buffers), "the old buffers are nobody's business: {news:?}");
    theatre.play_to(6.0);
    assert_eq!((theatre.count(BEGINS), theatre.sequence.stats().state), (0, PlaybackState::Ended));
}
