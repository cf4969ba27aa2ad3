//! Audio groups: renditions of the same sound in several codecs, each for the variants that name the group.

use media_model::CodecString;
use media_model::hls::{Rendition, VariantStream};

use super::{Presentation, StreamId};
use crate::language::is_same;
use crate::message::{AudioId, VariantId};

/// The codec of a group's renditions. `CODECS` of its variants names those of all renditions, and so tells this one's only
/// if there is one.
pub(super) fn codecs_of(variants: &[VariantStream], group: &str) -> Vec<CodecString> {
    let own = variants.iter().filter(|variant| variant.audio_group.as_deref() == Some(group));
    let mut codecs: Vec<_> =
        own.flat_map(|variant| &variant.codecs).filter(|codec| codec.audio().is_some()).cloned().collect();
    codecs.sort();
    codecs.dedup();
    if codecs.len() == 1 { codecs } else { Vec::new() }
}

impl Presentation {
    /// The variants to choose from, lowest bandwidth first: of those that are the same stream with different sound, the one
    /// that goes with the group that is played.
    pub(crate) fn variants_of_group(&self) -> impl Iterator<Item = (VariantId, &VariantStream)> {
        let is_of_group = |variant: &VariantStream| variant.audio_group == self.group;
        let goes_with = move |variant: &VariantStream| {
            is_of_group(variant) || !self.variants.iter().any(|other| other.uri == variant.uri && is_of_group(other))
        };
        self.all_variants().filter(move |(_, variant)| self.group.is_none() || goes_with(variant))
    }

    pub(crate) fn all_variants(&self) -> impl DoubleEndedIterator<Item = (VariantId, &VariantStream)> {
        self.variants.iter().enumerate().map(|(index, variant)| (VariantId(number(index)), variant))
    }

    /// The renditions to choose from.
    pub(crate) fn audio_of_group(&self) -> impl Iterator<Item = (AudioId, &Rendition)> {
        self.renditions_of(self.group.as_deref())
    }

    /// Whether this rendition is of the group that is played.
    pub(crate) fn is_offered(&self, audio: AudioId) -> bool {
        self.audio_of_group().any(|(id, _)| id == audio)
    }

    fn renditions_of(&self, group: Option<&str>) -> impl Iterator<Item = (AudioId, &Rendition)> {
        let all = self.audio.iter().enumerate().map(|(index, rendition)| (AudioId(number(index)), rendition));
        all.filter(move |(_, rendition)| Some(rendition.group.as_str()) == group)
    }

    /// Goes over to the group of the highest variant that can be played with its sound, unless there is such a variant of the
    /// group that is played; `None` if no sound can be played. Otherwise, whether the group is another one now.
    pub(crate) fn settle_group(&mut self, can_play: impl Fn(StreamId) -> bool) -> Option<bool> {
        let sounds = |group: Option<&str>| self.renditions_of(group).any(|(id, _)| can_play(StreamId::Audio(id)));
        let with_sound = || self.all_variants().rev().filter(|(_, variant)| sounds(variant.audio_group.as_deref()));
        let playable = || with_sound().filter(|(id, _)| can_play(StreamId::Variant(*id)));
        let stays = playable().find(|(_, variant)| variant.audio_group == self.group);
        let (_, best) = stays.or_else(|| playable().next()).or_else(|| with_sound().next())?;
        let group = best.audio_group.clone();
        let changes = group != self.group;
        self.group = group;
        Some(changes)
    }

    /// The rendition of the group that is played that is this one, or the most like it by language and name, out of those that
    /// can be played.
    pub(crate) fn audio_like(&self, audio: AudioId, can_play: impl Fn(AudioId) -> bool) -> Option<AudioId> {
        let like = usize::try_from(audio.0).ok().and_then(|index| self.audio.get(index));
        let likeness = |id: AudioId, rendition: &Rendition| {
            let language = like.and_then(|like| like.language.as_deref()).zip(rendition.language.as_deref());
            let is_named = like.is_some_and(|like| like.name == rendition.name);
            (id == audio, language.is_some_and(|(one, other)| is_same(one, other)), is_named, rendition.is_default)
        };
        let playable: Vec<_> = self.audio_of_group().filter(|(id, _)| can_play(*id)).collect();
        // The first of those that are equally alike.
        playable.into_iter().rev().max_by_key(|(id, rendition)| likeness(*id, rendition)).map(|(id, _)| id)
    }
}

fn number(index: usize) -> u32 {
    u32::try_from(index).unwrap_or(u32::MAX)
}
