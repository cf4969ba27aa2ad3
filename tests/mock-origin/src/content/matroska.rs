//! Matroska clips: each of their tracks that can be packaged is written into an MP4 file in the cache, once, by
//! `media_container`; from there on they are clips like others.

use std::fs::File;
use std::io::{self, BufWriter, Write as _};

use bytes::Bytes;
use media_container::aac::SAMPLES_PER_UNIT;
use media_container::cmaf::write;
use media_container::mkv::{Matroska, Track, TrackKind, Wanted};
use media_container::positioned::ReadAt;
use media_container::track::{CodecConfig, Sample, TrackConfig, decode_times, needed_shift};

/// Ticks per second of video: a multiple of the milliseconds of most files.
const VIDEO_TIMESCALE: u32 = 90_000;
/// How much is read at once.
const READ_AHEAD: usize = 512 << 10;
/// Samples of a fragment: about a second.
const FRAGMENT: usize = 48;

/// The tracks that can be packaged: the first of the pictures, and all sound.
pub(super) fn tracks(file: &Matroska) -> Vec<&Track> {
    let usable = |track: &&Track| track.codec.is_some() && !track.opaque;
    let of = |kind| file.tracks.iter().filter(usable).filter(move |track| track.kind == kind);
    of(TrackKind::Video).take(1).chain(of(TrackKind::Audio)).collect()
}

/// Writes one track as a fragmented MP4 file. Gives whether there was anything to write.
pub(super) fn convert(input: &impl ReadAt, file: &Matroska, track: &Track, output: &mut File) -> io::Result<bool> {
    let Some(codec) = track.codec.clone() else { return Ok(false) };
    let letters = track.language.as_deref().and_then(|language| language.as_bytes().first_chunk::<3>().copied());
    let config = TrackConfig {
        timescale: match &codec {
            CodecConfig::Avc { .. } | CodecConfig::Hevc { .. } => VIDEO_TIMESCALE,
            CodecConfig::Aac { sample_rate, .. } => *sample_rate,
        },
        codec,
        language: letters.filter(|letters| letters.iter().all(u8::is_ascii_lowercase)),
        pixel_aspect: track.pixel_aspect,
    };
    let pts = times(input, file, track, &config)?;
    let dts = decode_times(&pts);
    let Some(last) = dts.last() else { return Ok(false) };
    let usual = dts.len().checked_sub(2).map_or(i64::from(SAMPLES_PER_UNIT), |before| last - dts[before]);
    let shift = needed_shift(&pts, &dts);
    let mut output = BufWriter::new(output);
    output.write_all(&write::init_section(&config, shift))?;
    let (mut done, mut sequence) = (0, 1);
    let mut samples: Vec<Sample> = Vec::new();
    each_frame(input, file, track, Wanted::All, |_, keyframe, data| {
        let Some((&pts, &at)) = pts.get(done).zip(dts.get(done)) else { return Ok(()) };
        let next = dts.get(done + 1).copied().unwrap_or(last + usual);
        let duration = u32::try_from(next - at).unwrap_or(0);
        samples.push(Sample { pts, dts: at, duration, sync: keyframe || !config.codec.is_video(), data });
        done += 1;
        if samples.len() == FRAGMENT {
            output.write_all(&write::chunk(sequence, shift, &samples))?;
            (samples, sequence) = (Vec::new(), sequence + 1);
        }
        Ok(())
    })?;
    if !samples.is_empty() {
        output.write_all(&write::chunk(sequence, shift, &samples))?;
    }
    output.flush()?;
    Ok(true)
}

/// When each frame is shown, in ticks of the track to be. Sound goes on packet by packet: the file's times are rounded.
fn times(input: &impl ReadAt, file: &Matroska, track: &Track, config: &TrackConfig) -> io::Result<Vec<i64>> {
    let delay = i64::try_from(track.codec_delay).unwrap_or(0);
    let mut pts: Vec<i64> = Vec::new();
    // Of pictures the header is enough; packets have to be counted.
    let wanted = if config.codec.is_video() { Wanted::Header } else { Wanted::All };
    each_frame(input, file, track, wanted, |nanos, _, _| {
        let ticks = i128::from(nanos.saturating_sub(delay)) * i128::from(config.timescale);
        let ticks = i64::try_from((ticks + 500_000_000).div_euclid(1_000_000_000)).unwrap_or(0);
        pts.push(match pts.last() {
            Some(last) if !config.codec.is_video() => last + i64::from(SAMPLES_PER_UNIT),
            _ => ticks,
        });
        Ok(())
    })?;
    // What would come before the timeline is moved into it, as a whole.
    let early = pts.iter().copied().min().unwrap_or(0).min(0);
    Ok(pts.into_iter().map(|at| at - early).collect())
}

/// Goes through a track's frames: time in nanoseconds, whether decoding can begin there, data.
fn each_frame(
    input: &impl ReadAt,
    file: &Matroska,
    track: &Track,
    wanted: Wanted,
    mut take: impl FnMut(i64, bool, Bytes) -> io::Result<()>,
) -> io::Result<()> {
    let Some(first) = file.first_cluster else { return Ok(()) };
    let mut walk = file.blocks(input, first, READ_AHEAD);
    while let Some(block) = walk.next(|number| if number == track.number { wanted } else { Wanted::Header })? {
        if block.track != track.number {
            continue;
        }
        let nanos = file.nanoseconds(block.time);
        if block.frames.is_empty() {
            take(nanos, block.keyframe, Bytes::new())?;
        }
        for frame in block.frames {
            take(nanos, block.keyframe, frame)?;
        }
    }
    Ok(())
}
