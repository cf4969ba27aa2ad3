//! Stretches of wall-clock time with something to say about them: chapters, advertisements, interstitials.

use std::collections::BTreeMap;

use crate::MediaDuration;

/// A stretch of wall-clock time (`EXT-X-DATERANGE`, RFC 8216 §4.3.2.7, rfc8216bis §4.4.5.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DateRange {
    /// `ID`.
    pub id: String,
    /// `CLASS`: ranges of one class have attributes of the same meaning.
    pub class: Option<String>,
    /// `START-DATE`, as written (ISO 8601); see [`wall_clock`](super::wall_clock).
    pub start_date: Option<String>,
    /// `CUE`: `PRE`, `POST`, `ONCE`.
    pub cue: Vec<String>,
    /// `END-DATE`, as written.
    pub end_date: Option<String>,
    /// `DURATION`.
    pub duration: Option<MediaDuration>,
    /// `PLANNED-DURATION`.
    pub planned_duration: Option<MediaDuration>,
    /// `END-ON-NEXT`: it ends where the next one of its class begins.
    pub end_on_next: bool,
    /// `SCTE35-CMD`, as written (`0x...`).
    pub scte35_command: Option<String>,
    /// `SCTE35-OUT`, as written.
    pub scte35_out: Option<String>,
    /// `SCTE35-IN`, as written.
    pub scte35_in: Option<String>,
    /// Attributes that begin with `X-`.
    pub client: BTreeMap<String, ClientValue>,
}

/// Value of an `X-` attribute (RFC 8216 §4.3.2.7): a quoted string, or a number or hexadecimal sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientValue {
    /// A quoted string, without quotes.
    Text(String),
    /// Anything else, as written.
    Number(String),
}

/// What to play in place of, or between, the main content (rfc8216bis appendix D). A view of a [`DateRange`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Interstitial<'a> {
    /// `X-ASSET-URI`: a multivariant playlist.
    pub asset: Option<&'a str>,
    /// `X-ASSET-LIST`: JSON that lists assets.
    pub asset_list: Option<&'a str>,
    /// `X-RESUME-OFFSET`: where the main content goes on, in seconds after the start, as written; absent, after what was
    /// played.
    pub resume_offset: Option<&'a str>,
    /// `X-PLAYOUT-LIMIT`: what is longer is cut.
    pub playout_limit: Option<MediaDuration>,
    /// `X-SNAP`: `OUT` and `IN` are moved to segment boundaries.
    pub snap: Vec<&'a str>,
    /// `X-RESTRICT`: `SKIP` and `JUMP` are not allowed.
    pub restrict: Vec<&'a str>,
    /// `X-CONTENT-MAY-VARY`: `false` if everybody sees the same.
    pub content_may_vary: bool,
    /// `X-TIMELINE-OCCUPIES`: `RANGE` (`true`) or a point.
    pub occupies_range: bool,
    /// `X-TIMELINE-STYLE`: shown as `PRIMARY` content (`true`) or highlighted.
    pub primary_style: bool,
    /// `X-SKIP-CONTROL-OFFSET`: when a button to skip it appears.
    pub skip_control_offset: Option<MediaDuration>,
    /// `X-SKIP-CONTROL-DURATION`: for how long.
    pub skip_control_duration: Option<MediaDuration>,
    /// `X-SKIP-CONTROL-LABEL-ID`: what it says.
    pub skip_control_label: Option<&'a str>,
}

/// `CLASS` of interstitials.
const INTERSTITIAL: &str = "com.apple.hls.interstitial";

impl DateRange {
    /// This range as an interstitial; `None` if it is none.
    pub fn interstitial(&self) -> Option<Interstitial<'_>> {
        if self.class.as_deref() != Some(INTERSTITIAL) {
            return None;
        }
        let list =
            |name: &str| self.text(name).map(|text| text.split(',').map(str::trim).collect()).unwrap_or_default();
        let length = |name: &str| MediaDuration::from_seconds(self.text(name)?.parse().ok()?);
        Some(Interstitial {
            asset: self.text("X-ASSET-URI"),
            asset_list: self.text("X-ASSET-LIST"),
            resume_offset: self.text("X-RESUME-OFFSET"),
            playout_limit: length("X-PLAYOUT-LIMIT"),
            snap: list("X-SNAP"),
            restrict: list("X-RESTRICT"),
            content_may_vary: self.text("X-CONTENT-MAY-VARY") != Some("NO"),
            occupies_range: self.text("X-TIMELINE-OCCUPIES") == Some("RANGE"),
            primary_style: self.text("X-TIMELINE-STYLE") == Some("PRIMARY"),
            skip_control_offset: length("X-SKIP-CONTROL-OFFSET"),
            skip_control_duration: length("X-SKIP-CONTROL-DURATION"),
            skip_control_label: self.text("X-SKIP-CONTROL-LABEL-ID"),
        })
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.client.get(name).map(|value| match value {
            ClientValue::Text(text) | ClientValue::Number(text) => text.as_str(),
        })
    }

    /// Takes over what another tag with the same `ID` says beyond this one (RFC 8216 §4.3.2.7).
    pub(super) fn complete(&mut self, other: Self) {
        fn fill<T>(mine: &mut Option<T>, other: Option<T>) {
            if mine.is_none() {
                *mine = other;
            }
        }
        fill(&mut self.class, other.class);
        fill(&mut self.start_date, other.start_date);
        fill(&mut self.end_date, other.end_date);
        fill(&mut self.duration, other.duration);
        fill(&mut self.planned_duration, other.planned_duration);
        fill(&mut self.scte35_command, other.scte35_command);
        fill(&mut self.scte35_out, other.scte35_out);
        fill(&mut self.scte35_in, other.scte35_in);
        if self.cue.is_empty() {
            self.cue = other.cue;
        }
        self.end_on_next |= other.end_on_next;
        for (name, value) in other.client {
            self.client.entry(name).or_insert(value);
        }
    }
}
