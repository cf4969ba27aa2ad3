//! Which audio renditions must tell their channels (RFC 8216 §4.3.4.1).

use std::collections::{BTreeMap, BTreeSet};

use super::values::integer;
use super::{Faults, Rule};
use crate::codec::{AudioCodec, CodecString};
use crate::hls::attributes::Attributes;

/// Renditions of audio, and the codecs of their groups.
#[derive(Default)]
pub(super) struct Audio<'a> {
    renditions: Vec<Rendition<'a>>,
    /// What variant streams say of the groups that they name.
    codecs: BTreeMap<&'a str, BTreeSet<AudioCodec>>,
}

struct Rendition<'a> {
    line: usize,
    group: &'a str,
    name: &'a str,
    channels: Option<&'a str>,
}

impl<'a> Audio<'a> {
    /// Takes note of a rendition of audio.
    pub(super) fn rendition(&mut self, line: usize, list: &Attributes<'a>) {
        let (group, name) = (list.get("GROUP-ID").unwrap_or_default(), list.get("NAME").unwrap_or_default());
        self.renditions.push(Rendition { line, group, name, channels: list.get("CHANNELS") });
    }

    /// Takes note of a variant stream. One that has several codecs for its audio does not tell whose is whose.
    pub(super) fn variant(&mut self, list: &Attributes<'a>) {
        let (Some(group), Some(codecs)) = (list.get("AUDIO"), list.get("CODECS")) else { return };
        let audio = codecs.split(',').filter_map(|codec| CodecString::new(codec.trim()).audio());
        self.codecs.entry(group).or_default().extend(audio);
    }

    /// Where two renditions of one codec differ in channels, those of that codec tell theirs.
    pub(super) fn end(&self, faults: &mut Faults) {
        let mut numbers: BTreeMap<AudioCodec, BTreeSet<u64>> = BTreeMap::new();
        for rendition in &self.renditions {
            let number = rendition.channels.and_then(|text| integer(text.split('/').next()?));
            if let (Some(codec), Some(number)) = (self.codec(rendition.group), number) {
                numbers.entry(codec).or_default().insert(number);
            }
        }
        for rendition in self.renditions.iter().filter(|rendition| rendition.channels.is_none()) {
            let numbers = self.codec(rendition.group).and_then(|codec| numbers.get(&codec));
            let differ = numbers.is_some_and(|numbers| numbers.len() > 1);
            faults.unless(!differ, rendition.line, Rule::ChannelsMissing, rendition.name);
        }
    }

    /// The codec of a group, where it is known.
    fn codec(&self, group: &str) -> Option<AudioCodec> {
        let mut codecs = self.codecs.get(group)?.iter();
        codecs.next().copied().filter(|_| codecs.next().is_none())
    }
}
