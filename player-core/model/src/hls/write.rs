//! Writes playlists, with the tags of `hls_m3u8`. Cannot fail; must not know where they are served.

mod media;
mod multivariant;

use std::borrow::Cow;
use std::fmt::{Display, Write as _};

use super::{ByteRange, Definition, DefinitionSource, Key, Start};
use crate::MediaDuration;

pub use media::write_media;
pub use multivariant::write_multivariant;

struct Text(String);

impl Text {
    fn begin(version: u16, independent_segments: bool) -> Self {
        let mut text = Self(String::new());
        text.line("#EXTM3U");
        // hls_m3u8 ends at version 7; 8 to 13 exist.
        if version > 1 {
            text.line(format_args!("#EXT-X-VERSION:{version}"));
        }
        if independent_segments {
            text.line("#EXT-X-INDEPENDENT-SEGMENTS");
        }
        text
    }

    fn line(&mut self, line: impl Display) {
        writeln!(self.0, "{line}").expect("a string takes all text");
    }

    fn shared(&mut self, definitions: &[Definition], start: Option<Start>) {
        for one in definitions {
            let list = match one.source {
                DefinitionSource::Given => {
                    List::default().quoted("NAME", Some(&one.name)).quoted("VALUE", Some(&one.value))
                }
                DefinitionSource::Imported => List::default().quoted("IMPORT", Some(&one.name)),
                DefinitionSource::QueryParameter => List::default().quoted("QUERYPARAM", Some(&one.name)),
            };
            self.line(format_args!("#EXT-X-DEFINE:{list}"));
        }
        if let Some(start) = start {
            let (sign, micros) = (if start.offset.as_micros() < 0 { "-" } else { "" }, start.offset.as_micros());
            let offset = Seconds(MediaDuration::from_micros(micros.unsigned_abs()));
            let list = List::default().plain("TIME-OFFSET", Some(format_args!("{sign}{offset}")));
            self.line(format_args!("#EXT-X-START:{}", list.yes("PRECISE", start.precise)));
        }
    }
}

/// An attribute list (RFC 8216 §4.2). What is absent is not written.
#[derive(Default)]
struct List(String);

impl List {
    fn plain(mut self, name: &str, value: Option<impl Display>) -> Self {
        if let Some(value) = value {
            let comma = if self.0.is_empty() { "" } else { "," };
            write!(self.0, "{comma}{name}={value}").expect("a string takes all text");
        }
        self
    }

    fn quoted(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        let value = value.as_ref().map(|value| clean(value.as_ref()));
        self.plain(name, value.map(|value| format!("\"{value}\"")))
    }

    fn uri(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        self.quoted(name, value.as_ref().map(|value| address(value.as_ref())))
    }

    fn yes(self, name: &str, value: bool) -> Self {
        self.plain(name, value.then_some("YES"))
    }

    /// A list as one quoted string; absent if empty.
    fn joined<T: AsRef<str>>(self, name: &str, values: &[T], separator: &str) -> Self {
        let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
        self.quoted(name, (!values.is_empty()).then(|| values.join(separator)))
    }
}

impl Display for List {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The attributes of a key (RFC 8216 §4.3.2.4). Those of `hls_m3u8` know two methods.
fn key(key: &Key) -> List {
    let versions: Vec<String> = key.format_versions.iter().map(u32::to_string).collect();
    List::default()
        .plain("METHOD", Some(word(key.method.as_str())))
        .uri("URI", Some(&key.uri))
        .plain("IV", key.iv.map(|iv| format!("0x{iv:032X}")))
        .quoted("KEYFORMAT", key.format.as_ref())
        .joined("KEYFORMATVERSIONS", &versions, "/")
}

/// Exact seconds. The tag of `hls_m3u8` goes through a floating point number and writes 1.9969160000000001.
struct Seconds(MediaDuration);

impl Display for Seconds {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let (whole, micros) = (self.0.as_micros() / 1_000_000, self.0.as_micros() % 1_000_000);
        if micros == 0 {
            return write!(formatter, "{whole}");
        }
        formatter.write_str(format!("{whole}.{micros:06}").trim_end_matches('0'))
    }
}

struct Range(ByteRange);

impl Display for Range {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}@{}", self.0.length, self.0.offset)
    }
}

/// Text without line ends, other control characters and double quotes, which no playlist can carry: names come out of
/// files that anybody may have made.
fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|character: char| character.is_control() || character == '"') {
        return Cow::Borrowed(text);
    }
    let plain = text.chars().filter(|character| !character.is_control());
    Cow::Owned(plain.map(|character| if character == '"' { '\'' } else { character }).collect())
}

/// An address that no playlist can carry as it is, as the URL Standard (§4.4) reads it: line ends and tabs are passed over,
/// other control characters and double quotes are percent-encoded. Without them it would name something else:
/// `/\0/x` is a path, and `//x` another server.
fn address(uri: &str) -> Cow<'_, str> {
    let is_unfit = |character: char| character.is_control() || character == '"';
    if !uri.contains(is_unfit) {
        return Cow::Borrowed(uri);
    }
    let mut text = String::with_capacity(uri.len() * 2);
    for character in uri.trim_matches(|character: char| character <= ' ').chars() {
        match character {
            '\t' | '\n' | '\r' => {}
            _ if is_unfit(character) => {
                for byte in character.encode_utf8(&mut [0; 4]).bytes() {
                    write!(text, "%{byte:02X}").expect("a string takes all text");
                }
            }
            _ => text.push(character),
        }
    }
    Cow::Owned(text)
}

/// Text that stands without quotes: commas would end it.
fn word(text: &str) -> Cow<'_, str> {
    if !text.contains(|character: char| character.is_control() || matches!(character, '"' | ',')) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter(|&character| !character.is_control() && !matches!(character, '"' | ',')).collect())
}
