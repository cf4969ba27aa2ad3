//! The MPD of a film, for players that read no HLS: the same init sections and segments under the same names. Pure.
//!
//! Live streams and subtitles have none.

use super::{INIT, Presentation, Role, Stream};
use crate::index::{add, escaped};

/// Segment times are in µs.
const TIMESCALE: u64 = 1_000_000;

/// Of what is on demand alone.
pub(super) fn is_possible(presentation: &Presentation) -> bool {
    presentation.live.is_none()
}

/// The MPD (ISO/IEC 23009-1), of the profile for live streams because that is the one with templates.
pub(super) fn mpd(presentation: &Presentation) -> Option<String> {
    if !is_possible(presentation) {
        return None;
    }
    let end = |stream: &Stream| stream.grid.start(stream.grid.count()).as_seconds();
    let length = presentation.streams.iter().map(end).fold(0.0, f64::max);
    let is_video = |stream: &&Stream| matches!(stream.role, Role::Video { .. });
    let video: String =
        presentation.streams.iter().filter(is_video).map(|one| representation(presentation, one)).collect();
    let mut sets = String::new();
    if !video.is_empty() {
        add(
            &mut sets,
            format_args!("<AdaptationSet contentType=\"video\" segmentAlignment=\"true\">\n{video}</AdaptationSet>\n"),
        );
    }
    for stream in &presentation.streams {
        let Role::Audio { language, .. } = &stream.role else { continue };
        let (language, audio) = (escaped(language), representation(presentation, stream));
        add(
            &mut sets,
            format_args!("<AdaptationSet contentType=\"audio\" lang=\"{language}\">\n{audio}</AdaptationSet>\n"),
        );
    }
    Some(format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<MPD xmlns=\"urn:mpeg:dash:schema:mpd:2011\" \
         profiles=\"urn:mpeg:dash:profile:isoff-live:2011\" type=\"static\" minBufferTime=\"PT2S\" \
         mediaPresentationDuration=\"PT{length:.3}S\">\n<Period start=\"PT0S\">\n{sets}</Period>\n</MPD>\n"
    ))
}

fn representation(presentation: &Presentation, stream: &Stream) -> String {
    let (kind, codec, more) = match &stream.role {
        Role::Video { size, codec, .. } => {
            let size = size.map(|size| format!(" width=\"{}\" height=\"{}\"", size.width, size.height));
            ("video", codec, size.unwrap_or_default())
        }
        Role::Audio { codec, .. } => ("audio", codec, String::new()),
        Role::Subtitles { .. } => return String::new(),
    };
    let (folder, extension, (peak, _)) = (&stream.folder, stream.extension(), presentation.rates(stream));
    let mut text = format!(
        "<Representation id=\"{folder}\" mimeType=\"{kind}/mp4\" codecs=\"{}\" bandwidth=\"{}\"{more}>\n\
         <SegmentTemplate timescale=\"{TIMESCALE}\" startNumber=\"0\" initialization=\"{folder}/{INIT}\" media=\"{folder}/$Number$.{extension}\">\n\
         <SegmentTimeline>",
        escaped(codec.as_str()),
        peak.get(),
    );
    for number in 0..stream.grid.count() {
        add(&mut text, format_args!("<S d=\"{}\"/>", stream.grid.length(number).as_micros()));
    }
    text + "</SegmentTimeline>\n</SegmentTemplate>\n</Representation>\n"
}
