//! What was found: for people, one line each, and as JSON.

use std::fmt;

use media_model::hls::{Fault, ParseError, Playlist, Section, Warning};
use serde::Serialize;
use serde_json::{Value, json};

use crate::page::Page;
use crate::source::Trouble;
use crate::table::many;

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// Line, counted from 1.
    pub line: usize,
    /// What is wrong.
    pub sentence: String,
    /// Where it is written how it should be.
    pub section: Option<String>,
    /// Name of the rule that is broken, in strict mode.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<&'static str>,
}

impl Finding {
    fn new(line: usize, sentence: impl fmt::Display, section: Option<Section>) -> Self {
        let section = section.map(|section| section.to_string());
        Self { line, sentence: sentence.to_string(), section, rule: None }
    }

    pub(super) fn fault(fault: &Fault) -> Self {
        Self { rule: Some(fault.rule.id()), ..Self::new(fault.line, fault, Some(fault.section())) }
    }

    pub(super) fn warning(warning: &Warning) -> Self {
        Self::new(warning.line, &warning.kind, warning.section())
    }

    pub(super) fn error(error: &ParseError) -> Self {
        let line = error.line();
        let sentence = error.to_string();
        // The line is told before the sentence.
        let sentence = sentence.strip_prefix(&format!("line {line}: ")).unwrap_or(&sentence);
        Self::new(line, sentence, Some(error.section()))
    }

    pub(super) fn not_utf8() -> Self {
        Self { section: Some("RFC 8216 §4.1".to_owned()), ..Self::new(1, "the playlist is not UTF-8", None) }
    }

    pub(super) fn unnamed() -> Self {
        let sentence = "neither its address (.m3u8) nor its Content-Type (application/vnd.apple.mpegurl) says that it is a \
                        playlist";
        Self { section: Some("RFC 8216 §4".to_owned()), ..Self::new(1, sentence, None) }
    }

    pub(super) fn unknown_codec(line: usize, codec: &str) -> Self {
        let sentence = format!("CODECS names {codec:?}, which is no codec that is known");
        Self { section: Some("RFC 8216 §4.3.4.2".to_owned()), ..Self::new(line, sentence, None) }
    }

    pub(super) fn no_json(line: usize, uri: &str) -> Self {
        let sentence = format!("the session data at {uri} are no JSON");
        Self { section: Some("RFC 8216 §4.3.4.4".to_owned()), ..Self::new(line, sentence, None) }
    }

    pub(super) fn no_session_data(line: usize, uri: &str, trouble: &Trouble) -> Self {
        Self::new(line, format_args!("the session data at {uri} cannot be read: {trouble}"), None)
    }

    pub(super) fn nested() -> Self {
        let sentence = "it is a multivariant playlist in the place of a media playlist";
        Self { section: Some("RFC 8216 §4.3.4.2".to_owned()), ..Self::new(1, sentence, None) }
    }
}

/// What was found in one playlist.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct PlaylistReport {
    /// File or address.
    pub file: String,
    /// `multivariant` or `media`, if it could be read.
    pub kind: Option<&'static str>,
    /// Segments of a media playlist, variant streams of a multivariant playlist.
    pub entries: usize,
    /// Why it cannot be played.
    pub refused: Option<Finding>,
    /// What a player has to overlook.
    pub warnings: Vec<Finding>,
    /// Warnings beyond those that are kept.
    pub more_warnings: usize,
    /// Broken rules, in strict mode.
    pub faults: Vec<Finding>,
    /// Broken rules beyond those that are kept.
    pub more_faults: usize,
}

impl PlaylistReport {
    pub(super) fn refused(file: &str, trouble: Trouble) -> Self {
        let refused = Some(Finding::new(1, trouble.0, None));
        Self { file: file.to_owned(), refused, ..Self::default() }
    }

    pub(super) fn describe(&mut self, playlist: &Playlist) {
        (self.kind, self.entries) = match playlist {
            Playlist::Multivariant(playlist) => (Some("multivariant"), playlist.variants.len()),
            Playlist::Media(playlist) => (Some("media"), playlist.segments.len()),
        };
    }
}

/// What was found in all playlists.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Whether rules were checked.
    pub strict: bool,
    /// In the order they were read.
    pub playlists: Vec<PlaylistReport>,
    /// Playlists that were not read because there are too many.
    pub unread: usize,
}

impl Report {
    /// Whether every playlist can be played and, in strict mode, breaks no rule.
    pub fn is_fine(&self) -> bool {
        self.playlists.iter().all(|playlist| playlist.refused.is_none() && playlist.faults.is_empty())
    }

    /// The report as JSON: everything, and in a summary how much there is of what.
    pub fn to_json(&self) -> Value {
        let mut document = json!(self);
        document["summary"] = json!(self.counts());
        document
    }

    fn counts(&self) -> Counts {
        let count = |of: fn(&PlaylistReport) -> usize| self.playlists.iter().map(of).sum::<usize>();
        Counts {
            playlists: self.playlists.len(),
            refused: count(|playlist| usize::from(playlist.refused.is_some())),
            warnings: count(|playlist| playlist.warnings.len() + playlist.more_warnings),
            faults: count(|playlist| playlist.faults.len() + playlist.more_faults),
        }
    }

    /// A head, and a line for each finding.
    pub(super) fn csv(&self) -> String {
        let quoted = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
        let line = |(file, kind, finding): (&str, &str, &Finding)| {
            let (rule, section) = (finding.rule.unwrap_or_default(), finding.section.as_deref().unwrap_or_default());
            let (file, sentence) = (quoted(file), quoted(&finding.sentence));
            format!("{file},{},{kind},{rule},{section},{sentence}\n", finding.line)
        };
        let head = "file,line,kind,rule,section,sentence\n".to_owned();
        std::iter::once(head).chain(self.findings().map(line)).collect()
    }

    /// A page with all findings.
    pub(super) fn page(&self, target: &str) -> String {
        let Counts { playlists, refused, warnings, faults } = self.counts();
        let mut page = Page::new(&format!("{target}, read"));
        let mut figures = vec![
            ("playlists", playlists.to_string()),
            ("refused", refused.to_string()),
            ("warnings", warnings.to_string()),
        ];
        figures.extend(self.strict.then(|| ("broken rules", faults.to_string())));
        page.highlights(&figures);
        page.section("What is wrong");
        let cells = |(file, kind, finding): (&str, &str, &Finding)| {
            let section = finding.section.clone().unwrap_or_default();
            vec![file.to_owned(), finding.line.to_string(), kind.to_owned(), section, finding.sentence.clone()]
        };
        let rows: Vec<_> = self.findings().map(cells).collect();
        if rows.is_empty() {
            page.words("Nothing.");
        } else {
            page.table(&["playlist", "line", "what", "section", "sentence"], &rows);
        }
        page.to_html()
    }

    /// All findings with their playlist and kind, by playlist and line.
    fn findings(&self) -> impl Iterator<Item = (&str, &'static str, &Finding)> {
        self.playlists.iter().flat_map(|playlist| {
            let warnings = playlist.warnings.iter().map(|finding| ("warning", finding));
            let faults = playlist.faults.iter().map(|finding| ("broken rule", finding));
            let mut findings: Vec<_> = warnings.chain(faults).collect();
            findings.extend(playlist.refused.iter().map(|finding| ("refused", finding)));
            findings.sort_by_key(|(_, finding)| finding.line);
            findings.into_iter().map(|(kind, finding)| (playlist.file.as_str(), kind, finding))
        })
    }
}

/// How much was found.
#[derive(Clone, Copy, Debug, Serialize)]
struct Counts {
    playlists: usize,
    refused: usize,
    warnings: usize,
    faults: usize,
}

impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (file, _, finding) in self.findings() {
            write!(formatter, "{file}:{}: {}", finding.line, finding.sentence)?;
            match &finding.section {
                Some(section) => writeln!(formatter, " ({section})")?,
                None => writeln!(formatter)?,
            }
        }
        for playlist in &self.playlists {
            let more = playlist.more_warnings + playlist.more_faults;
            if more > 0 {
                writeln!(formatter, "{}: and {more} more", playlist.file)?;
            }
        }
        let Counts { playlists, refused, warnings, faults } = self.counts();
        let (read, warnings) = (many(playlists, "playlist", "playlists"), many(warnings, "warning", "warnings"));
        write!(formatter, "{read} read, {refused} refused, {warnings}")?;
        if self.strict {
            write!(formatter, ", {}", many(faults, "broken rule", "broken rules"))?;
        }
        if self.unread > 0 {
            write!(formatter, "; {} more not read", self.unread)?;
        }
        writeln!(formatter)
    }
}
