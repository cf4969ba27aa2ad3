//! `matinee-lab lint`: reads a playlist and every playlist it names as our player would, and says what is wrong with them.
//!
//! Where bytes come from is in `source.rs`, what is made of them in `lint/report.rs`.

mod report;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use media_model::CodecString;
use media_model::hls::{
    MultivariantPlaylist, ParseError, Playlist, Reading, SessionContent, Variables, check, check_together,
};
use url::Url;

use crate::results::{self, Outputs};
use crate::source::{self, Client, Source, Trouble};
use crate::verdict::{Compared, Wanted};
use report::{Finding, PlaylistReport, Report};

/// Playlists that are followed: a multivariant playlist that names more is a mistake or an attack.
pub(crate) const MAX_PLAYLISTS: usize = 500;

/// Reads a playlist and the playlists it names, and says what is wrong with them.
#[derive(Clone, Debug, clap::Args)]
pub struct Lint {
    /// Address (http or https) or file.
    target: String,
    /// Checks every rule of RFC 8216 and its second edition as well.
    #[arg(long)]
    strict: bool,
    /// A certificate (PEM) to trust as well, such as that of a test server.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    #[command(flatten)]
    outputs: Outputs,
    #[command(flatten)]
    wanted: Wanted,
}

impl Lint {
    /// Runs the command: prints one line for each finding, and how much there was at the end. The status is 1 if a playlist
    /// is refused or, in strict mode, breaks a rule; 3 if less or more was found than is expected.
    pub fn run(&self) -> ExitCode {
        let report = self.report();
        match self.say(&report) {
            Ok(missed) if missed.is_empty() && !report.is_fine() => ExitCode::FAILURE,
            said => results::exit(said),
        }
    }

    /// Writes and prints a report. Gives sentences for the expectations that were missed.
    fn say(&self, report: &Report) -> Result<Vec<String>> {
        let document = report.to_json();
        let verdict = self.wanted.judge(&Compared {
            document: &document,
            summary: "summary",
            of: None,
            rows: "playlists",
            row: &["file"],
            group: &["file"],
            figures: &["entries", "warnings", "faults"],
            config: &[],
        })?;
        let json = serde_json::to_string_pretty(&document)?;
        let html = report.page(&self.target);
        if !self.outputs.write(&json, &report.csv(), &html)? {
            results::print(&format!("{report}{}", verdict.table()))?;
        }
        Ok(verdict.missed)
    }

    /// What is found, without printing it.
    pub fn report(&self) -> Report {
        let mut report = Report { strict: self.strict, ..Report::default() };
        let source = match Source::of(&self.target) {
            Ok(source) => source,
            Err(trouble) => {
                report.playlists.push(PlaylistReport::refused(&self.target, trouble));
                return report;
            }
        };
        let trusted = self.ca.as_deref().map_or(Ok(Vec::new()), source::certificates);
        let client = match trusted {
            Ok(trusted) => Client::new(trusted),
            Err(trouble) => {
                let ca = self.ca.as_ref().map_or(String::new(), |path| path.display().to_string());
                report.playlists.push(PlaylistReport::refused(&ca, trouble));
                return report;
            }
        };
        let Looked { report: first, text, multivariant } = self.look(&client, &source, None);
        report.playlists.push(first);
        let Some((base, playlist)) = multivariant else { return report };
        let variables = playlist.variables();
        let mut texts = BTreeMap::new();
        let mut places = BTreeMap::from([(base.clone(), 0)]);
        for source in named(&playlist, &base) {
            if report.playlists.len() > MAX_PLAYLISTS {
                report.unread += 1;
                continue;
            }
            let looked = self.look(&client, &source, Some(&variables));
            if self.strict && looked.report.kind == Some("media") {
                places.insert(source.url.clone(), report.playlists.len());
                texts.insert(source.url, looked.text);
            }
            report.playlists.push(looked.report);
        }
        if self.strict {
            report.unread += look_at_session_data(&client, &playlist, &text, &base, &mut report.playlists[0]);
            for (url, checked) in check_together(&playlist, &text, &base, &texts) {
                if let Some(one) = places.get(&url).and_then(|&place| report.playlists.get_mut(place)) {
                    one.faults.extend(checked.faults.iter().map(Finding::fault));
                    one.more_faults += checked.more_faults;
                }
            }
        }
        report
    }

    /// Reads one playlist.
    fn look(&self, client: &Client, source: &Source, variables: Option<&Variables>) -> Looked {
        let loaded = match client.load(source) {
            Ok(loaded) => loaded,
            Err(trouble) => return Looked::only(PlaylistReport::refused(&source.name, trouble)),
        };
        let mut report = PlaylistReport { file: source.name.clone(), ..PlaylistReport::default() };
        if self.strict {
            let checked = check(&loaded.text, &loaded.base);
            report.faults = checked.faults.iter().map(Finding::fault).collect();
            report.more_faults = checked.more_faults;
        }
        let broken: BTreeSet<usize> = report.faults.iter().map(|fault| fault.line).collect();
        if self.strict && !loaded.is_named {
            report.faults.push(Finding::unnamed());
        }
        if loaded.is_mended {
            let finding = Finding::not_utf8();
            if self.strict { report.faults.push(finding) } else { report.warnings.push(finding) }
        }
        match (Reading { variables, ..Reading::new(&loaded.base) }).parse(&loaded.text) {
            Err(ParseError::NotAPlaylist) => {
                Looked::only(PlaylistReport::refused(&source.name, Trouble::not_a_playlist(&loaded.text)))
            }
            Err(error) => {
                report.refused = Some(Finding::error(&error));
                Looked::only(report)
            }
            Ok(parsed) => {
                // A line that breaks a rule is told of once.
                let warnings = parsed.warnings.iter().filter(|warning| !broken.contains(&warning.line));
                report.warnings.extend(warnings.map(Finding::warning));
                report.more_warnings = parsed.more_warnings;
                report.describe(&parsed.value);
                if let Playlist::Multivariant(playlist) = &parsed.value {
                    let mut unknown = unknown_codecs(playlist, &loaded.text);
                    report.more_warnings += unknown.len().saturating_sub(MAX_UNKNOWN_CODECS);
                    unknown.truncate(MAX_UNKNOWN_CODECS);
                    report.warnings.extend(unknown);
                }
                let multivariant = match parsed.value {
                    Playlist::Multivariant(_) if variables.is_some() => {
                        report.refused = Some(Finding::nested());
                        None
                    }
                    Playlist::Multivariant(playlist) => Some((loaded.base, playlist)),
                    Playlist::Media(_) => None,
                };
                Looked { report, text: loaded.text, multivariant }
            }
        }
    }
}

/// Codecs that are told of, of those that nobody knows: as many as warnings of other kinds.
const MAX_UNKNOWN_CODECS: usize = 100;

/// What a look at a playlist has brought.
struct Looked {
    report: PlaylistReport,
    /// Nothing if it is refused.
    text: String,
    /// With its address, if it is one.
    multivariant: Option<(Url, MultivariantPlaylist)>,
}

impl Looked {
    fn only(report: PlaylistReport) -> Self {
        Self { report, text: String::new(), multivariant: None }
    }
}

/// Codecs of pictures that exist, though nothing of ours plays them.
pub(crate) const OTHER_PICTURES: [&str; 11] =
    ["dvh1", "dvhe", "dva1", "dvav", "dav1", "mp4v", "vvc1", "vvi1", "evc1", "lvc1", "jpeg"];

/// The same of sound, and of text.
const OTHER_CODECS: [&str; 12] = [
    "ac-4", "dtsc", "dtse", "dtsh", "dtsx", "mhm1", "mhm2", "iamf", "apac", // sound
    "stpp", "wvtt", "tx3g", // text
];

/// A finding for each codec that nobody knows, at the first line that has it. A typing error makes a variant that no player
/// plays, and none says why.
fn unknown_codecs(playlist: &MultivariantPlaylist, text: &str) -> Vec<Finding> {
    let codecs = playlist.variants.iter().chain(&playlist.i_frames).flat_map(|variant| &variant.codecs);
    let is_known = |codec: &CodecString| {
        let is_other = OTHER_PICTURES.contains(&codec.family()) || OTHER_CODECS.contains(&codec.family());
        codec.video().is_some() || codec.audio().is_some() || is_other
    };
    let unknown: BTreeSet<&str> = codecs.filter(|codec| !is_known(codec)).map(CodecString::as_str).collect();
    // The text is looked at once, not for each codec. One that a variable stands for is not in it.
    let mut lines = BTreeMap::new();
    for (index, line) in text.lines().enumerate().filter(|(_, line)| line.starts_with('#') && !unknown.is_empty()) {
        for word in line.split(['"', ',']).filter_map(|word| unknown.get(word.trim())) {
            lines.entry(*word).or_insert(index + 1);
        }
    }
    let line = |codec: &str| lines.get(codec).copied().unwrap_or(1);
    unknown.into_iter().map(|codec| Finding::unknown_codec(line(codec), codec)).collect()
}

/// Session data at an address are JSON, unless they say that they are not. Gives how many were not looked at.
fn look_at_session_data(
    client: &Client,
    playlist: &MultivariantPlaylist,
    text: &str,
    base: &Url,
    report: &mut PlaylistReport,
) -> usize {
    let json = playlist.session_data.iter().filter_map(|data| match &data.content {
        SessionContent::Json(uri) => Some(uri.as_str()),
        SessionContent::Value(_) | SessionContent::Raw(_) => None,
    });
    let uris: BTreeSet<&str> = json.collect();
    let tags = text.lines().enumerate().filter(|(_, line)| line.starts_with("#EXT-X-SESSION-DATA"));
    let named = tags.filter_map(|(index, line)| Some((line.split_once("URI=\"")?.1.split('"').next()?, index + 1)));
    // The last line of each address wins.
    let lines: BTreeMap<&str, usize> = named.collect();
    for uri in uris.iter().copied().take(MAX_PLAYLISTS) {
        let line = lines.get(uri).copied().unwrap_or(1);
        let Ok(url) = base.join(uri) else { continue };
        match client.is_json(&Source::named(url, base)) {
            Ok(true) => {}
            Ok(false) => report.faults.push(Finding::no_json(line, uri)),
            Err(trouble) => report.warnings.push(Finding::no_session_data(line, uri, &trouble)),
        }
    }
    uris.len().saturating_sub(MAX_PLAYLISTS)
}

/// The media playlists that a multivariant playlist names, each once.
fn named(playlist: &MultivariantPlaylist, base: &Url) -> Vec<Source> {
    let lists = [&playlist.audio, &playlist.video, &playlist.subtitles, &playlist.closed_captions];
    let renditions = lists.into_iter().flatten().filter_map(|rendition| rendition.uri.as_deref());
    let variants = playlist.variants.iter().chain(&playlist.i_frames).map(|variant| variant.uri.as_str());
    let mut seen = BTreeSet::new();
    variants
        .chain(renditions)
        .filter_map(|uri| base.join(uri).ok())
        .filter(|url| seen.insert(url.clone()))
        .map(|url| Source::named(url, base))
        .collect()
}

#[cfg(test)]
mod tests;
