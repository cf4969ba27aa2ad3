//! Attribute lists (RFC 8216 §4.2): which attributes each tag has, of which type, and which it must have.

use std::collections::BTreeSet;

use super::values::{decimal, hexadecimal, integer, quoted, resolution, signed};
use super::{Faults, Rule};
use crate::hls::attributes::end_of_pair;
use crate::hls::wall_clock;

/// The type of a value.
#[derive(Clone, Copy)]
pub(super) enum Shape {
    Integer,
    Hexadecimal,
    Decimal,
    Signed,
    Quoted,
    /// A date in a quoted string.
    Date,
    /// A byte range in a quoted string.
    Range,
    Resolution,
    /// An enumerated string; any of them if the list is empty.
    Word(&'static [&'static str]),
    /// A quoted string, or `NONE`.
    QuotedOrNone,
}

use Shape::{Date, Decimal, Hexadecimal, Integer, Quoted, QuotedOrNone, Range, Signed, Word};

const YES_NO: Shape = Word(&["YES", "NO"]);
const METHOD: Shape = Word(&["NONE", "AES-128", "SAMPLE-AES", "SAMPLE-AES-CTR", "AES-256-GCM"]);

/// Name and type of an attribute, and the rule that is broken if it is absent.
pub(super) type Attribute = (&'static str, Shape, Option<Rule>);

const fn may(name: &'static str, shape: Shape) -> Attribute {
    (name, shape, None)
}

const fn must(name: &'static str, shape: Shape, rule: Rule) -> Attribute {
    (name, shape, Some(rule))
}

/// The attributes of each tag that has an attribute list.
const TAGS: &[(&str, &[Attribute])] = &[
    (
        "#EXT-X-KEY",
        &[
            must("METHOD", METHOD, Rule::KeyMethod),
            may("URI", Quoted),
            may("IV", Hexadecimal),
            may("KEYFORMAT", Quoted),
            may("KEYFORMATVERSIONS", Quoted),
        ],
    ),
    (
        "#EXT-X-SESSION-KEY",
        &[
            must("METHOD", METHOD, Rule::SessionKeyMethod),
            may("URI", Quoted),
            may("IV", Hexadecimal),
            may("KEYFORMAT", Quoted),
            may("KEYFORMATVERSIONS", Quoted),
        ],
    ),
    ("#EXT-X-MAP", &[must("URI", Quoted, Rule::MapUri), may("BYTERANGE", Range)]),
    (
        "#EXT-X-DATERANGE",
        &[
            must("ID", Quoted, Rule::DateRangeId),
            may("CLASS", Quoted),
            may("START-DATE", Date),
            may("CUE", Quoted),
            may("END-DATE", Date),
            may("DURATION", Decimal),
            may("PLANNED-DURATION", Decimal),
            may("SCTE35-CMD", Hexadecimal),
            may("SCTE35-OUT", Hexadecimal),
            may("SCTE35-IN", Hexadecimal),
            may("END-ON-NEXT", Word(&["YES"])),
        ],
    ),
    (
        "#EXT-X-MEDIA",
        &[
            must("TYPE", Word(&["AUDIO", "VIDEO", "SUBTITLES", "CLOSED-CAPTIONS"]), Rule::MediaType),
            may("URI", Quoted),
            must("GROUP-ID", Quoted, Rule::MediaGroup),
            may("LANGUAGE", Quoted),
            may("ASSOC-LANGUAGE", Quoted),
            must("NAME", Quoted, Rule::MediaName),
            may("STABLE-RENDITION-ID", Quoted),
            may("DEFAULT", YES_NO),
            may("AUTOSELECT", YES_NO),
            may("FORCED", YES_NO),
            may("INSTREAM-ID", Quoted),
            may("BIT-DEPTH", Integer),
            may("SAMPLE-RATE", Integer),
            may("CHARACTERISTICS", Quoted),
            may("CHANNELS", Quoted),
            may("PATHWAY-ID", Quoted),
        ],
    ),
    ("#EXT-X-STREAM-INF", &stream(Rule::StreamInfBandwidth)),
    ("#EXT-X-I-FRAME-STREAM-INF", &stream(Rule::IFrameBandwidth)),
    (
        "#EXT-X-SESSION-DATA",
        &[
            must("DATA-ID", Quoted, Rule::SessionDataId),
            may("VALUE", Quoted),
            may("URI", Quoted),
            may("FORMAT", Word(&["JSON", "RAW"])),
            may("LANGUAGE", Quoted),
        ],
    ),
    ("#EXT-X-START", &[must("TIME-OFFSET", Signed, Rule::StartOffset), may("PRECISE", YES_NO)]),
    ("#EXT-X-DEFINE", &[may("NAME", Quoted), may("VALUE", Quoted), may("IMPORT", Quoted), may("QUERYPARAM", Quoted)]),
    ("#EXT-X-PART-INF", &[must("PART-TARGET", Decimal, Rule::PartTarget)]),
    (
        "#EXT-X-SERVER-CONTROL",
        &[
            may("CAN-SKIP-UNTIL", Decimal),
            may("CAN-SKIP-DATERANGES", YES_NO),
            may("HOLD-BACK", Decimal),
            may("PART-HOLD-BACK", Decimal),
            may("CAN-BLOCK-RELOAD", YES_NO),
        ],
    ),
    (
        "#EXT-X-PART",
        &[
            must("URI", Quoted, Rule::PartUri),
            must("DURATION", Decimal, Rule::PartDuration),
            may("INDEPENDENT", YES_NO),
            may("BYTERANGE", Range),
            may("GAP", YES_NO),
        ],
    ),
    (
        "#EXT-X-SKIP",
        &[must("SKIPPED-SEGMENTS", Integer, Rule::SkipSegments), may("RECENTLY-REMOVED-DATERANGES", Quoted)],
    ),
    (
        "#EXT-X-PRELOAD-HINT",
        &[
            must("TYPE", Word(&["PART", "MAP"]), Rule::HintType),
            must("URI", Quoted, Rule::HintUri),
            may("BYTERANGE-START", Integer),
            may("BYTERANGE-LENGTH", Integer),
        ],
    ),
    (
        "#EXT-X-RENDITION-REPORT",
        &[must("URI", Quoted, Rule::ReportUri), may("LAST-MSN", Integer), may("LAST-PART", Integer)],
    ),
    ("#EXT-X-CONTENT-STEERING", &[must("SERVER-URI", Quoted, Rule::SteeringUri), may("PATHWAY-ID", Quoted)]),
];

/// What variant streams have and playlists of I-frames have not (RFC 8216 §4.3.4.3).
pub(super) const OF_STREAMS_ONLY: [Attribute; 4] =
    [may("FRAME-RATE", Decimal), may("AUDIO", Quoted), may("SUBTITLES", Quoted), may("CLOSED-CAPTIONS", QuotedOrNone)];

/// What both have.
const fn stream(bandwidth: Rule) -> [Attribute; 16] {
    [
        must("BANDWIDTH", Integer, bandwidth),
        may("AVERAGE-BANDWIDTH", Integer),
        may("SCORE", Decimal),
        may("CODECS", Quoted),
        may("SUPPLEMENTAL-CODECS", Quoted),
        may("RESOLUTION", Shape::Resolution),
        may("HDCP-LEVEL", Word(&["NONE", "TYPE-0", "TYPE-1"])),
        may("ALLOWED-CPC", Quoted),
        may("VIDEO-RANGE", Word(&["SDR", "HLG", "PQ"])),
        may("REQ-VIDEO-LAYOUT", Quoted),
        may("STABLE-VARIANT-ID", Quoted),
        may("VIDEO", Quoted),
        may("PATHWAY-ID", Quoted),
        may("URI", Quoted),
        // Removed with version 6 of the protocol.
        may("PROGRAM-ID", Integer),
        // In no edition, and harmless.
        may("NAME", Quoted),
    ]
}

/// Checks the attribute list of a tag, if it has one.
pub(super) fn check(line: usize, tag: &'static str, list: &str, faults: &mut Faults) {
    let Some((_, attributes)) = TAGS.iter().find(|(name, _)| *name == tag) else { return };
    let short = tag.trim_start_matches('#');
    let mut names = BTreeSet::new();
    let mut rest = list;
    while !rest.is_empty() {
        let end = end_of_pair(rest);
        let pair = &rest[..end];
        let ends_with_comma = end + 1 == rest.len();
        rest = rest.get(end + 1..).unwrap_or_default();
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'-')
        };
        let Some((name, value)) = pair.split_once('=').filter(|(name, value)| is_name(name) && !value.is_empty())
        else {
            faults.add(line, Rule::AttributeSyntax, format_args!("{short} {pair}"));
            continue;
        };
        faults.unless(!ends_with_comma, line, Rule::AttributeSyntax, format_args!("{short} {pair},"));
        faults.unless(names.insert(name), line, Rule::AttributeRepeated, format_args!("{short} {name}"));
        let of_streams = OF_STREAMS_ONLY.iter().filter(|_| tag == "#EXT-X-STREAM-INF");
        let known = attributes.iter().chain(of_streams).find(|(known, ..)| *known == name);
        check_value(line, known.map(|&(_, shape, _)| shape), (short, name, value), faults);
    }
    for (name, _, rule) in *attributes {
        if let Some(rule) = rule.filter(|_| !names.contains(name)) {
            faults.add(line, rule, format_args!("{short} {name}"));
        }
    }
}

fn check_value(line: usize, shape: Option<Shape>, (tag, name, value): (&str, &str, &str), faults: &mut Faults) {
    let fits = match shape {
        None => true,
        Some(Integer) => integer(value).is_some(),
        Some(Hexadecimal) => hexadecimal(value).is_some(),
        Some(Decimal) => decimal(value).is_some(),
        Some(Signed) => signed(value),
        Some(Quoted) => quoted(value).is_some(),
        Some(Date) => quoted(value).and_then(wall_clock).is_some(),
        Some(Range) => quoted(value).and_then(super::values::byte_range).is_some(),
        Some(Shape::Resolution) => resolution(value),
        Some(QuotedOrNone) => value == "NONE" || quoted(value).is_some(),
        Some(Word(_)) => !value.contains('"'),
    };
    faults.unless(fits, line, Rule::AttributeType, format_args!("{tag} {name}={value}"));
    if let Some(Word(words)) = shape.filter(|_| fits) {
        faults.unless(words.contains(&value), line, Rule::AttributeWord, format_args!("{tag} {name}={value}"));
    }
}
