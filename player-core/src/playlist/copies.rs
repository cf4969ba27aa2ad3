//! Redundant copies: the same variants at other addresses, usually of another server, for when the first one fails; and
//! fresh addresses of the same presentation.

use media_model::hls::{Rendition, VariantStream};
use url::Url;

use super::{Copy, Presentation, Stream, StreamId, Timeline};
use crate::message::{AudioId, TextId, VariantId};

/// Separates the variants from their copies: the first of its kind in the playlist is the variant, the next is its copy
/// with place 1, and so on.
pub(super) fn fold(all: Vec<VariantStream>) -> (Vec<VariantStream>, Vec<Vec<VariantStream>>) {
    let (mut variants, mut copies) = (Vec::<VariantStream>::new(), Vec::<Vec<VariantStream>>::new());
    for variant in all {
        match variants.iter().position(|known| known.is_alike(&variant)) {
            Some(index) => {
                let is_new = |known: &VariantStream| known.uri != variant.uri;
                if is_new(&variants[index]) && copies[index].iter().all(is_new) {
                    copies[index].push(variant);
                }
            }
            None => {
                variants.push(variant);
                copies.push(Vec::new());
            }
        }
    }
    (variants, copies)
}

impl Stream {
    pub(super) fn new(id: StreamId, url: Url, codecs: Vec<media_model::CodecString>) -> Self {
        let others = std::collections::BTreeMap::new();
        Self { id, url, timeline: None, codecs, no_updates: false, known: None, place: 0, others }
    }

    /// What was read of it last, if only at an address before.
    pub(crate) fn last_known(&self) -> Option<&Timeline> {
        self.timeline.as_ref().or(self.known.as_ref())
    }

    /// Whether there is a copy of it at this place.
    pub(crate) fn has_copy(&self, place: usize) -> bool {
        self.place == place || self.others.contains_key(&place)
    }

    fn add_copy(&mut self, url: Url) {
        self.others.insert(self.others.len() + 1, Copy { url, timeline: None });
    }

    fn go_to(&mut self, place: usize) {
        let Some(copy) = self.others.remove(&place) else { return };
        self.no_updates = false;
        let timeline = std::mem::replace(&mut self.timeline, copy.timeline);
        if timeline.is_some() {
            self.known.clone_from(&timeline);
        }
        let url = std::mem::replace(&mut self.url, copy.url);
        self.others.insert(std::mem::replace(&mut self.place, place), Copy { url, timeline });
    }

    fn readdress(&mut self, fresh: Self) {
        self.known = self.timeline.take().or(self.known.take());
        (self.url, self.timeline, self.place, self.others) = (fresh.url, fresh.timeline, 0, fresh.others);
        self.no_updates = false;
    }
}

impl Presentation {
    /// `others` are renditions of all groups that are not played.
    pub(super) fn add_copies(&mut self, base: &Url, copies: &[Vec<VariantStream>], others: &[Rendition]) {
        for (index, copies) in (0..).zip(copies) {
            let Some(stream) = self.stream_mut(StreamId::Variant(VariantId(index))) else { continue };
            copies.iter().filter_map(|copy| base.join(&copy.uri).ok()).for_each(|url| stream.add_copy(url));
        }
        // What goes with a copy is in a group of its own, under the same name.
        let with_groups: Vec<_> = self.variants.iter().map(|variant| variant.audio_group.clone()).zip(copies).collect();
        let text = copies.iter().rev().flatten().filter_map(|copy| copy.subtitle_group.as_ref());
        let text: Vec<_> = text.collect();
        for (index, rendition) in (0..).zip(self.audio.clone()) {
            let of_group = with_groups.iter().rev().filter(|(group, _)| group.as_ref() == Some(&rendition.group));
            let sound = of_group.flat_map(|(_, copies)| *copies).filter_map(|copy| copy.audio_group.as_ref());
            let sound: Vec<_> = sound.collect();
            self.add_rendition_copies(StreamId::Audio(AudioId(index)), &rendition, &sound, base, others);
        }
        for (index, rendition) in (0..).zip(self.text.clone()) {
            self.add_rendition_copies(StreamId::Text(TextId(index)), &rendition, &text, base, others);
        }
    }

    fn add_rendition_copies(
        &mut self,
        id: StreamId,
        rendition: &Rendition,
        groups: &[&String],
        base: &Url,
        others: &[Rendition],
    ) {
        let is_same = |other: &&Rendition| {
            groups.contains(&&other.group)
                && other.name == rendition.name
                && other.language == rendition.language
                && other.forced == rendition.forced
        };
        let Some(stream) = self.stream_mut(id) else { return };
        let urls = others.iter().filter(is_same).filter_map(|other| base.join(other.uri.as_deref()?).ok());
        urls.for_each(|url| stream.add_copy(url));
    }

    /// The place of the copies that are used now; 0 is the first.
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// How many places there are.
    pub(crate) fn places(&self) -> usize {
        1 + self.streams.iter().map(|stream| stream.others.len()).max().unwrap_or_default()
    }

    /// Uses the copies at this place from now on, of every stream that has one there.
    pub(crate) fn go_to(&mut self, place: usize) {
        self.place = place;
        self.streams.iter_mut().for_each(|stream| stream.go_to(place));
    }

    /// Takes over the addresses of the same presentation, read anew. Whether it is the same.
    pub(crate) fn readdress(&mut self, fresh: Self) -> bool {
        let same_streams = self.streams.iter().map(|stream| stream.id).eq(fresh.streams.iter().map(|stream| stream.id));
        let same_variants = self.variants.len() == fresh.variants.len()
            && self.variants.iter().zip(&fresh.variants).all(|(one, other)| one.is_alike(other));
        let is_same = same_streams && same_variants;
        if is_same {
            (self.place, self.variables) = (0, fresh.variables);
            self.streams.iter_mut().zip(fresh.streams).for_each(|(stream, fresh)| stream.readdress(fresh));
        }
        is_same
    }
}
