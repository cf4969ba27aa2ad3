//! Matroska and WebM: facts from the headers, the index, and a look at the first and last clusters.

mod survey;

use media_container::aac::SAMPLES_PER_UNIT;
use media_container::mkv::{EntryPoint, Matroska, MkvError, Track, TrackKind, Wanted};
use media_container::nal::{has_parameter_sets, picture_format};
use media_container::positioned::ReadAt;
use media_container::track::CodecConfig;
use media_model::{AudioCodec, MediaDuration, MediaTime, VideoCodec};

use super::mp4::{mean_rate, per_1000_s, phase, plain_name, shown};
use super::tally::Tally;
use super::{Flaw, ProbeError, Probed, closed, plausible};
use crate::facts::{AudioFacts, ChapterFacts, Container, MediaFacts, SubtitleFacts, VideoFacts};
use crate::grid::{Grid, target_duration};
use survey::Survey;

/// Files up to this size are looked through for the exact peak rates of their streams; of larger ones the index tells
/// bounds, because reading them takes longer than a scan should.
const EXACT_LIMIT: u64 = 64 << 20;

/// Describes a Matroska or WebM file.
pub(super) fn probe(input: &impl ReadAt) -> Result<Probed, ProbeError> {
    let file = match Matroska::read(input) {
        Ok(file) => file,
        Err(MkvError::Io(error)) => return Err(error.into()),
        Err(MkvError::NotMatroska) => return Ok(Probed::Unknown),
        Err(MkvError::Truncated { claimed, actual }) => {
            return Err(ProbeError::NotMedia(Flaw::Truncated { claimed, actual }));
        }
        Err(error @ MkvError::Missing(_)) => return Err(ProbeError::NotMedia(Flaw::Damaged(error.to_string()))),
    };
    facts(input, &file).map(|facts| Probed::Facts(Box::new(facts)))
}

fn facts(input: &impl ReadAt, file: &Matroska) -> Result<MediaFacts, ProbeError> {
    let video = chosen(file, TrackKind::Video);
    let sound: Vec<&Track> = file.tracks.iter().filter(|track| track.kind == TrackKind::Audio).collect();
    let Some(leading) = video.or(sound.first().copied()) else { return Err(ProbeError::NotMedia(Flaw::NoStreams)) };
    if file.first_cluster.is_none() {
        return Err(ProbeError::NotMedia(Flaw::Damaged("it has headers and nothing else".to_owned())));
    }
    let points = file.entry_points(input, leading.number)?;
    let survey = Survey::take(input, file, &points)?;
    let time = |ticks: i64| MediaTime::from_micros(file.nanoseconds(ticks).div_euclid(1_000));
    // A codec delay is decoded and not heard: what is heard begins at the timestamp of the first block, although its first
    // packet begins that much earlier.
    let starts = file.tracks.iter().filter(|track| track.kind == TrackKind::Audio || Some(*track) == video);
    let origin = starts.filter_map(|track| survey.first(track)).map(time).min().unwrap_or(MediaTime::ZERO);
    #[expect(clippy::cast_possible_truncation, reason = "saturates")]
    let told = file.duration.map(|duration| time(duration as i64));
    let end = survey.end(file).map(time).or(told).unwrap_or(origin);
    let duration = plausible(end.since(origin))?;
    if duration == MediaDuration::ZERO {
        return Err(ProbeError::NotMedia(Flaw::Damaged("it has no duration".to_owned())));
    }
    let default = sound.iter().position(|track| track.default).unwrap_or(0);
    let mut facts = MediaFacts {
        container: if file.webm { Container::WebM } else { Container::Matroska },
        origin,
        duration,
        video: None,
        audio: sound
            .iter()
            .enumerate()
            .map(|(number, track)| audio_facts(file, track, &survey, origin, number == default))
            .collect(),
        subtitles: file.tracks.iter().filter(|track| track.kind == TrackKind::Subtitle).map(subtitle).collect(),
        chapters: file.chapters.iter().map(|chapter| chapter_facts(chapter, origin)).collect(),
    };
    if let Some(track) = video {
        let points: Vec<(MediaTime, EntryPoint)> =
            points.iter().map(|point| (MediaTime::ZERO + time(point.time).since(origin), *point)).collect();
        let sound_rate = facts.audio.iter().map(|audio| audio.bitrate_bps).sum();
        let mut video = video_facts(input, file, track, &survey, &points, duration, sound_rate)?;
        video.start = MediaTime::ZERO + survey.first(track).map_or(origin, time).since(origin);
        facts.video = Some(video);
        let peak = peak_bound(file, &facts, &points);
        if let Some(video) = &mut facts.video {
            video.peak_bps = peak;
        }
    }
    if file.end <= EXACT_LIMIT {
        measure_peaks(input, file, &mut facts, time)?;
    }
    Ok(facts)
}

/// Replaces the bounds of peak rates by what they are, by looking at every block header.
fn measure_peaks(
    input: &impl ReadAt,
    file: &Matroska,
    facts: &mut MediaFacts,
    time: impl Fn(i64) -> MediaTime,
) -> Result<(), ProbeError> {
    let target = target_duration(facts);
    let video_grid = facts.video.as_ref().and_then(|video| Grid::at_keyframes(&video.keyframes, facts.duration));
    let mut video = video_grid.map(Tally::new);
    let mut sound: Vec<Tally> = facts.audio.iter().map(|_| Tally::new(Grid::fixed(facts.duration))).collect();
    let track_of_video = facts.video.as_ref().map(|video| u64::from(video.track));
    let mut walk = file.blocks(input, file.first_cluster.unwrap_or(file.end), 64 << 10);
    while let Some(block) = walk.next(|_| Wanted::Header)? {
        let at = MediaTime::ZERO + time(block.time).since(facts.origin);
        let track = file.tracks.iter().find(|track| track.number == block.track);
        let size = block.size + track.map_or(0, |track| track.stripped.len() as u64);
        if Some(block.track) == track_of_video {
            if let Some(video) = &mut video {
                video.add(at, size);
            }
        } else if let Some(n) = facts.audio.iter().position(|audio| u64::from(audio.track) == block.track) {
            sound[n].add(at, size);
        }
    }
    if let (Some(facts), Some(tally)) = (&mut facts.video, video) {
        facts.peak_bps = tally.peak(target);
    }
    for (facts, tally) in facts.audio.iter_mut().zip(sound) {
        facts.peak_bps = tally.peak_of_sound(target);
    }
    Ok(())
}

/// The first track of a kind that is a default, else the first.
fn chosen(file: &Matroska, kind: TrackKind) -> Option<&Track> {
    let mut tracks = file.tracks.iter().filter(|track| track.kind == kind);
    let first = tracks.clone().next();
    tracks.find(|track| track.default).or(first)
}

fn video_facts(
    input: &impl ReadAt,
    file: &Matroska,
    track: &Track,
    survey: &Survey,
    points: &[(MediaTime, EntryPoint)],
    duration: MediaDuration,
    sound_rate: u64,
) -> Result<VideoFacts, ProbeError> {
    let codec = track.codec.as_ref().filter(|_| !track.opaque);
    let format = codec.and_then(picture_format);
    let pixel_aspect = track.pixel_aspect.or(format.and_then(|format| format.pixel_aspect));
    let complete = codec.is_some_and(has_parameter_sets);
    let whole = mean_rate(file.end, duration);
    let closed_gops = match codec {
        Some(codec) => closed_gops(input, file, track.number, codec, points)?,
        None => false,
    };
    let frames_per_1000_s = match (track.default_duration, track.frames) {
        (Some(nanoseconds), _) => u32::try_from((1_000_000_000_000 + nanoseconds / 2) / nanoseconds).unwrap_or(0),
        (None, Some(frames)) => per_1000_s(usize::try_from(frames).unwrap_or(0), duration),
        (None, None) => survey.frames_per_1000_s(file, track),
    };
    Ok(VideoFacts {
        track: u32::try_from(track.number).unwrap_or(0),
        codec: video_codec(&track.codec_id),
        codec_string: codec.filter(|_| complete).map(CodecConfig::codec_string),
        coded: track.resolution,
        shown: shown(track.resolution, pixel_aspect, track.rotation),
        rotation: track.rotation,
        start: MediaTime::ZERO,
        frames_per_1000_s,
        variable_frame_rate: track.default_duration.is_none() && survey.is_uneven(file, track),
        bit_depth: format.map(|format| format.bit_depth),
        interlaced: track.interlaced || format.is_some_and(|format| format.interlaced),
        bitrate_bps: track.bitrate_bps.unwrap_or_else(|| whole.saturating_sub(sound_rate)),
        peak_bps: 0,
        keyframes: points.iter().map(|(at, _)| *at).collect(),
        closed_gops,
    })
}

/// Whether it can be cut at its entry points: looks at some of them, and at the pictures that follow each.
fn closed_gops(
    input: &impl ReadAt,
    file: &Matroska,
    track: u64,
    codec: &CodecConfig,
    points: &[(MediaTime, EntryPoint)],
) -> Result<bool, ProbeError> {
    /// Pictures that are shown before a keyframe follow it at once; reordering reaches no further than this.
    const FOLLOWERS: usize = 16;
    /// Blocks of other tracks between.
    const BLOCKS: usize = 2_000;
    for number in closed::chosen(points.len()) {
        let point = points[number].1;
        let mut walk = file.blocks(input, point.cluster, 8 << 10);
        let (mut beginning, mut leads, mut followers) = (None, false, 0);
        for _ in 0..BLOCKS {
            let wanted = |of| if of == track { Wanted::Beginning(closed::BEGINNING) } else { Wanted::Header };
            let Some(mut block) = walk.next(wanted)? else { break };
            if block.track != track {
                continue;
            }
            if beginning.is_none() {
                beginning = (block.time == point.time && block.keyframe).then(|| block.frames.pop()).flatten();
                continue;
            }
            leads |= block.time < point.time;
            followers += 1;
            if followers == FOLLOWERS {
                break;
            }
        }
        if !beginning.is_some_and(|beginning| closed::closes(codec, &beginning, leads)) {
            return Ok(false);
        }
    }
    Ok(!points.is_empty())
}

/// A bound of the peak segment bit rate of the copied video: its blocks lie between the block of one entry point and that
/// of the next, among those of other tracks, which are counted too.
fn peak_bound(file: &Matroska, facts: &MediaFacts, points: &[(MediaTime, EntryPoint)]) -> u64 {
    let Some(video) = &facts.video else { return 0 };
    let Some(grid) = Grid::at_keyframes(&video.keyframes, facts.duration) else { return 0 };
    let place = |at: MediaTime| points.partition_point(|(point, _)| *point < at);
    let begin = |number: usize| points.get(number).map_or(file.end, |(_, p)| p.position.unwrap_or(p.cluster));
    let finish = |number: usize| match points.get(number) {
        // Without the block's own place, blocks of the group before may lie anywhere in its cluster.
        Some((_, point)) if point.position.is_none() => begin(number + 1),
        _ => begin(number),
    };
    let stripped = file.tracks.iter().find(|track| track.number == u64::from(video.track));
    let stripped = stripped.map_or(0, |track| track.stripped.len() as u64);
    /// Positions are told within a cluster's header.
    const HEADER: u64 = 32;
    let segments: Vec<u64> = grid
        .segments()
        .enumerate()
        .map(|(number, segment)| {
            let first = if number == 0 { 0 } else { place(segment.start()) };
            let bytes = finish(place(segment.end()).max(first + 1)).saturating_sub(begin(first)) + HEADER;
            // Frames keep their own times: twice the mean rate is more than any file has over two seconds.
            let frames = segment.length().as_micros() * u64::from(video.frames_per_1000_s.clamp(60_000, 1_000_000)) * 2
                / 1_000_000_000;
            bytes + stripped * frames + media_container::cmaf::write::overhead(frames)
        })
        .collect();
    grid.peak(target_duration(facts), |number| segments[number] * 8)
}

fn audio_facts(file: &Matroska, track: &Track, survey: &Survey, origin: MediaTime, default: bool) -> AudioFacts {
    let codec = audio_codec(&track.codec_id);
    let first = survey.first(track).map(|ticks| file.nanoseconds(ticks));
    let packet = first.map(|first| first.saturating_sub(i64::try_from(track.codec_delay).unwrap_or(0)));
    let packet = MediaTime::from_micros(packet.unwrap_or(0).div_euclid(1_000));
    AudioFacts {
        track: u32::try_from(track.number).unwrap_or(0),
        codec,
        codec_string: match &track.codec {
            Some(config) if !track.opaque => Some(config.codec_string()),
            Some(_) => None,
            None => codec.and_then(plain_name),
        },
        channels: track.channels,
        sample_rate: track.sample_rate,
        bitrate_bps: track.bitrate_bps.unwrap_or_else(|| survey.rate(file, track)),
        peak_bps: aac_ceiling(track),
        phase: phase(packet, origin, track.sample_rate),
        language: track.language.clone(),
        title: track.name.clone(),
        default,
    }
}

/// No AAC access unit has more than 6144 bits for each of its channels (ISO/IEC 14496-3 §4.5.3.1). Exact sizes are known
/// to whoever reads the whole file, which takes too long.
fn aac_ceiling(track: &Track) -> u64 {
    const UNIT_BITS: u64 = 6_144;
    let units = u64::from(track.sample_rate).div_ceil(u64::from(SAMPLES_PER_UNIT)) + 1;
    (units * u64::from(track.channels) * UNIT_BITS) + media_container::cmaf::write::overhead(units) * 8
}

fn subtitle(track: &Track) -> SubtitleFacts {
    let codec = match track.codec_id.as_str() {
        "S_TEXT/UTF8" | "S_TEXT/ASCII" => "subrip".to_owned(),
        "S_TEXT/ASS" | "S_ASS" => "ass".to_owned(),
        "S_TEXT/SSA" | "S_SSA" => "ssa".to_owned(),
        "S_TEXT/WEBVTT" | "D_WEBVTT/SUBTITLES" => "webvtt".to_owned(),
        "S_HDMV/PGS" => "pgs".to_owned(),
        "S_VOBSUB" => "vobsub".to_owned(),
        "S_DVBSUB" => "dvbsub".to_owned(),
        other => other.to_owned(),
    };
    SubtitleFacts {
        track: u32::try_from(track.number).unwrap_or(0),
        codec,
        language: track.language.clone(),
        title: track.name.clone(),
        forced: track.forced,
    }
}

fn chapter_facts(chapter: &media_container::mkv::Chapter, origin: MediaTime) -> ChapterFacts {
    let at = MediaTime::from_micros(i64::try_from(chapter.start_ns / 1_000).unwrap_or(i64::MAX));
    ChapterFacts { start: MediaTime::ZERO + at.since(origin), title: chapter.title.clone() }
}

fn video_codec(id: &str) -> Option<VideoCodec> {
    Some(match id {
        "V_MPEG4/ISO/AVC" => VideoCodec::H264,
        "V_MPEGH/ISO/HEVC" => VideoCodec::Hevc,
        "V_AV1" => VideoCodec::Av1,
        "V_VP8" => VideoCodec::Vp8,
        "V_VP9" => VideoCodec::Vp9,
        "V_MPEG1" | "V_MPEG2" => VideoCodec::Mpeg2,
        "V_MPEG4/ISO/SP" | "V_MPEG4/ISO/ASP" | "V_MPEG4/ISO/AP" | "V_MPEG4/MS/V3" => VideoCodec::Mpeg4,
        _ => return None,
    })
}

fn audio_codec(id: &str) -> Option<AudioCodec> {
    let family = |name: &str| id == name || id.strip_prefix(name).is_some_and(|rest| rest.starts_with('/'));
    let known = [
        ("A_AAC", AudioCodec::Aac),
        ("A_MPEG/L3", AudioCodec::Mp3),
        ("A_MPEG/L2", AudioCodec::Mp2),
        ("A_AC3", AudioCodec::Ac3),
        ("A_EAC3", AudioCodec::Eac3),
        ("A_OPUS", AudioCodec::Opus),
        ("A_VORBIS", AudioCodec::Vorbis),
        ("A_FLAC", AudioCodec::Flac),
        ("A_ALAC", AudioCodec::Alac),
        ("A_DTS", AudioCodec::Dts),
        ("A_TRUEHD", AudioCodec::TrueHd),
        ("A_MLP", AudioCodec::TrueHd),
        ("A_PCM", AudioCodec::Pcm),
    ];
    known.into_iter().find(|(name, _)| family(name)).map(|(_, codec)| codec)
}
