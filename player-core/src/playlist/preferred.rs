//! Which renditions to begin with: by what the playlist allows and says itself, and by the languages of the viewer.

use media_model::hls::Rendition;

use super::Presentation;
use crate::language::{best, is_same, suits};
use crate::message::{AudioId, TextId};

impl Presentation {
    /// The audio rendition to begin with: in the dearest language, out of those that may be chosen by it; else the
    /// playlist's default, else the first (RFC 8216 §4.3.4.1).
    pub(crate) fn preferred_audio(&self, languages: &[String]) -> Option<AudioId> {
        let all: Vec<_> = self.audio_of_group().collect();
        let wished = best(languages, all.iter().map(|(_, rendition)| selectable_language(rendition)));
        let default = || all.iter().position(|(_, rendition)| rendition.is_default);
        let chosen = wished.or_else(default).unwrap_or_default();
        all.get(chosen).map(|(id, _)| *id)
    }

    /// The text to begin with. Who understands what is heard needs none but what the playlist shows by default, or what
    /// everybody has to read; for the others there may be subtitles in a language of theirs.
    pub(crate) fn preferred_text(&self, heard: Option<AudioId>, languages: &[String]) -> Option<TextId> {
        let is_foreign = self.language_of(heard).is_some_and(|heard| !languages.is_empty() && !suits(languages, heard));
        let subtitles = |one: &Rendition| selectable_language(one).filter(|_| !one.forced).map(str::to_owned);
        let translated = || {
            let tags: Vec<_> = self.text.iter().map(subtitles).collect();
            text_id(best(languages, tags.iter().map(Option::as_deref)))
        };
        let default = || text_id(self.text.iter().position(|one| one.is_default && !one.forced));
        let wished = if is_foreign { translated() } else { None };
        wished.or_else(default).or_else(|| self.forced_text(heard))
    }

    /// What everybody has to read, in the language that is heard; in any, if none says its language.
    pub(crate) fn forced_text(&self, heard: Option<AudioId>) -> Option<TextId> {
        let heard = self.language_of(heard);
        let goes_with = |one: &Rendition| match (one.language.as_deref(), heard) {
            (Some(language), Some(heard)) => is_same(language, heard),
            (None, None) => true,
            (None, Some(_)) | (Some(_), None) => false,
        };
        text_id(self.text.iter().position(|one| one.forced && goes_with(one)))
    }

    pub(crate) fn language_of(&self, audio: Option<AudioId>) -> Option<&str> {
        self.audio.get(usize::try_from(audio?.0).ok()?)?.language.as_deref()
    }
}

/// The language of a rendition that may be chosen by it.
fn selectable_language(rendition: &Rendition) -> Option<&str> {
    rendition.language.as_deref().filter(|_| rendition.autoselect || rendition.is_default)
}

fn text_id(index: Option<usize>) -> Option<TextId> {
    index.and_then(|index| u32::try_from(index).ok()).map(TextId)
}

#[cfg(test)]
mod tests {
    use media_model::hls::{self, Playlist};
    use url::Url;

    use super::*;

    fn presentation(media: &str) -> Presentation {
        let base = Url::parse("http://box.local/main.m3u8").unwrap();
        let variant = "#EXT-X-STREAM-INF:BANDWIDTH=800000,RESOLUTION=640x360,AUDIO=\"a\",SUBTITLES=\"s\"\nlow\n";
        let media: String = media.lines().map(|line| format!("#EXT-X-MEDIA:URI=\"x\",{}\n", line.trim())).collect();
        let text = format!("#EXTM3U\n{media}{variant}");
        let Playlist::Multivariant(playlist) = hls::parse(&text, &base).unwrap().value else { panic!("wrong kind") };
        Presentation::multivariant(playlist, &base).unwrap()
    }

    fn wishes(languages: &str) -> Vec<String> {
        languages.split_ascii_whitespace().map(str::to_owned).collect()
    }

    const FRENCH: &str = "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Deutsch\",LANGUAGE=\"de\",AUTOSELECT=YES
        TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Français\",LANGUAGE=\"fr\",DEFAULT=YES
        TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"Commentary\",LANGUAGE=\"en\"
        TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Deutsch\",LANGUAGE=\"de\",AUTOSELECT=YES
        TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"English\",LANGUAGE=\"en-US\",AUTOSELECT=YES
        TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Forcés\",LANGUAGE=\"fr\",AUTOSELECT=YES,FORCED=YES
        TYPE=SUBTITLES,GROUP-ID=\"other\",NAME=\"Elsewhere\",LANGUAGE=\"en\",AUTOSELECT=YES";

    #[test]
    fn sound_is_chosen_by_language_where_the_playlist_lets_us() {
        let film = presentation(FRENCH);
        let chosen = |languages| film.preferred_audio(&wishes(languages)).map(|id| id.0);
        assert_eq!(chosen(""), Some(1), "the playlist's default");
        assert_eq!(chosen("it"), Some(1));
        assert_eq!(chosen("de-CH fr"), Some(0));
        assert_eq!(chosen("en fr"), Some(1), "a commentary is chosen by hand");
        assert_eq!(
            presentation("TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"x\"").preferred_audio(&wishes("en")),
            Some(AudioId(0))
        );
    }

    #[test]
    fn subtitles_come_when_the_sound_is_foreign() {
        let film = presentation(FRENCH);
        let chosen = |heard, languages| film.preferred_text(Some(AudioId(heard)), &wishes(languages)).map(|id| id.0);
        assert_eq!(chosen(1, "en"), Some(1));
        assert_eq!(chosen(1, "it de"), Some(0));
        assert_eq!(chosen(1, "fr en"), Some(2), "what everybody has to read");
        assert_eq!(chosen(1, ""), Some(2));
        assert_eq!(chosen(1, "it"), Some(2));
        assert_eq!(chosen(0, "de"), None);
        assert_eq!(film.text_infos().len(), 3, "of another group there is nothing to choose");
    }

    #[test]
    fn what_the_playlist_shows_by_default_is_shown() {
        let film = presentation(
            "TYPE=AUDIO,GROUP-ID=\"a\",NAME=\"English\",LANGUAGE=\"en\",DEFAULT=YES
             TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Deaf\",LANGUAGE=\"en\",DEFAULT=YES
             TYPE=SUBTITLES,GROUP-ID=\"s\",NAME=\"Signs\",LANGUAGE=\"en\",FORCED=YES",
        );
        assert_eq!(film.preferred_text(Some(AudioId(0)), &wishes("en")), Some(TextId(0)));
        assert_eq!(film.preferred_text(Some(AudioId(0)), &wishes("de")), Some(TextId(0)));
        assert_eq!(film.forced_text(Some(AudioId(0))), Some(TextId(1)));
        assert_eq!(film.forced_text(None), None);
    }
}
