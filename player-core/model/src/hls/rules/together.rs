//! Rules across the playlists of one presentation (RFC 8216 §6.2.4), which no playlist breaks alone.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use url::Url;

use super::values::{byte_range, integer, seconds};
use super::{Checked, Faults, Rule};
use crate::BitsPerSecond;
use crate::hls::attributes::Attributes;
use crate::hls::parse::lines::{Line, Lines};
use crate::hls::{MultivariantPlaylist, Rendition, wall_clock};

/// Segments that the peak bit rate is taken over at a time: enough for any that are not absurdly short, and an end to the
/// work.
const WINDOW: usize = 100;
/// An average is right within a tenth: packagers count the boxes around samples or do not, and round.
const ROUGHLY: u64 = 10;

/// Says which rules the media playlists of a multivariant playlist break together: `text` is its own text, `base` where it
/// is from, `members` the texts of the playlists that it names by their addresses; those that are missing are passed over.
/// What is found comes under the address of the playlist that would have to change.
pub fn check_together(
    main: &MultivariantPlaylist,
    text: &str,
    base: &Url,
    members: &BTreeMap<Url, String>,
) -> BTreeMap<Url, Checked> {
    let mut found = Found::default();
    let find = |uri: &str| base.join(uri).ok().and_then(|url| members.get_key_value(&url));
    let mut media: BTreeMap<&Url, Media<'_>> = BTreeMap::new();
    let mut order: Vec<(&Url, Role)> = Vec::new();
    for (uri, role) in roles(main) {
        let Some((url, text)) = find(uri) else { continue };
        if !media.contains_key(url) {
            order.push((url, role));
            media.insert(url, Media::read(text));
        }
    }
    let order: Vec<(&Url, Role, &Media<'_>)> =
        order.iter().filter_map(|&(url, role)| Some((url, role, media.get(url)?))).collect();
    targets(&order, &mut found);
    kinds(&order, &mut found);
    dates(&order, &mut found);
    timelines(&order, &mut found);
    // A playlist may be named as a variant stream as well.
    for (url, one) in
        main.i_frames.iter().filter_map(|stream| find(&stream.uri)).filter_map(|(url, _)| Some((url, media.get(url)?)))
    {
        found.unless(one.i_frames, url, one.last_line, Rule::IFramesOnly, "");
    }
    let whole = Lines::new(text).find_map(|(_, line)| start(line));
    for (url, _, one) in &order {
        if let Some((whole, (line, own))) = whole.zip(one.start) {
            found.unless(whole == own, url, line, Rule::SharedDiffers, "EXT-X-START");
        }
    }
    keys(text, base, &order, &mut found);
    rates(main, &lines_of(text), base, &media, &mut found);
    found.0.into_iter().map(|(url, faults)| (url, faults.0)).collect()
}

/// Whether the bit rates that a multivariant playlist tells are those of the segments: of each variant stream with the
/// largest of its audio (RFC 8216 §4.3.4.2).
fn rates(
    main: &MultivariantPlaylist,
    lines: &BTreeMap<u64, usize>,
    base: &Url,
    media: &BTreeMap<&Url, Media<'_>>,
    found: &mut Found,
) {
    // Many variants may name the same playlists and groups, so that nothing is looked at once for each.
    let rates: BTreeMap<&Url, Rates> = media.iter().filter_map(|(url, one)| Some((*url, one.rates()?))).collect();
    let of = |uri: &str| base.join(uri).ok().and_then(|url| rates.get(&url)).copied();
    let mut audio: BTreeMap<&str, Rates> = BTreeMap::new();
    let mut untold: BTreeSet<&str> = BTreeSet::new();
    for one in &main.audio {
        let Some(uri) = one.uri.as_deref() else { continue };
        match of(uri) {
            Some(of_one) => {
                let of_group = audio.entry(&one.group).or_default();
                *of_group =
                    Rates { peak: of_one.peak.max(of_group.peak), average: of_one.average.max(of_group.average) };
            }
            None => drop(untold.insert(&one.group)),
        }
    }
    for variant in &main.variants {
        let Some(own) = of(&variant.uri) else { continue };
        let audio = variant.audio_group.as_deref().and_then(|group| audio.get(group)).copied().unwrap_or_default();
        let (peak, told) = (own.peak.saturating_add(audio.peak), variant.bandwidth.get());
        let line = lines.get(&told).copied().unwrap_or(1);
        let subject = format_args!("{} has {peak} bit/s, not {told}", variant.uri);
        found.unless(told >= peak, base, line, Rule::BandwidthPeak, subject);
        // What the rest weighs is not known.
        let is_part =
            variant.video_group.is_some() || variant.audio_group.as_deref().is_some_and(|group| untold.contains(group));
        if let Some(told) = variant.average_bandwidth.map(BitsPerSecond::get).filter(|_| !is_part) {
            let average = own.average.saturating_add(audio.average);
            let subject = format_args!("{} has {average} bit/s, not {told}", variant.uri);
            let is_near = told.abs_diff(average) <= average / ROUGHLY;
            found.unless(is_near, base, line, Rule::BandwidthAverage, subject);
        }
    }
}

/// Bit rates of a playlist's segments, bit/s.
#[derive(Clone, Copy, Default)]
struct Rates {
    peak: u64,
    average: u64,
}

/// Faults by the playlist that has them.
#[derive(Default)]
struct Found(BTreeMap<Url, Faults>);

impl Found {
    fn unless(&mut self, holds: bool, url: &Url, line: usize, rule: Rule, subject: impl std::fmt::Display) {
        if !holds {
            self.0.entry(url.clone()).or_default().add(line, rule, subject);
        }
    }
}

/// What a playlist is for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Stream,
    Subtitles,
    IFrames,
}

fn roles(main: &MultivariantPlaylist) -> impl Iterator<Item = (&str, Role)> {
    let streams = main.variants.iter().map(|one| (one.uri.as_str(), Role::Stream));
    fn of(list: &[Rendition], role: Role) -> impl Iterator<Item = (&str, Role)> {
        list.iter().filter_map(move |one| Some((one.uri.as_deref()?, role)))
    }
    let i_frames = main.i_frames.iter().map(|one| (one.uri.as_str(), Role::IFrames));
    let renditions = of(&main.audio, Role::Stream).chain(of(&main.video, Role::Stream));
    streams.chain(renditions).chain(of(&main.subtitles, Role::Subtitles)).chain(i_frames)
}

/// Offset and precision of `EXT-X-START`.
fn start(line: Line<'_>) -> Option<(&str, bool)> {
    let Line::Tag("#EXT-X-START", value) = line else { return None };
    let list = Attributes::read(value).0;
    Some((list.get("TIME-OFFSET")?, list.says_yes("PRECISE")))
}

/// The first line that tells of a variant stream of each bandwidth.
fn lines_of(text: &str) -> BTreeMap<u64, usize> {
    let mut lines = BTreeMap::new();
    for (number, line) in Lines::new(text) {
        let Line::Tag("#EXT-X-STREAM-INF", value) = line else { continue };
        if let Some(bandwidth) = Attributes::read(value).0.get("BANDWIDTH").and_then(integer) {
            lines.entry(bandwidth).or_insert(number);
        }
    }
    lines
}

/// A key that is at an address, with what a session key must say of it too.
struct Key<'a> {
    uri: &'a str,
    /// `METHOD`, `KEYFORMAT`, `KEYFORMATVERSIONS`.
    said: [&'a str; 3],
}

impl<'a> Key<'a> {
    fn read(value: &'a str) -> Option<Self> {
        let list = Attributes::read(value).0;
        let or = |name, default| list.get(name).unwrap_or(default);
        // What is absent has the value that stands for it (RFC 8216 §4.3.2.4).
        let said = [list.get("METHOD")?, or("KEYFORMAT", "identity"), or("KEYFORMATVERSIONS", "1")];
        Some(Self { uri: list.get("URI")?, said })
    }
}

/// Holds keys to the session keys of the same address.
fn keys(text: &str, base: &Url, order: &Members<'_>, found: &mut Found) {
    let mut of_session: BTreeMap<Url, BTreeSet<[&str; 3]>> = BTreeMap::new();
    for (_, line) in Lines::new(text) {
        let Line::Tag("#EXT-X-SESSION-KEY", value) = line else { continue };
        if let Some((url, key)) = Key::read(value).and_then(|key| Some((base.join(key.uri).ok()?, key))) {
            of_session.entry(url).or_default().insert(key.said);
        }
    }
    if of_session.is_empty() {
        return;
    }
    for (url, _, one) in order {
        for (line, key) in &one.keys {
            let known = url.join(key.uri).ok().and_then(|at| of_session.get(&at));
            let matches = known.is_none_or(|known| known.contains(&key.said));
            found.unless(matches, url, *line, Rule::SessionKeyDiffers, key.said.join(" "));
        }
    }
}

/// What a media playlist has in common with the others.
#[derive(Default)]
struct Media<'a> {
    /// Line and value of a tag.
    target: Option<(usize, u64)>,
    kind: Option<(usize, &'a str)>,
    start: Option<(usize, (&'a str, bool))>,
    i_frames: bool,
    ended: bool,
    dated: bool,
    /// Keys that have an address, and their lines.
    keys: Vec<(usize, Key<'a>)>,
    segments: Vec<Piece>,
    last_line: usize,
}

/// One segment.
#[derive(Clone, Default)]
struct Piece {
    line: usize,
    /// Microseconds.
    length: u64,
    /// Discontinuity sequence number (RFC 8216 §4.3.3.3).
    number: u64,
    /// Its `EXT-X-PROGRAM-DATE-TIME`, in microseconds.
    date: Option<u64>,
    bytes: Option<u64>,
}

impl<'a> Media<'a> {
    fn read(text: &'a str) -> Self {
        let mut media = Self::default();
        let mut next = Piece::default();
        for (number, line) in Lines::new(text) {
            media.last_line = number;
            match line {
                Line::Tag("#EXT-X-TARGETDURATION", value) => {
                    media.target = integer(value).map(|target| (number, target));
                }
                Line::Tag("#EXT-X-PLAYLIST-TYPE", value) => media.kind = Some((number, value)),
                Line::Tag("#EXT-X-KEY", value) => media.keys.extend(Key::read(value).map(|key| (number, key))),
                Line::Tag("#EXT-X-START", _) => media.start = start(line).map(|start| (number, start)),
                Line::Tag("#EXT-X-I-FRAMES-ONLY", _) => media.i_frames = true,
                Line::Tag("#EXT-X-ENDLIST", _) => media.ended = true,
                Line::Tag("#EXT-X-DISCONTINUITY-SEQUENCE", value) => next.number = integer(value).unwrap_or(0),
                Line::Tag("#EXT-X-DISCONTINUITY", _) => next.number = next.number.saturating_add(1),
                Line::Tag("#EXT-X-PROGRAM-DATE-TIME", value) => {
                    media.dated = true;
                    let since = wall_clock(value).and_then(|date| date.duration_since(SystemTime::UNIX_EPOCH).ok());
                    next.date = since.map(micros);
                }
                Line::Tag("#EXTINF", value) => {
                    let length = value.split(',').next().and_then(seconds);
                    next.length = length.map_or(0, |length| micros(length.to_std()));
                }
                Line::Tag("#EXT-X-BYTERANGE", value) => next.bytes = byte_range(value).map(|(length, _)| length),
                Line::Tag(..) => {}
                Line::Uri(_) => {
                    let number_after = next.number;
                    media.segments.push(Piece { line: number, ..std::mem::take(&mut next) });
                    next.number = number_after;
                }
            }
        }
        media
    }

    /// Microseconds.
    fn length(&self) -> u64 {
        self.segments.iter().fold(0, |sum, segment| sum.saturating_add(segment.length))
    }

    /// The average bit rate, and the largest of segments that follow each other and last 0.5 to 1.5 target durations
    /// together (RFC 8216 §4.1); nothing unless all are there and tell their sizes.
    fn rates(&self) -> Option<Rates> {
        let target = u128::from(self.target.filter(|_| self.ended)?.1) * 1_000_000;
        let sizes: Vec<(u128, u128)> = self
            .segments
            .iter()
            .map(|segment| Some((u128::from(segment.bytes?), u128::from(segment.length))))
            .collect::<Option<_>>()?;
        let mut peak = None;
        for begin in 0..sizes.len() {
            let (mut bytes, mut length) = (0, 0);
            for (more, longer) in sizes[begin..].iter().take(WINDOW) {
                (bytes, length) = (bytes + more, length + longer);
                if length * 2 > target * 3 {
                    break;
                }
                if length > 0 && length * 2 >= target {
                    peak = peak.max(Some(bytes * 8 * 1_000_000 / length));
                }
            }
        }
        let (bytes, length) = sizes.iter().fold((0, 0), |sum, size| (sum.0 + size.0, sum.1 + size.1));
        let average = (bytes * 8 * 1_000_000).checked_div(length)?;
        Some(Rates { peak: u64::try_from(peak?).ok()?, average: u64::try_from(average).ok()? })
    }

    /// Where each segment begins, in microseconds: by the clock, or since the beginning.
    fn begins(&self, by_date: bool) -> impl Iterator<Item = (u64, &Piece)> {
        let mut at = (!by_date).then_some(0_u64);
        self.segments.iter().filter_map(move |segment| {
            let begin = segment.date.filter(|_| by_date).or(at);
            at = begin.map(|begin| begin.saturating_add(segment.length));
            Some((begin?, segment))
        })
    }
}

fn micros(time: Duration) -> u64 {
    u64::try_from(time.as_micros()).unwrap_or(u64::MAX)
}

type Members<'a> = [(&'a Url, Role, &'a Media<'a>)];

/// Subtitles and I-frames are free if they are VOD.
fn targets(order: &Members<'_>, found: &mut Found) {
    let mut first = None;
    for (url, role, one) in order {
        let is_vod = one.kind.is_some_and(|(_, kind)| kind == "VOD");
        let is_free = is_vod && (*role == Role::Subtitles || one.i_frames);
        let Some((line, target)) = one.target.filter(|_| !is_free) else { continue };
        let of_all = *first.get_or_insert(target);
        found.unless(
            target == of_all,
            url,
            line,
            Rule::TogetherTarget,
            format_args!("{target} s here, {of_all} s there"),
        );
    }
}

fn kinds(order: &Members<'_>, found: &mut Found) {
    let Some((_, of_all)) = order.iter().find_map(|(_, _, one)| one.kind) else { return };
    for (url, _, one) in order {
        let (line, own) = one.kind.unwrap_or((one.last_line, "none"));
        found.unless(own == of_all, url, line, Rule::TogetherKind, format_args!("{own} here, {of_all} there"));
    }
}

fn dates(order: &Members<'_>, found: &mut Found) {
    if order.iter().any(|(_, _, one)| one.dated) {
        for (url, _, one) in order {
            found.unless(one.dated, url, one.last_line, Rule::TogetherDates, "");
        }
    }
}

/// Compares each playlist with the first: discontinuities, and lengths of those that have ended.
fn timelines(order: &Members<'_>, found: &mut Found) {
    let Some(((_, _, first), rest)) = order.split_first() else { return };
    let whole = first.length();
    for (url, role, one) in rest {
        let by_date = first.dated && one.dated;
        let ended = first.ended && one.ended;
        // Live playlists without dates do not tell which content is the same.
        if !by_date && !ended {
            continue;
        }
        if let Some((line, own, there)) = other_number(first, one, by_date) {
            let subject = format_args!("number {own} here, {there} there");
            found.unless(false, url, line, Rule::TogetherDiscontinuities, subject);
        }
        let target = first.target.map_or(0, |(_, target)| target.saturating_mul(1_000_000));
        // Content may be missing at the beginning and at the end. Subtitles end with the last word that is said.
        let near = whole.abs_diff(one.length()) <= target.saturating_mul(2);
        let (own, there) = (Duration::from_micros(one.length()), Duration::from_micros(whole));
        let subject = format_args!("{:.1} s here, {:.1} s there", own.as_secs_f64(), there.as_secs_f64());
        let is_long = near || !ended || *role == Role::Subtitles;
        found.unless(is_long, url, one.last_line, Rule::TogetherLength, subject);
    }
}

/// The first segment that has another discontinuity number than what the first playlist has at its middle: its line, and
/// both numbers.
fn other_number(first: &Media<'_>, one: &Media<'_>, by_date: bool) -> Option<(usize, u64, u64)> {
    let mut there = first.begins(by_date).peekable();
    for (begin, segment) in one.begins(by_date) {
        let middle = begin.saturating_add(segment.length / 2);
        while there.peek().is_some_and(|(begin, segment)| begin.saturating_add(segment.length) <= middle) {
            there.next();
        }
        let (from, at_middle) = there.peek()?;
        if *from <= middle && at_middle.number != segment.number {
            return Some((segment.line, segment.number, at_middle.number));
        }
    }
    None
}
