//! Turns a file into a scenario and names every mistake of meaning in it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use media_model::{BitsPerSecond, MediaDuration, Resolution};

use super::wire::{Content, Live as LiveTable, Presentation, Rung, ScenarioFile};
use super::{Mistake, Scenario, check_fault, check_network};
use crate::content::{AudioPlan, Frames, Live, Movie, NO_WHOLE_FRAMES, PresentationPlan, RungPlan, Sizes, Source};
use crate::hash::Seed;

/// Collects mistakes under a key.
pub(super) struct Finder<'a> {
    mistakes: &'a mut Vec<Mistake>,
    above: String,
}

impl<'a> Finder<'a> {
    pub(super) fn new(mistakes: &'a mut Vec<Mistake>, above: impl Into<String>) -> Self {
        Self { mistakes, above: above.into() }
    }

    /// Says what is wrong with a key of this table.
    pub(super) fn wrong(&mut self, key: &str, reason: impl Into<String>) {
        let key = if self.above.is_empty() { key.to_owned() } else { format!("{}.{key}", self.above) };
        self.mistakes.push(Mistake { key, line: None, reason: reason.into() });
    }

    /// A time in seconds, 0 to a week.
    pub(super) fn seconds(&mut self, key: &str, seconds: f64) -> Duration {
        const WEEK_S: f64 = 604_800.0;
        if (0.0..=WEEK_S).contains(&seconds) {
            return Duration::from_secs_f64(seconds);
        }
        self.wrong(key, format!("{seconds} is not in 0..={WEEK_S}"));
        Duration::ZERO
    }

    /// A time in milliseconds, 0 to a minute.
    pub(super) fn millis(&mut self, key: &str, millis: u64) -> Duration {
        const MINUTE_MS: u64 = 60_000;
        if millis > MINUTE_MS {
            self.wrong(key, format!("{millis} is not in 0..={MINUTE_MS}"));
        }
        Duration::from_millis(millis.min(MINUTE_MS))
    }

    /// A share, 0 to 1.
    pub(super) fn share(&mut self, key: &str, share: f64) -> f64 {
        if !(0.0..=1.0).contains(&share) {
            self.wrong(key, format!("{share} is not in 0..=1"));
        }
        share
    }
}

/// What there is to play where a scenario names nothing.
pub(super) fn default_presentations() -> Vec<PresentationPlan> {
    presentation(&Presentation::default(), Path::new("."), &mut Finder::new(&mut Vec::new(), "")).into_iter().collect()
}

pub(super) fn scenario(file: &ScenarioFile, folder: &Path, mistakes: &mut Vec<Mistake>) -> Scenario {
    let network = check_network::network(&file.network, folder, &mut Finder::new(mistakes, "network"));
    let mut presentations: Vec<PresentationPlan> = Vec::new();
    for (index, table) in file.presentations.iter().enumerate() {
        let mut finder = Finder::new(mistakes, format!("presentations[{index}]"));
        let Some(plan) = presentation(table, folder, &mut finder) else { continue };
        if presentations.iter().any(|other| other.name == plan.name) {
            finder.wrong("name", format!("`{}` is taken by another presentation", plan.name));
        }
        presentations.push(plan);
    }
    let faults = (0..).zip(&file.faults).filter_map(|(index, table)| {
        check_fault::rule(table, index, &mut Finder::new(mistakes, format!("faults[{index}]")))
    });
    let faults = faults.collect();
    Scenario {
        description: file.description.clone(),
        seed: Seed::new(file.seed.unwrap_or(1)),
        network,
        presentations,
        faults,
    }
}

fn presentation(table: &Presentation, folder: &Path, finder: &mut Finder<'_>) -> Option<PresentationPlan> {
    let content = table.content.unwrap_or(if table.clip.is_some() { Content::Clip } else { Content::Card });
    let (source, usual_name) = match (content, &table.clip) {
        (Content::Card, None) => (Source::Card, "card"),
        (Content::Bytes, None) => (Source::Bytes, "bytes"),
        (Content::Clip, Some(clip)) => (Source::Clip(folder.join(clip)), "clip"),
        (Content::Clip, None) => {
            finder.wrong("clip", "content = \"clip\" needs the file");
            (Source::Bytes, "clip")
        }
        (Content::Card | Content::Bytes, Some(_)) => {
            finder.wrong("clip", "goes with content = \"clip\" only");
            (Source::Bytes, "clip")
        }
    };
    if let Source::Clip(path) = &source
        && !path.is_file()
    {
        finder.wrong("clip", format!("{} is no file", path.display()));
    }
    let name = table.name.clone().unwrap_or_else(|| usual_name.to_owned());
    let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-' || letter == '_';
    if name.is_empty() || name == "_control" || !name.chars().all(plain) {
        finder.wrong("name", format!("`{name}` has to be of letters, digits, `-` and `_`, and not `_control`"));
    }
    let movie = table.movie.as_ref().and_then(|path| movie(table, path, folder, content, finder));
    let segment = length(finder, "segment_s", table.segment_s.unwrap_or(4.0), 0.5, 30.0);
    if matches!(content, Content::Card) && Frames::of_card(segment).is_none() {
        finder.wrong("segment_s", NO_WHOLE_FRAMES);
    }
    let duration = length(finder, "duration_s", table.duration_s.unwrap_or(120.0), 1.0, 86_400.0);
    if matches!(content, Content::Clip) && table.duration_s.is_some() {
        finder.wrong("duration_s", "a clip has a length of its own");
    }
    if table.vary_percent.is_some_and(|percent| percent > 95) {
        finder.wrong("vary_percent", "is not in 0..=95");
    }
    let sizes = match (&movie, table.vary_percent) {
        (Some(movie), _) => Sizes::Movie(Arc::clone(movie)),
        (None, Some(percent)) if percent > 0 => Sizes::Varying(percent),
        (None, _) => Sizes::Constant,
    };
    let ladder = match (&movie, &table.ladder) {
        (Some(movie), _) => movie.rates().iter().map(|&rate| RungPlan { rate, size: None }).collect(),
        (None, Some(rungs)) => ladder(rungs, finder),
        (None, None) if matches!(content, Content::Clip) => Vec::new(),
        (None, None) => PresentationPlan::usual_ladder(),
    };
    let audio = table.audio.clone().unwrap_or_else(|| vec!["en".to_owned()]);
    languages("audio", &audio, finder);
    languages("subtitles", &table.subtitles, finder);
    if matches!(content, Content::Clip) && table.audio.is_some() {
        finder.wrong("audio", "a clip has its own sound");
    }
    Some(PresentationPlan {
        name,
        source,
        duration: movie.as_ref().map_or(duration, |movie| movie.duration()),
        segment: movie.as_ref().map_or(segment, |movie| movie.segment()),
        ladder,
        sizes,
        audio: audio.into_iter().map(|language| AudioPlan { language }).collect(),
        subtitles: table.subtitles.clone(),
        live: table.live.map(|table| live(table, finder)),
    })
}

fn movie(
    table: &Presentation,
    path: &str,
    folder: &Path,
    content: Content,
    finder: &mut Finder<'_>,
) -> Option<Arc<Movie>> {
    if !matches!(content, Content::Bytes) {
        finder.wrong("movie", "goes with content = \"bytes\" only");
    }
    let instead = [
        ("ladder", table.ladder.is_some()),
        ("segment_s", table.segment_s.is_some()),
        ("duration_s", table.duration_s.is_some()),
        ("vary_percent", table.vary_percent.is_some()),
    ];
    for (key, _) in instead.iter().filter(|(_, given)| *given) {
        finder.wrong(key, "the movie says it");
    }
    let path = folder.join(path);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) => {
            finder.wrong("movie", format!("{} cannot be read: {error}", path.display()));
            return None;
        }
    };
    match Movie::read(&text) {
        Ok(movie) => Some(Arc::new(movie)),
        Err(error) => {
            finder.wrong("movie", format!("{}: {error}", path.display()));
            None
        }
    }
}

fn length(finder: &mut Finder<'_>, key: &str, seconds: f64, least: f64, most: f64) -> MediaDuration {
    if !(least..=most).contains(&seconds) {
        finder.wrong(key, format!("{seconds} is not in {least}..={most}"));
    }
    MediaDuration::from_seconds(seconds.clamp(least, most)).unwrap_or(MediaDuration::from_secs(4))
}

fn ladder(rungs: &[Rung], finder: &mut Finder<'_>) -> Vec<RungPlan> {
    if rungs.is_empty() {
        finder.wrong("ladder", "needs a rung");
    }
    let mut ladder = Vec::new();
    for (index, rung) in rungs.iter().enumerate() {
        let key = |name: &str| format!("ladder[{index}].{name}");
        let kbps = rung.kbps.unwrap_or(0);
        if !(50..=1_000_000).contains(&kbps) {
            finder.wrong(&key("kbps"), format!("{kbps} is not in 50..=1000000"));
        }
        let size = match (rung.width, rung.height) {
            (Some(width), Some(height)) => Some(Resolution { width, height }),
            (None, None) => None,
            (Some(_), None) => {
                finder.wrong(&key("height"), "goes with width");
                None
            }
            (None, Some(_)) => {
                finder.wrong(&key("width"), "goes with height");
                None
            }
        };
        for (name, side) in size.into_iter().flat_map(|size| [("width", size.width), ("height", size.height)]) {
            if !(64..=7_680).contains(&side) || !side.is_multiple_of(2) {
                finder.wrong(&key(name), format!("{side} is not an even number in 64..=7680"));
            }
        }
        ladder.push(RungPlan { rate: BitsPerSecond::from_kbps(kbps.min(1_000_000)), size });
    }
    ladder
}

fn languages(key: &str, tags: &[String], finder: &mut Finder<'_>) {
    for (index, tag) in tags.iter().enumerate() {
        let plain = |letter: char| letter.is_ascii_alphanumeric() || letter == '-';
        if !(2..=35).contains(&tag.len()) || !tag.chars().all(plain) {
            finder.wrong(&format!("{key}[{index}]"), format!("`{tag}` is no language (BCP 47)"));
        } else if tags[..index].contains(tag) {
            finder.wrong(&format!("{key}[{index}]"), format!("`{tag}` is there already"));
        }
    }
}

fn live(table: LiveTable, finder: &mut Finder<'_>) -> Live {
    let window = table.window.unwrap_or(8);
    if !(3..=1_000).contains(&window) {
        finder.wrong("live.window", format!("{window} is not in 3..=1000"));
    }
    Live { window: window.clamp(3, 1_000), delta_updates: table.delta_updates }
}
