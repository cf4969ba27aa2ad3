//! Which variant streams of a multivariant playlist are the rungs of a movie. Pure.

use media_model::BitsPerSecond;
use media_model::hls::{MultivariantPlaylist, VariantStream};
use url::Url;

use crate::lint::OTHER_PICTURES;
use crate::source::Source;
use crate::table::many;

/// A variant stream that becomes a rung.
#[derive(Clone, Debug)]
pub(super) struct Chosen {
    pub(super) source: Source,
    /// `AVERAGE-BANDWIDTH`.
    pub(super) average: Option<BitsPerSecond>,
}

/// The rungs, and what was left out.
#[derive(Clone, Debug, Default)]
pub(super) struct Ladder {
    pub(super) rungs: Vec<Chosen>,
    /// Sentences for people.
    pub(super) notes: Vec<String>,
}

impl Ladder {
    /// Each picture once: neither with another sound, nor from another server.
    pub(super) fn of(playlist: &MultivariantPlaylist, base: &Url) -> Self {
        let mut ladder = Self::default();
        let with_pictures = playlist.variants.iter().filter(|variant| has_pictures(variant)).count();
        let sound_only = if with_pictures == 0 { 0 } else { playlist.variants.len() - with_pictures };
        let mut kept: Vec<&VariantStream> = Vec::new();
        let mut copies = 0;
        for variant in playlist.variants.iter().filter(|variant| sound_only == 0 || has_pictures(variant)) {
            let Ok(url) = base.join(&variant.uri) else {
                ladder.notes.push(format!("{} is no address, and left out", variant.uri));
                continue;
            };
            if let Some(known) = ladder.rungs.iter_mut().find(|known| known.source.url == url) {
                // What is measured is without the sound of a group, so the smallest sound is nearest to it.
                known.average = [known.average, variant.average_bandwidth].into_iter().flatten().min();
            } else if kept.iter().any(|known| known.is_alike(variant)) {
                copies += 1;
            } else {
                kept.push(variant);
                let source = Source::named(url, base);
                ladder.rungs.push(Chosen { source, average: variant.average_bandwidth });
            }
        }
        if sound_only > 0 {
            ladder.notes.push(format!("left out: {} without pictures", many(sound_only, "variant", "variants")));
        }
        if copies > 0 {
            ladder.notes.push(format!("left out: {} of the same", many(copies, "more address", "more addresses")));
        }
        ladder
    }
}

/// Whether there is something to see, as far as the playlist tells.
fn has_pictures(variant: &VariantStream) -> bool {
    let shows = |codec: &media_model::CodecString| codec.video().is_some() || OTHER_PICTURES.contains(&codec.family());
    variant.resolution.is_some() || variant.codecs.is_empty() || variant.codecs.iter().any(shows)
}

#[cfg(test)]
mod tests {
    use media_model::hls::{Playlist, parse};

    use super::*;

    fn ladder(variants: &[(&str, &str)]) -> (Vec<(String, Option<u64>)>, Vec<String>) {
        let base = Url::parse("http://host/film/main.m3u8").unwrap();
        let lines: String =
            variants.iter().map(|(attributes, uri)| format!("#EXT-X-STREAM-INF:{attributes}\n{uri}\n")).collect();
        let Playlist::Multivariant(playlist) = parse(&format!("#EXTM3U\n{lines}"), &base).unwrap().value else {
            panic!("it is multivariant")
        };
        let Ladder { rungs, notes } = Ladder::of(&playlist, &base);
        let rung = |one: Chosen| (one.source.name, one.average.map(BitsPerSecond::get));
        (rungs.into_iter().map(rung).collect(), notes)
    }

    #[test]
    fn a_picture_with_several_sounds_counts_once() {
        let (rungs, notes) = ladder(&[
            ("BANDWIDTH=900,AVERAGE-BANDWIDTH=800,AUDIO=\"loud\"", "a.m3u8"),
            ("BANDWIDTH=700,AVERAGE-BANDWIDTH=600,AUDIO=\"small\"", "a.m3u8"),
            ("BANDWIDTH=500,AUDIO=\"none\"", "../film/a.m3u8"),
            ("BANDWIDTH=400", "b.m3u8"),
        ]);
        let expected = [("http://host/film/a.m3u8", Some(600)), ("http://host/film/b.m3u8", None)];
        assert_eq!(rungs, expected.map(|(name, average)| (name.to_owned(), average)));
        assert_eq!(notes, [""; 0]);
    }

    #[test]
    fn copies_and_what_has_no_pictures_are_left_out() {
        let (rungs, notes) = ladder(&[
            ("BANDWIDTH=900,CODECS=\"avc1.640028,mp4a.40.2\"", "a.m3u8"),
            ("BANDWIDTH=900,CODECS=\"avc1.640028,mp4a.40.2\"", "http://other/a.m3u8"),
            ("BANDWIDTH=64,CODECS=\"mp4a.40.2\"", "sound.m3u8"),
            ("BANDWIDTH=800,CODECS=\"vvc1.1\"", "c.m3u8"),
        ]);
        let names: Vec<_> = rungs.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["http://host/film/a.m3u8", "http://host/film/c.m3u8"]);
        assert_eq!(notes, ["left out: 1 variant without pictures", "left out: 1 more address of the same"]);
    }

    #[test]
    fn sound_alone_is_a_ladder_too() {
        let (rungs, notes) =
            ladder(&[("BANDWIDTH=64,CODECS=\"mp4a.40.2\"", "a.m3u8"), ("BANDWIDTH=32,CODECS=\"mp4a.40.5\"", "b.m3u8")]);
        assert_eq!((rungs.len(), notes.len()), (2, 0));
    }
}
