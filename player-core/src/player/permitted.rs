//! Which variants may be chosen at all: what the viewer, the page, the screen and the device let through. Must not know why
//! one of them is chosen.

use media_model::hls::VariantStream;
use media_model::{BitsPerSecond, MediaDuration, Resolution};

use super::Player;
use super::commands::LOCK_LEAD;
use super::lane::{Health, Role};
use super::phase::Phase;
use crate::message::{DecoderQuestion, Ease, FrameRate, Output, Track, VariantId};
use crate::playlist::{Presentation, StreamId};

/// Who saves data gets no more lines than this, or, where the playlist tells no sizes, no more bandwidth; and has no more
/// ahead, because what is ahead may never be watched. Nor is there more ahead while the browser wants the network left alone.
const SAVING_LINES: u32 = 480;
const SAVING_RATE: BitsPerSecond = BitsPerSecond::from_kbps(1_500);
const SAVING_GOAL: MediaDuration = MediaDuration::from_secs(10);
/// What a variant without `FRAME-RATE` is taken to have.
pub(super) const USUAL_FRAME_RATE: FrameRate = FrameRate::from_thousandths(30_000);

/// What bounds the automatic choice.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    /// Of the picture on screen.
    pub(super) resolution: Option<Resolution>,
    pub(super) least: Option<BitsPerSecond>,
    pub(super) most: Option<BitsPerSecond>,
    pub(super) saves_data: bool,
    /// Nobody can see the picture.
    pub(super) hidden: bool,
    /// The browser wants the network to be left alone for now.
    pub(super) rests: bool,
}

/// What is left if a filter lets nothing through.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Otherwise {
    Lowest,
    Highest,
    All,
}

type Variants<'a> = Vec<(VariantId, &'a VariantStream)>;

fn keep<'a>(
    from: Variants<'a>,
    otherwise: Otherwise,
    passes: impl Fn(VariantId, &VariantStream) -> bool,
) -> Variants<'a> {
    let kept: Variants<'a> = from.iter().copied().filter(|&(id, variant)| passes(id, variant)).collect();
    if !kept.is_empty() {
        return kept;
    }
    match otherwise {
        Otherwise::Lowest => from.into_iter().take(1).collect(),
        Otherwise::Highest => from.into_iter().next_back().into_iter().collect(),
        Otherwise::All => from,
    }
}

impl Player {
    /// Variants that may be loaded, lowest first: the locked one, else those within all limits, as far as there are any;
    /// without those that failed lately.
    pub(super) fn usable_variants(&self) -> Vec<VariantId> {
        let Some(presentation) = &self.presentation else { return Vec::new() };
        let works =
            |id: VariantId| self.health.get(&StreamId::Variant(id)).is_none_or(|health| !health.is_avoided(self.now));
        if let Some(locked) = self.wishes.variant.filter(|&id| presentation.variant(id).is_some() && works(id)) {
            return vec![locked];
        }
        let all = presentation.variants_of_group();
        self.permitted(all.filter(|&(id, _)| works(id)).collect()).into_iter().map(|(id, _)| id).collect()
    }

    fn permitted<'a>(&self, mut left: Variants<'a>) -> Variants<'a> {
        let Limits { resolution, least, most, saves_data, hidden, rests: _ } = self.wishes.limits;
        left = keep(left, Otherwise::All, |id, _| !self.rough.contains(&id));
        left = keep(left, Otherwise::Lowest, |_, variant| !self.frames.is_too_heavy(variant, self.now));
        if let Some(most) = most {
            left = keep(left, Otherwise::Lowest, |_, variant| variant.bandwidth <= most);
        }
        if saves_data {
            left = keep(left, Otherwise::Lowest, |_, variant| match variant.resolution {
                Some(size) => size.height <= SAVING_LINES,
                None => variant.bandwidth <= SAVING_RATE,
            });
        }
        if let Some(screen) = resolution {
            let among = left.clone();
            left = keep(left, Otherwise::All, |_, variant| is_of_use(variant, screen, &among));
        }
        if let Some(least) = least {
            left = keep(left, Otherwise::Highest, |_, variant| variant.bandwidth >= least);
        }
        // An encoder that would have to be started for it costs the server more than it saves.
        if hidden && self.encoder_start.is_zero() {
            left.truncate(1);
        }
        left
    }

    /// Media to have ahead.
    pub(super) fn goal(&self) -> MediaDuration {
        let Limits { saves_data, rests, .. } = self.wishes.limits;
        if saves_data || rests { self.goal.min(SAVING_GOAL) } else { self.goal }
    }

    /// The page was hidden, or can be seen again.
    pub(super) fn set_visible(&mut self, visible: bool) {
        let was_hidden = std::mem::replace(&mut self.wishes.limits.hidden, !visible);
        self.frames.look_away();
        if was_hidden && visible {
            // What was loaded for nobody's eyes is poor.
            self.replace_by_choice();
        }
    }

    /// Replaces what is ahead by what would be chosen now.
    pub(super) fn replace_by_choice(&mut self) {
        if self.phase != Phase::Running || self.wishes.variant.is_some() {
            return;
        }
        let at = self.position();
        let current = self.lane(Role::Variant).and_then(|lane| lane.stream);
        let entry = current.and_then(|stream| self.timeline(stream)?.entry_at(at));
        let Some(length) = entry.map(|entry| entry.span.length()) else { return };
        let chosen = self.would_choose(&self.usable_variants(), length).map(StreamId::Variant);
        if let Some(chosen) = chosen.filter(|chosen| Some(*chosen) != current) {
            self.replace_ahead(Role::Variant, chosen, LOCK_LEAD);
        }
    }

    /// Asks the driver how well the device plays each variant.
    pub(super) fn ask_decoder(&mut self) {
        let Some(presentation) = self.presentation.as_ref().filter(|one| one.variant_track == Some(Track::Video))
        else {
            return;
        };
        let question = |(id, variant): (VariantId, &VariantStream)| {
            let mut sound = variant.codecs.iter().filter(|codec| codec.audio().is_some());
            // Of several, one may be of a rendition that is not played.
            let sound = sound.next().filter(|_| sound.next().is_none());
            let codec = variant.codecs.iter().find(|codec| codec.video().is_some())?;
            Some(DecoderQuestion {
                variant: id,
                mime: format!("video/mp4; codecs=\"{codec}\""),
                sound: sound.map(|codec| format!("audio/mp4; codecs=\"{codec}\"")),
                resolution: variant.resolution?,
                bandwidth: variant.bandwidth,
                frame_rate: variant.frame_rate.unwrap_or(USUAL_FRAME_RATE),
            })
        };
        let questions: Vec<_> = presentation.all_variants().filter_map(question).collect();
        if questions.len() > 1 {
            self.out.push(Output::AskDecoder(questions));
        }
    }

    /// The driver's answer.
    pub(super) fn permit(&mut self, variant: VariantId, ease: Ease) {
        match ease {
            Ease::Never => {
                let can_play = |id| self.health.get(&StreamId::Variant(id)).is_none_or(|health| !health.never);
                let others = self.presentation.iter().flat_map(Presentation::all_variants);
                if others.map(|(id, _)| id).any(|other| other != variant && can_play(other)) {
                    self.health.entry(StreamId::Variant(variant)).or_default().never = true;
                    self.settle_sound();
                }
            }
            Ease::Rough => drop(self.rough.insert(variant)),
            Ease::Smooth => drop(self.rough.remove(&variant)),
        }
    }

    /// Plays sound that the device can play: another rendition, or another group with the variants that go with it. Whether
    /// there is any.
    pub(super) fn settle_sound(&mut self) -> bool {
        let Some(heard) = self.wishes.audio else { return true };
        let Some(presentation) = &mut self.presentation else { return true };
        let can_play = |stream| self.health.get(&stream).is_none_or(|health| !health.never);
        let changed = presentation.settle_group(can_play);
        let audio = presentation.audio_like(heard, |id| can_play(StreamId::Audio(id)));
        let (Some(changed), Some(audio)) = (changed, audio) else { return false };
        if changed && self.root.is_none() {
            self.tell_ready();
        }
        self.select_audio(audio);
        true
    }

    /// Whether playback can go on without this stream.
    pub(super) fn has_another(&self, stream: StreamId) -> bool {
        let StreamId::Variant(id) = stream else { return false };
        let Some(presentation) = &self.presentation else { return false };
        presentation.variants_of_group().map(|(other, _)| other).any(|other| {
            let health = self.health.get(&StreamId::Variant(other));
            other != id && health.is_none_or(|health: &Health| !health.is_avoided(self.now))
        })
    }
}

/// Whether the screen can show more of this variant than of every smaller one.
fn is_of_use(variant: &VariantStream, screen: Resolution, among: &Variants<'_>) -> bool {
    let Some(size) = variant.resolution else { return true };
    let fills = |size: Resolution| size.width >= screen.width || size.height >= screen.height;
    let is_smaller = |other: Resolution| other.width < size.width && other.height < size.height;
    !among.iter().filter_map(|(_, other)| other.resolution).any(|other| is_smaller(other) && fills(other))
}
