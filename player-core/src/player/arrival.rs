//! What loads bring: first bytes, progress, playlists, media. Failures are in `player/failing.rs`.

use std::time::Duration;

use media_model::hls::{Playlist, Reading};
use media_model::{BitsPerSecond, ByteCount, CodecString, MediaTime};
use url::Url;

use super::choosing::Scope;
use super::lane::{Item, Lane, Role, Wanted};
use super::motion::Motion;
use super::{Init, Load, Player, Purpose};
use crate::abr::why::Account;
use crate::abr::{Download, Outcome, Rule};
use crate::clock::Now;
use crate::error::Trouble;
use crate::load::SLACK;
use crate::message::{Event, LoadFailure, Output, RequestId, ServerTiming, Track};
use crate::player::phase::Phase;
use crate::playlist::{Presentation, StreamId, Timeline};

/// An answer that takes this much longer than the quickest one was waited for by the server too, even if it does not
/// say so.
const SILENT_MAKING: Duration = Duration::from_millis(500);
/// Share of the estimate, in thousandths, that is relied on for playing on while a segment comes.
const PLAYS_ON_SHARE: u64 = 950;

impl Player {
    pub(super) fn first_byte(&mut self, id: RequestId, served: ServerTiming, length: Option<ByteCount>) {
        let Some(load) = self.loads.get_mut(&id).filter(|load| load.first_byte.is_none()) else { return };
        let waited = self.now.since(load.begun);
        let quickest = self.link.fastest_answer().unwrap_or(waited);
        load.making = served.encode.min(waited);
        if load.making.is_zero() && waited > quickest + SILENT_MAKING {
            load.making = waited - quickest;
        }
        if let Some(length) = length.filter(|length| *length > ByteCount::default() && load.address.range.is_none()) {
            (load.expected, load.is_told) = (length, true);
        }
        load.first_byte = Some(self.now);
        load.last_heard = self.now;
        self.link.begins(self.now, waited, load.making);
    }

    pub(super) fn progress(&mut self, id: RequestId, bytes: ByteCount) {
        self.first_byte(id, ServerTiming::default(), None);
        let Some(load) = self.loads.get_mut(&id) else { return };
        let news = bytes.get().saturating_sub(load.bytes.get());
        if news == 0 {
            return;
        }
        let pause = self.now.since(load.last_heard);
        load.bytes = bytes;
        load.last_heard = self.now;
        self.link.arrived(self.now, ByteCount::new(news), pause, !load.making.is_zero());
        self.tell_throughput();
    }

    /// A segment of which nothing arrives is judged as well.
    pub(super) fn judge_silent(&mut self) {
        if self.config.rule == Rule::Matinee {
            self.loads_of(Role::Variant).into_iter().for_each(|id| self.judge(id));
        }
    }

    /// Asks the rule what becomes of a segment of which more has arrived.
    pub(super) fn judge(&mut self, id: RequestId) {
        self.link.pass(self.now);
        let Some(load) = self.loads.get(&id) else { return };
        let Purpose::Segment(Role::Variant, wanted) = &load.purpose else { return };
        let Some(download) = self.download(load) else { return };
        let (length, is_replacement) = (wanted.span.length(), wanted.is_replacement);
        let is_forced = matches!(wanted.stream, StreamId::Variant(id) if self.wishes.variant == Some(id));
        if is_forced || load.bytes >= load.expected && load.is_told {
            return;
        }
        let scope = match self.config.rule {
            // Its look ahead costs something, and is not needed while there is plenty.
            Rule::Matinee => {
                let rest = ByteCount::new(download.size.get().saturating_sub(download.got.get()));
                let time = self.throughput().time_for(rest).unwrap_or(Duration::MAX);
                let level = self.lane(Role::Variant).map(|lane| self.loaded_ahead(lane)).unwrap_or_default();
                if !is_replacement && time.saturating_mul(2) < self.lasts(level) {
                    return;
                }
                // The rule takes segments to come as a whole; one that is shown while it comes has longer.
                let rate = self.link.estimate().map(|rate| rate.scaled(PLAYS_ON_SHARE, 1_000));
                let in_part = self.config.appends_in_part && !is_replacement && load.address.range.is_none();
                let ahead = wanted.span.end().since(self.position());
                let goes_on = self.position() + level + SLACK >= wanted.span.start();
                if in_part && goes_on && rate.is_some_and(|rate| self.plays_on(load, wanted, rate, ahead)) {
                    return;
                }
                Scope::All
            }
            Rule::Classic(_) => Scope::Level,
        };
        let facts = self.facts(length, scope);
        let outcome = self.controller.judge(&facts.signals(), &download);
        if outcome != Outcome::Complete {
            self.cancel(id);
            self.accounts.extend(Account::of_end(&facts.signals(), &download, outcome));
            self.controller.ended(&facts.signals(), &download, outcome);
        }
    }

    /// A load of a variant's segment as rules see it, once something of it has come.
    fn download(&self, load: &Load) -> Option<Download> {
        self.download_begun(load, load.first_byte?)
    }

    /// The same with a first byte at this time.
    pub(super) fn download_begun(&self, load: &Load, first_byte: Now) -> Option<Download> {
        let Purpose::Segment(Role::Variant, Wanted { stream: StreamId::Variant(variant), span, is_replacement, .. }) =
            &load.purpose
        else {
            return None;
        };
        let to_first_byte = first_byte.since(load.begun);
        Some(Download {
            variant: *variant,
            size: load.size(),
            got: load.bytes,
            took: self.now.since(load.begun),
            to_first_byte,
            is_replacement: *is_replacement,
            to_start: span.start().since(self.position()),
        })
    }

    fn tell_throughput(&mut self) {
        let Some(rate) = self.link.estimate() else { return };
        // A twentieth more or less is no news.
        if rate.get().abs_diff(self.told_throughput) > self.told_throughput / 20 {
            self.told_throughput = rate.get();
            self.tell(Event::Throughput(rate));
        }
    }

    /// Takes a complete load out of the list and into the estimate.
    fn finish(&mut self, id: RequestId, size: ByteCount) -> Option<Load> {
        if self.loads.get(&id)?.first_byte.is_some() {
            self.progress(id, size);
            self.link.ends(self.now);
        }
        self.loads.remove(&id)
    }

    pub(super) fn playlist_arrived(&mut self, id: RequestId, url: Url, text: &str) {
        let size = ByteCount::new(text.len() as u64);
        let Some(load) = self.finish(id, size) else { return };
        let is_left = self.presentation.as_ref().is_some_and(|presentation| presentation.place() != load.place);
        let reading = match (&load.purpose, &self.presentation) {
            // What a copy that has been left says is no news.
            (Purpose::Playlist(_), _) if is_left => return,
            (Purpose::Playlist(stream), Some(presentation)) => presentation.reading(*stream, &url),
            (
                Purpose::Root
                | Purpose::Renewal
                | Purpose::Playlist(_)
                | Purpose::Init(..)
                | Purpose::Segment(..)
                | Purpose::Text(_)
                | Purpose::Probe,
                _,
            ) => Reading::new(&url),
        };
        match (load.purpose, reading.parse_clear(text).map(|parsed| parsed.value)) {
            (Purpose::Root, Ok(Playlist::Multivariant(playlist))) => match Presentation::multivariant(playlist, &url) {
                Some(presentation) => self.presentation_known(presentation),
                None => self.fail(&Trouble::NoStreams),
            },
            (Purpose::Root, Ok(Playlist::Media(playlist))) => {
                if playlist.has_nothing() {
                    return self.fail(&Trouble::NoStreams);
                }
                let timeline = Timeline::new(playlist, url.clone(), self.now, None, &[]);
                self.presentation_known(Presentation::single(url, timeline));
                self.timeline_known();
            }
            (Purpose::Playlist(stream), Ok(Playlist::Media(playlist)))
                if playlist.has_nothing() && self.timeline(stream).is_none() =>
            {
                self.playlist_useless(stream, Trouble::NoStreams);
            }
            (Purpose::Playlist(stream), Ok(Playlist::Media(playlist))) => {
                self.health.entry(stream).or_default().succeeded();
                self.setback_passed();
                if let Some(presentation) = &mut self.presentation {
                    presentation.lay_out(stream, playlist, url, self.now);
                }
                self.timeline_known();
            }
            (Purpose::Root, Err(cause)) => self.fail(&Trouble::Playlist(cause)),
            (Purpose::Renewal, parsed) => self.addresses_arrived(&url, parsed),
            (Purpose::Playlist(stream), read @ (Err(_) | Ok(Playlist::Multivariant(_)))) => {
                if !self.goes_without_updates(stream, load.is_update, &LoadFailure::Corrupt) {
                    self.playlist_useless(stream, read.map_or_else(Trouble::Playlist, |_| Trouble::NoStreams));
                }
            }
            // A driver that answers a media load with text is wrong; nothing is lost by asking again.
            (Purpose::Init(key, _), _) => drop(self.inits.remove(&key)),
            (Purpose::Segment(..) | Purpose::Text(_) | Purpose::Probe, _) => {}
        }
    }

    /// A stream's playlist has come, and is of no use: if there is no other stream, that is what the viewer is told.
    fn playlist_useless(&mut self, stream: StreamId, why: Trouble) {
        self.trouble = None;
        self.stream_failed(stream, &LoadFailure::Corrupt);
        if self.trouble.is_some() {
            self.trouble = Some(why);
        }
    }

    fn presentation_known(&mut self, mut presentation: Presentation) {
        if let Some(track) = presentation.variant_track {
            self.lanes.push(Lane::new(Role::Variant, track));
        }
        if let Some(audio) = presentation.preferred_audio(&self.config.audio_languages) {
            let mut lane = Lane::new(Role::Rendition, Track::Audio);
            lane.stream = Some(StreamId::Audio(audio));
            self.lanes.push(lane);
            self.wishes.audio = Some(audio);
        } else if presentation.variants.len() == 1 && presentation.any_timeline().is_some() {
            self.lanes[0].stream = Some(StreamId::Variant(crate::message::VariantId(0)));
        }
        if !self.config.shows_text {
            presentation.text.clear();
        }
        self.presentation = Some(presentation);
        self.ask_decoder();
        let lowest = self.usable_variants().first().and_then(|&id| self.candidate(id));
        // A media playlist that was opened directly declares no rate.
        if let Some(lowest) = lowest.filter(|lowest| lowest.declared > BitsPerSecond::default()) {
            self.link.needs(lowest.declared);
        }
        self.become_phase(Phase::Running);
    }

    /// Goes to the start position when the first timeline is there, and tells the page when those of all lanes are.
    fn timeline_known(&mut self) {
        let Some(presentation) = &self.presentation else { return };
        let Some((_, start)) = &mut self.root else { return };
        let mut timelines =
            self.lanes.iter().map(|lane| presentation.stream(lane.stream?).and_then(|stream| stream.timeline.as_ref()));
        let Some(Some(first)) = timelines.next() else { return };
        let all_known = timelines.all(|timeline| timeline.is_some());
        let start = *start.get_or_insert(first.suggested_start(presentation.start));
        if start != MediaTime::ZERO && self.motion.sent_to.is_none_or(|(target, _)| target != start) {
            self.motion = Motion { sent_to: Some((start, self.now)), ..self.motion.sought(MediaTime::ZERO) };
        }
        if !all_known {
            return;
        }
        self.root = None;
        self.tell_ready();
        if let Some(audio) = self.wishes.audio {
            self.tell(Event::AudioChosen(audio));
        }
        self.begin_text();
    }

    /// Tells what there is to choose.
    pub(super) fn tell_ready(&mut self) {
        let Some(presentation) = &self.presentation else { return };
        let first = self.lanes.first().and_then(|lane| self.timeline(lane.stream?));
        let duration = first.and_then(Timeline::duration);
        let (variants, audio) = (presentation.variant_infos(), presentation.audio_infos());
        self.tell(Event::Ready { variants, audio, text: presentation.text_infos(), duration });
    }

    pub(super) fn codecs_found(&mut self, id: RequestId, codecs: &str) {
        let stream = match self.loads.get(&id).map(|load| &load.purpose) {
            Some(Purpose::Init(_, stream)) => *stream,
            Some(Purpose::Segment(_, wanted)) => wanted.stream,
            Some(Purpose::Root | Purpose::Renewal | Purpose::Playlist(_) | Purpose::Text(_) | Purpose::Probe)
            | None => {
                return;
            }
        };
        let found: Vec<_> =
            codecs.split(',').map(str::trim).filter(|entry| !entry.is_empty()).map(CodecString::new).collect();
        let Some(presentation) = &mut self.presentation else { return };
        // A media playlist opened directly does not say whether it has a picture.
        let sound_only = !found.is_empty() && found.iter().all(|codec| codec.video().is_none());
        if sound_only && !self.prepared && presentation.audio.is_empty() && presentation.variants.len() == 1 {
            presentation.variant_track = Some(Track::Audio);
            self.lanes.iter_mut().for_each(|lane| lane.track = Track::Audio);
        }
        if let Some(stream) = presentation.stream_mut(stream).filter(|stream| stream.codecs.is_empty()) {
            stream.codecs = found;
        }
    }

    pub(super) fn loaded(&mut self, id: RequestId, size: ByteCount) {
        let Some(load) = self.finish(id, size) else { return };
        let making = self.making_of(&load, size);
        let download = self.download(&load);
        match load.purpose {
            Purpose::Init(key, _) => drop(self.inits.insert(key, Init::Loaded(id))),
            Purpose::Segment(role, wanted) => {
                let length = wanted.span.length();
                if !wanted.is_replacement {
                    self.learn_encoder_start(&wanted, making);
                }
                let health = self.health.entry(wanted.stream).or_default();
                health.succeeded();
                health.was_made_in(making, self.now);
                health.saw(size, wanted.span.length());
                self.trouble = None;
                self.stuck.remove(&role);
                self.setback_passed();
                self.renewal.succeeded();
                self.qoe.loaded(size);
                // What could not be told of a part can be told of the whole.
                let start = load.start.or_ask_again();
                if let Some(lane) = self.lane_mut(role) {
                    lane.given_up = None;
                    lane.queue.push_back(Item { id, size, start, wanted });
                }
                if let Some(download) = download {
                    let facts = self.facts(length, Scope::Level);
                    self.controller.ended(&facts.signals(), &download, Outcome::Complete);
                }
            }
            Purpose::Probe => {
                if let Some(rate) = BitsPerSecond::measured(size, self.now.since(load.begun)) {
                    self.controller.probed(rate);
                }
                self.out.push(Output::Forget(id));
            }
            Purpose::Text(segment) => self.text_loaded(id, segment),
            Purpose::Root | Purpose::Renewal | Purpose::Playlist(_) => {}
        }
    }

    /// What the server needed for a segment in all: a body that is made while it is sent takes longer than the link does.
    fn making_of(&self, load: &Load, size: ByteCount) -> Duration {
        if load.making.is_zero() {
            return Duration::ZERO;
        }
        let transfer = self.throughput().time_for(size).unwrap_or_default();
        let took = self.now.since(load.begun).saturating_sub(self.link.latency()).saturating_sub(transfer);
        load.making.max(took)
    }

    /// The first segment of a run tells what starting an encoder costs.
    fn learn_encoder_start(&mut self, wanted: &Wanted, making: Duration) {
        let before = self.lane(Role::Variant).and_then(|lane| lane.loaded_last);
        let is_run = before.is_some_and(|(stream, end)| stream == wanted.stream && end == wanted.span.start());
        if matches!(wanted.stream, StreamId::Variant(_)) {
            if !is_run && !making.is_zero() {
                self.encoder_start = making;
            }
            if let Some(lane) = self.lane_mut(Role::Variant) {
                lane.loaded_last = Some((wanted.stream, wanted.span.end()));
            }
        }
    }
}
