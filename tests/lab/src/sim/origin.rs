//! The origin: writes real playlists, gives segments sizes, encodes on demand, and fails as the scenario says.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use media_model::hls::{
    Definition, DefinitionSource, InitSection, MediaPlaylist, MultivariantPlaylist, PlaylistKind, Rendition, Segment,
    ServerControl, Skip, VariantStream, write_media, write_multivariant,
};
use media_model::{BitsPerSecond, CodecString, MediaDuration, MediaTime, Resolution, TimeRange};
use player_core::message::{LoadFailure, Problem};
use url::Url;

use crate::scenario::{Encoder, Fault, FaultKind, Grid, Leap, Part, Scenario, Updates, Variant};

/// A head that nobody asked anything of for this long has stopped.
const HEAD_IDLE: Duration = Duration::from_secs(10);
/// A head this little behind what is asked for is waited for, not replaced.
const HEAD_NEAR: usize = 1;
const AUDIO_KBPS: u64 = 128;
pub(super) const INIT_BYTES: u64 = 800;
/// Where segments are, in a variable.
const FOLDER: &str = "media";
/// Segments of target duration at the end of a playlist that no update leaves out.
const SKIP_BOUNDARY: usize = 6;
/// Segments that a live server keeps after they have left the playlist.
const KEPT_BEHIND: usize = 3;

/// What a request brings.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    /// Time the server needs before the first byte.
    pub(super) making: Duration,
    /// Parts that the body is made in, and the time for each after the first.
    pub(super) chunks: (u32, Duration),
    /// How long before the first byte the first part was there.
    pub(super) head_start: Duration,
    pub(super) body: Body,
}

impl Answer {
    /// One that is there at once.
    pub(super) fn plain(body: Body) -> Self {
        Self { making: Duration::ZERO, chunks: (1, Duration::ZERO), head_start: Duration::ZERO, body }
    }

    /// Share of the body that is made `after` the first byte, in thousandths.
    pub(super) fn made(&self, after: Duration) -> u64 {
        let (chunks, each) = self.chunks;
        if chunks <= 1 {
            return 1_000;
        }
        let after = after + self.head_start;
        let made = 1 + u64::try_from(after.as_micros() / each.as_micros().max(1)).unwrap_or(u64::MAX);
        made.min(u64::from(chunks)) * 1_000 / u64::from(chunks)
    }
}

#[derive(Clone, Debug)]
pub(super) enum Body {
    Text(String),
    Init(u64),
    Media(Media),
    /// Fails after this many bytes.
    Fails(u64, LoadFailure),
    Hangs,
}

/// What a segment's bytes hold.
#[derive(Clone, Debug)]
pub(super) struct Media {
    pub(super) stream: String,
    pub(super) span: TimeRange,
    pub(super) bytes: u64,
    pub(super) flaw: Option<Flaw>,
}

/// What is wrong with a segment that came as a whole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flaw {
    Empty,
    Rejected,
    Undecodable,
    Stuck(Duration),
}

impl Media {
    /// What the first bytes of it hold.
    pub(super) fn beginning(&self, bytes: u64) -> Self {
        let bytes = bytes.min(self.bytes);
        let length = self.span.length().as_micros() * bytes / self.bytes.max(1);
        let end = self.span.start() + MediaDuration::from_micros(length);
        let span = TimeRange::new(self.span.start(), end).unwrap_or(self.span);
        let flaw = if length == 0 { Some(Flaw::Empty) } else { self.flaw };
        Self { span, bytes, flaw, ..self.clone() }
    }
}

struct Stream {
    spans: Vec<TimeRange>,
    kbps: u64,
    encoder: Option<Encoder>,
}

struct Head {
    first: usize,
    began: Duration,
    asked: Duration,
}

pub(super) struct Origin<'a> {
    scenario: &'a Scenario,
    streams: BTreeMap<String, Stream>,
    heads: BTreeMap<String, Head>,
    /// How many encoders were started.
    pub(super) encoder_starts: usize,
}

impl<'a> Origin<'a> {
    pub(super) fn new(scenario: &'a Scenario) -> Self {
        let title = &scenario.title;
        let variant = |variant: &Variant| {
            let spans = cut(variant.grid, title.duration);
            (variant.name.to_owned(), Stream { spans, kbps: variant.kbps, encoder: variant.encoder })
        };
        let audio = |name: &&str| {
            // Audio frames do not fit pictures; but media sequence numbers of a live programme do, and so do leaps.
            let fits = title.live.is_some() || !title.leaps.is_empty();
            let length = if fits { 2_000_000 } else { 1_984_000 };
            let spans = cut(Grid::Fixed(Duration::from_micros(length)), title.duration);
            ((*name).to_owned(), Stream { spans, kbps: AUDIO_KBPS, encoder: None })
        };
        let streams = title.variants.iter().map(variant).chain(title.audio.iter().map(audio)).collect();
        Self { scenario, streams, heads: BTreeMap::new(), encoder_starts: 0 }
    }

    /// The address that a player opens, signed at `now`.
    pub(super) fn root(&self, now: Duration) -> Url {
        let path = match self.scenario.title.variants.first() {
            Some(variant) if self.scenario.title.single => format!("/{}/playlist.m3u8", variant.name),
            Some(_) | None => "/main.m3u8".to_owned(),
        };
        let url = Url::parse(&format!("{}{path}{}", server(0), self.signature(now)));
        url.expect("the origin's addresses are plain")
    }

    fn signature(&self, now: Duration) -> String {
        self.scenario.title.signed_for.map_or_else(String::new, |_| format!("?t={}", now.as_millis()))
    }

    fn is_expired(&self, url: &Url, now: Duration) -> bool {
        let signed = url.query_pairs().find(|(name, _)| name == "t").and_then(|(_, value)| value.parse().ok());
        let signed = signed.map_or(now, Duration::from_millis);
        self.scenario.title.signed_for.is_some_and(|valid| now > signed + valid)
    }

    /// Answers a request made at `now`.
    pub(super) fn get(&mut self, url: &Url, now: Duration) -> Answer {
        let plain = Answer::plain;
        let path = url.path();
        let given = |name: &str| url.query_pairs().find(|(known, _)| known == name).map(|(_, value)| value);
        let signature = given("t").map_or_else(String::new, |time| format!("?t={time}"));
        if self.is_expired(url, now) {
            return plain(Body::Fails(0, status(403, None)));
        }
        if path == "/main.m3u8" {
            return plain(Body::Text(self.multivariant(&signature)));
        }
        let at = (0..self.scenario.title.servers).find(|&index| url.as_str().starts_with(&server(index))).unwrap_or(0);
        let (stream, file) = path.trim_start_matches('/').split_once('/').unwrap_or_default();
        let number = match self.scenario.title.variables {
            true => file.strip_prefix(FOLDER).and_then(|file| file.strip_prefix('/')),
            false => Some(file),
        };
        let number = number.and_then(|number| number.strip_suffix(".m4s")?.parse::<usize>().ok());
        let part = match (file, number) {
            ("playlist.m3u8", _) => Part::Playlist,
            ("init.mp4", _) => Part::Init,
            (_, Some(number)) => Part::Segment(number),
            (_, None) => return plain(Body::Fails(0, status(404, None))),
        };
        let fault = self.fault(stream, at, part, now);
        let size = match part {
            Part::Segment(number) => self.size(stream, number),
            Part::Playlist | Part::Init | Part::Segments => INIT_BYTES,
        };
        match fault {
            Some(FaultKind::Gap) => return plain(Body::Fails(0, status(404, None))),
            Some(FaultKind::Status(code, retry_after)) => return plain(Body::Fails(200, status(code, retry_after))),
            Some(FaultKind::Corrupt) => return plain(Body::Fails(size / 2, LoadFailure::Corrupt)),
            Some(FaultKind::Hang) => return plain(Body::Hangs),
            Some(
                FaultKind::Empty
                | FaultKind::Rejected
                | FaultKind::Undecodable
                | FaultKind::Stuck(_)
                | FaultKind::Late(_)
                | FaultKind::Frozen(_),
            )
            | None => {}
        }
        match part {
            Part::Playlist => {
                let as_of = if let Some(FaultKind::Frozen(at)) = fault { at } else { now };
                let updates =
                    self.scenario.title.live.map(|live| live.updates).filter(|_| given("_HLS_skip").is_some());
                match updates {
                    Some(Updates::Refused) => plain(Body::Fails(200, status(400, None))),
                    Some(Updates::Unknown | Updates::Sent | Updates::Unrelated) | None => {
                        plain(Body::Text(self.media_playlist(stream, &signature, updates, as_of)))
                    }
                }
            }
            Part::Init | Part::Segments => plain(Body::Init(INIT_BYTES)),
            Part::Segment(number) => {
                let span = self.streams.get(stream).and_then(|stream| stream.spans.get(number)).copied();
                let Some(span) = span.filter(|_| self.has(stream, number, now)) else {
                    return plain(Body::Fails(0, status(404, None)));
                };
                let span = span.moved(self.leap(span).map_or(0, moved_by));
                let media = Media { stream: stream.to_owned(), span, bytes: size, flaw: self.flaw(stream, fault) };
                let media = match fault {
                    Some(FaultKind::Late(late)) => {
                        let start = span.start() + MediaDuration::from_std(late);
                        Media { span: TimeRange::new(start, span.end()).unwrap_or(span), ..media }
                    }
                    Some(_) | None => media,
                };
                let making = self.encode(stream, number, now);
                let encoder = self.streams.get(stream).and_then(|stream| stream.encoder);
                match encoder.filter(|encoder| encoder.chunks > 1 && !making.is_zero()) {
                    // The first chunk is there when a part of the segment is made; of one that is being made already, what
                    // has been made by then.
                    Some(Encoder { per_segment, chunks, .. }) => {
                        let each = per_segment / chunks;
                        let after_first = each * (chunks - 1);
                        let head_start = after_first.saturating_sub(making);
                        let making = making.saturating_sub(after_first);
                        Answer { making, chunks: (chunks, each), head_start, body: Body::Media(media) }
                    }
                    None => Answer { making, ..plain(Body::Media(media)) },
                }
            }
        }
    }

    /// The clock of a segment, if it is not the first one.
    fn leap(&self, span: TimeRange) -> Option<&Leap> {
        let mut leaps = self.scenario.title.leaps.iter().rev();
        leaps.find(|leap| leap.at <= span.start().since(MediaTime::ZERO).to_std())
    }

    fn flaw(&self, stream: &str, fault: Option<FaultKind>) -> Option<Flaw> {
        let codec = self.scenario.title.variants.iter().find(|one| one.name == stream).map(|one| one.codec);
        match fault {
            Some(FaultKind::Empty) => Some(Flaw::Empty),
            Some(FaultKind::Rejected) => Some(Flaw::Rejected),
            Some(FaultKind::Undecodable) => Some(Flaw::Undecodable),
            Some(FaultKind::Stuck(length)) => Some(Flaw::Stuck(length)),
            Some(
                FaultKind::Late(_)
                | FaultKind::Gap
                | FaultKind::Status(..)
                | FaultKind::Corrupt
                | FaultKind::Hang
                | FaultKind::Frozen(_),
            )
            | None => (codec.is_some() && codec == self.scenario.device.cannot_decode).then_some(Flaw::Undecodable),
        }
    }

    /// How many segments of a stream a live playlist names at most: those that were made so far.
    fn made(&self, stream: &str, now: Duration) -> usize {
        let spans = self.streams.get(stream).map(|stream| stream.spans.as_slice()).unwrap_or_default();
        let Some(live) = self.scenario.title.live else { return spans.len() };
        let edge = MediaTime::ZERO + MediaDuration::from_std(now + live.before);
        spans.partition_point(|span| span.end() <= edge)
    }

    /// Whether a segment is at the server.
    fn has(&self, stream: &str, number: usize, now: Duration) -> bool {
        let Some(live) = self.scenario.title.live else { return true };
        let gone = self.made(stream, now).saturating_sub(live.window + KEPT_BEHIND);
        (gone..self.made(stream, now.saturating_sub(live.late))).contains(&number)
    }

    fn fault(&self, stream: &str, at: usize, part: Part, now: Duration) -> Option<FaultKind> {
        let hits = |fault: &&Fault| {
            let of_part = fault.part == part || (fault.part == Part::Segments && matches!(part, Part::Segment(_)));
            let at_server = fault.server.is_none_or(|server| server == at);
            at_server
                && fault.stream.is_none_or(|name| name == stream)
                && of_part
                && (fault.when.0..fault.when.1).contains(&now)
        };
        self.scenario.faults.iter().find(hits).map(|fault| fault.kind)
    }

    /// How long until an encoded segment is there: a head works forward from where it was started.
    fn encode(&mut self, name: &str, number: usize, now: Duration) -> Duration {
        let Some(encoder) = self.streams.get(name).and_then(|stream| stream.encoder) else { return Duration::ZERO };
        let ready = |head: &Head| {
            let count = u32::try_from(number - head.first + 1).unwrap_or(u32::MAX);
            head.began + encoder.start + encoder.per_segment * count
        };
        let near = |head: &&mut Head| {
            let made =
                now.saturating_sub(head.began + encoder.start).as_micros() / encoder.per_segment.as_micros().max(1);
            let next = head.first + usize::try_from(made).unwrap_or(usize::MAX);
            head.first <= number && number <= next + HEAD_NEAR && now.saturating_sub(head.asked) <= HEAD_IDLE
        };
        if let Some(head) = self.heads.get_mut(name).filter(near) {
            head.asked = now;
            return ready(head).saturating_sub(now);
        }
        self.encoder_starts += 1;
        let head = Head { first: number, began: now, asked: now };
        let wait = ready(&head).saturating_sub(now);
        self.heads.insert(name.to_owned(), head);
        wait
    }

    /// Segments of a stream differ by up to a third unless the title says otherwise, the same ones in every stream: content,
    /// not chance.
    fn size(&self, name: &str, number: usize) -> u64 {
        let Some(stream) = self.streams.get(name) else { return 0 };
        let Some(span) = stream.spans.get(number) else { return 0 };
        let swing = if self.scenario.title.constant { 0.0 } else { 0.33 };
        let wave = 1.0 + swing * (span.start().as_seconds() * 0.21).sin();
        let bytes = stream.kbps as f64 * 125.0 * span.length().as_seconds() * wave;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few megabytes")]
        let bytes = bytes as u64;
        bytes
    }

    fn multivariant(&self, signature: &str) -> String {
        let title = &self.scenario.title;
        let query = if title.variables { "?kind=m4s" } else { signature };
        let folder =
            Definition { name: "folder".to_owned(), value: FOLDER.to_owned(), source: DefinitionSource::Given };
        let sound = if title.audio.is_empty() { 0 } else { AUDIO_KBPS };
        // With one server, addresses are relative.
        let places: Vec<_> = match title.servers {
            1 => vec![String::new()],
            servers => (0..servers).map(|index| format!("{}/", server(index))).collect(),
        };
        let group = |place: usize| format!("audio{place}");
        let variant = |variant: &Variant, place: usize| VariantStream {
            uri: format!("{}{}/playlist.m3u8{query}", places[place], variant.name),
            bandwidth: BitsPerSecond::from_kbps(variant.kbps * 4 / 3 + sound),
            average_bandwidth: Some(BitsPerSecond::from_kbps(variant.kbps + sound)),
            codecs: vec![CodecString::new(variant.codec), CodecString::new("mp4a.40.2")],
            resolution: Some(Resolution { width: variant.size.0, height: variant.size.1 }),
            audio_group: (!title.audio.is_empty()).then(|| group(place)),
            ..VariantStream::default()
        };
        let audio = |(index, name): (usize, &&str), place: usize| Rendition {
            group: group(place),
            name: (*name).to_owned(),
            uri: Some(format!("{}{name}/playlist.m3u8{query}", places[place])),
            is_default: index == 0,
            autoselect: true,
            ..Rendition::default()
        };
        write_multivariant(&MultivariantPlaylist {
            version: 7,
            independent_segments: true,
            definitions: if title.variables { vec![folder] } else { Vec::new() },
            variants: (0..places.len())
                .flat_map(|place| title.variants.iter().map(move |one| variant(one, place)))
                .collect(),
            audio: (0..places.len())
                .flat_map(|place| title.audio.iter().enumerate().map(move |one| audio(one, place)))
                .collect(),
            ..MultivariantPlaylist::default()
        })
    }

    /// What a stream's playlist says; with `update`, only what is new of it.
    fn media_playlist(&self, name: &str, signature: &str, update: Option<Updates>, now: Duration) -> String {
        let init = Some(Arc::new(InitSection { uri: format!("init.mp4{signature}"), ..InitSection::default() }));
        let variables = self.scenario.title.variables;
        let address = |number: usize| match variables {
            true => format!("{{$folder}}/{number}.{{$kind}}{signature}"),
            false => format!("{number}.m4s{signature}"),
        };
        let segment = |(number, span): (usize, &TimeRange)| {
            let (uri, duration) = (address(number), span.length());
            let gap = self.fault(name, 0, Part::Segment(number), now) == Some(FaultKind::Gap);
            let leap = self
                .leap(*span)
                .filter(|leap| leap.told && MediaTime::ZERO + MediaDuration::from_std(leap.at) == span.start());
            let discontinuity = leap.is_some();
            Arc::new(Segment { uri, duration, init: init.clone(), gap, discontinuity, ..Segment::default() })
        };
        let made = self.made(name, now);
        let first = self.scenario.title.live.map_or(0, |live| made.saturating_sub(live.window));
        let all = self.streams.get(name).map_or(0, |stream| stream.spans.len());
        let is_live = self.scenario.title.live.is_some();
        let segments: Vec<_> = self
            .streams
            .get(name)
            .map(|stream| stream.spans.iter().enumerate().skip(first).take(made - first).map(segment).collect())
            .unwrap_or_default();
        // Those whose first segment has left the playlist.
        let window = self.streams.get(name).and_then(|stream| stream.spans.get(first)).map(|span| span.start());
        let is_gone = |leap: &&Leap| leap.told && Some(MediaTime::ZERO + MediaDuration::from_std(leap.at)) < window;
        let gone = self.scenario.title.leaps.iter().filter(is_gone).count();
        let target_duration = segments.iter().map(|segment| segment.duration).max().unwrap_or_default();
        let offers = self.scenario.title.live.is_some_and(|live| live.updates != Updates::Unknown);
        let boundary = MediaDuration::from_micros(target_duration.as_micros() * SKIP_BOUNDARY as u64);
        let skipped = match update {
            Some(Updates::Sent) => segments.len().saturating_sub(SKIP_BOUNDARY),
            Some(Updates::Unrelated) => 9_999,
            Some(Updates::Unknown | Updates::Refused) | None => 0,
        };
        let definition = |name: &str, source| Definition { name: name.to_owned(), value: String::new(), source };
        let definitions = [("folder", DefinitionSource::Imported), ("kind", DefinitionSource::QueryParameter)];
        let definitions = definitions.map(|(name, source)| definition(name, source));
        write_media(&MediaPlaylist {
            version: 7,
            target_duration,
            definitions: if variables { definitions.to_vec() } else { Vec::new() },
            server_control: offers
                .then_some(ServerControl { can_skip_until: Some(boundary), ..ServerControl::default() }),
            skip: (skipped > 0).then_some(Skip { segments: skipped as u64, removed_date_ranges: None }),
            media_sequence: first as u64,
            discontinuity_sequence: gone as u64,
            kind: (!is_live).then_some(PlaylistKind::Vod),
            ended: made == all,
            segments: segments.into_iter().skip(skipped).collect(),
            ..MediaPlaylist::default()
        })
    }
}

/// What is added to the timestamps of this clock, µs.
fn moved_by(leap: &Leap) -> i64 {
    let micros = |time: Duration| i64::try_from(time.as_micros()).unwrap_or(i64::MAX);
    micros(leap.reads) - micros(leap.at)
}

/// The address of a server.
fn server(index: usize) -> String {
    format!("http://origin{index}.test")
}

fn status(code: u16, retry_after: Option<u64>) -> LoadFailure {
    let problem = Problem { code: "simulated".to_owned(), detail: format!("the simulation answers {code}") };
    LoadFailure::Status { code, retry_after: retry_after.map(Duration::from_secs), problem: Some(problem) }
}

fn cut(grid: Grid, duration: Duration) -> Vec<TimeRange> {
    let end = MediaTime::ZERO + MediaDuration::from_std(duration);
    // Irregular, and the same every time.
    let mut irregular = (0u32..).map(|number| 500 + number % 1_000 * 377 % 1_000);
    let (mut spans, mut start) = (Vec::new(), MediaTime::ZERO);
    while start < end {
        let length = match grid {
            Grid::Fixed(length) => length,
            Grid::Keyframes(length) => length * irregular.next().unwrap_or(1_000) / 1_000,
        };
        let span = TimeRange::of(start, MediaDuration::from_std(length).min(end.since(start)));
        spans.push(span);
        start = span.end();
    }
    spans
}
