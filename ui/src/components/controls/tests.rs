use media_model::BitsPerSecond;
use server_api::{Decision, Source, SourceKind};

use super::*;

fn variant(id: u32, label: &str) -> VariantInfo {
    VariantInfo { id: VariantId(id), resolution: None, bandwidth: BitsPerSecond::from_kbps(800), label: label.into() }
}

fn source(kind: SourceKind) -> Source {
    Source { kind, url: "/x".into(), decision: Decision::Direct, reasons: Vec::new() }
}

fn lines(choices: &[Choice<Quality>]) -> Vec<(&str, bool)> {
    choices.iter().map(|choice| (choice.label.as_str(), choice.chosen)).collect()
}

fn playback(sources: Vec<Source>, variants: Vec<VariantInfo>) -> Playback {
    let mut playback = Playback::begin(0.0);
    playback.sources = sources;
    playback.variants = variants;
    playback
}

#[test]
fn a_file_offers_itself_and_the_adaptive_source() {
    let playback = playback(vec![source(SourceKind::Direct), source(SourceKind::Hls)], Vec::new());
    let choices = quality_choices(&playback, None);
    assert_eq!(lines(&choices), [("Original file", true), ("Adapt to the network", false), ("Save data", false)]);
    assert_eq!(choices[1].value, Quality::Source(1));
}

#[test]
fn variants_are_listed_from_the_best_down_below_auto() {
    let mut playback = playback(vec![source(SourceKind::Hls)], vec![variant(0, "360p"), variant(1, "720p")]);
    let choices = quality_choices(&playback, Some("720p"));
    assert_eq!(lines(&choices), [("Auto", true), ("Save data", false), ("720p", false), ("360p", false)]);
    assert_eq!(choices[0].hint, "720p");
    playback.locked = Some(VariantId(0));
    let choices = quality_choices(&playback, Some("720p"));
    assert_eq!(lines(&choices), [("Auto", false), ("Save data", false), ("720p", false), ("360p", true)]);
    assert_eq!(choices[0].hint, "");
    (playback.locked, playback.saves_data) = (None, true);
    let choices = quality_choices(&playback, Some("360p"));
    assert_eq!(lines(&choices), [("Auto", false), ("Save data", true), ("720p", false), ("360p", false)]);
}

#[test]
fn subtitles_can_be_chosen_switched_off_and_on_again() {
    let text = |id, name: &str, forced| player_web::TextInfo {
        id: TextId(id),
        name: name.into(),
        // Only a browser has words for languages.
        language: None,
        forced,
    };
    let mut playback = playback(vec![source(SourceKind::Hls)], Vec::new());
    assert_eq!(text_choices(&playback).len(), 1, "nothing to choose but off");
    let texts = vec![text(0, "Signs", true), text(1, "English", false), text(2, "Deaf", false)];
    playback.apply(player_web::PlayerEvent::Ready { variants: Vec::new(), audio: Vec::new(), text: texts });
    let chosen = |playback: &Playback| text_choices(playback).into_iter().find(|one| one.chosen).map(|one| one.label);
    playback.apply(player_web::PlayerEvent::TextChosen(Some(TextId(0))));
    assert_eq!(chosen(&playback).as_deref(), Some("Off"), "what everybody has to read is no choice");
    assert_eq!(playback.other_text(), Some(TextId(1)));
    playback.apply(player_web::PlayerEvent::TextChosen(Some(TextId(2))));
    assert_eq!(chosen(&playback).as_deref(), Some("Deaf"));
    assert_eq!(playback.other_text(), None);
    playback.apply(player_web::PlayerEvent::TextChosen(None));
    assert_eq!(playback.other_text(), Some(TextId(2)), "those that were on before");
}
