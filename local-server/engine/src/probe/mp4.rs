//! MP4 and MOV: facts from the movie box.

use media_container::aac::SAMPLES_PER_UNIT;
use media_container::mp4::{IndexedSample, Movie, Mp4Error, Track, TrackKind};
use media_container::nal::{has_parameter_sets, picture_format};
use media_container::positioned::ReadAt;
use media_container::track::CodecConfig;
use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime, Resolution, VideoCodec};

use super::tally::Tally;
use super::{Flaw, ProbeError, Probed, closed, plausible};
use crate::facts::{AudioFacts, ChapterFacts, Container, MediaFacts, SubtitleFacts, VideoFacts};
use crate::grid::{Grid, target_duration};

/// Describes an MP4 or MOV file.
pub(super) fn probe(input: &impl ReadAt) -> Result<Probed, ProbeError> {
    let movie = match Movie::read(input) {
        Ok(movie) => movie,
        Err(Mp4Error::Io(error)) => return Err(error.into()),
        Err(Mp4Error::NotMp4) => return Ok(Probed::Unknown),
        Err(Mp4Error::NoMovie) => return Err(ProbeError::NotMedia(Flaw::IndexMissing)),
        Err(Mp4Error::Truncated { claimed, actual }) => {
            return Err(ProbeError::NotMedia(Flaw::Truncated { claimed, actual }));
        }
        Err(error @ Mp4Error::Damaged { .. }) => return Err(ProbeError::NotMedia(Flaw::Damaged(error.to_string()))),
    };
    facts(input, &movie).map(|facts| Probed::Facts(Box::new(facts)))
}

fn facts(input: &impl ReadAt, movie: &Movie) -> Result<MediaFacts, ProbeError> {
    let video = video_track(movie);
    let sound: Vec<&Track> = movie.tracks.iter().filter(|track| is_playable(track, TrackKind::Audio)).collect();
    if video.is_none() && sound.is_empty() {
        return Err(ProbeError::NotMedia(Flaw::NoStreams));
    }
    let origin = origin(video, &sound);
    let ends = video.iter().chain(&sound).filter_map(|track| Some(track.time(track.samples.end_pts()?)));
    let duration = plausible(ends.max().unwrap_or(origin).since(origin))?;
    let default = sound.iter().position(|track| track.enabled).unwrap_or(0);
    let mut facts = MediaFacts {
        container: Container::Mp4,
        origin,
        duration,
        video: video.map(|track| video_facts(input, track, origin)),
        audio: Vec::new(),
        subtitles: movie.tracks.iter().filter(|track| track.kind == TrackKind::Subtitle).map(subtitle).collect(),
        chapters: movie.chapters.iter().map(|(start, title)| chapter(*start, title, origin)).collect(),
    };
    let target = target_duration(&facts);
    let tally = |track: &Track, grid: Grid| {
        let mut tally = Tally::new(grid);
        for sample in track.samples.samples() {
            tally.add(MediaTime::ZERO + track.time(sample.pts).since(origin), u64::from(sample.size));
        }
        tally
    };
    if let (Some(track), Some(video)) = (video, &mut facts.video) {
        let grid = Grid::at_keyframes(&video.keyframes, duration);
        video.peak_bps = grid.map_or(0, |grid| tally(track, grid).peak(target));
    }
    for (number, track) in sound.iter().enumerate() {
        let mut audio = audio_facts(track, origin, number == default);
        audio.peak_bps = tally(track, Grid::fixed(duration)).peak_of_sound(target);
        facts.audio.push(audio);
    }
    Ok(facts)
}

/// The video track that is played: the first enabled one with samples. A picture that is attached is a track of one
/// sample and no film.
fn video_track(movie: &Movie) -> Option<&Track> {
    let mut tracks = movie.tracks.iter().filter(|track| {
        let still = matches!(&track.fourcc, b"jpeg" | b"mjpg" | b"png " | b"tmcd") && track.samples.samples().len() < 2;
        is_playable(track, TrackKind::Video) && !still
    });
    let first = tracks.clone().next();
    tracks.find(|track| track.enabled).or(first)
}

fn is_playable(track: &Track, kind: TrackKind) -> bool {
    track.kind == kind && track.samples.first_pts().is_some()
}

/// The start of the timeline. Sound that an edit list cuts off, the encoder's priming, does not count.
fn origin(video: Option<&Track>, sound: &[&Track]) -> MediaTime {
    let first = |track: &Track| track.samples.first_pts().map(|first| track.time(first));
    let heard = sound.iter().filter_map(|track| first(track)).map(|at| at.max(MediaTime::ZERO));
    video.and_then(first).into_iter().chain(heard).min().unwrap_or(MediaTime::ZERO)
}

fn video_facts(input: &impl ReadAt, track: &Track, origin: MediaTime) -> VideoFacts {
    let format = track.codec.as_ref().and_then(picture_format);
    let pixel_aspect = track.pixel_aspect.or(format.and_then(|format| format.pixel_aspect));
    let on_timeline = |ticks: i64| MediaTime::ZERO + track.time(ticks).since(origin);
    let samples = track.samples.samples();
    let mut keyframes: Vec<MediaTime> =
        samples.iter().filter(|sample| sample.sync).map(|sample| on_timeline(sample.pts)).collect();
    keyframes.sort_unstable();
    keyframes.dedup();
    let start = track.samples.first_pts().map_or(MediaTime::ZERO, on_timeline);
    let end = track.samples.end_pts().map_or(start, on_timeline);
    let complete = track.codec.as_ref().is_some_and(has_parameter_sets);
    VideoFacts {
        track: track.id,
        codec: video_codec(&track.fourcc, track.object_type),
        codec_string: track.codec.as_ref().filter(|_| complete).map(CodecConfig::codec_string),
        coded: track.resolution,
        shown: shown(track.resolution, pixel_aspect, track.rotation),
        rotation: track.rotation,
        start,
        frames_per_1000_s: per_1000_s(samples.len(), end.since(start)),
        variable_frame_rate: !track.samples.has_constant_duration(),
        bit_depth: format.map(|format| format.bit_depth),
        interlaced: format.is_some_and(|format| format.interlaced),
        bitrate_bps: mean_rate(track.samples.bytes(), end.since(start)),
        peak_bps: 0,
        keyframes,
        closed_gops: closed_gops(input, track),
    }
}

/// Whether it can be cut at its sync samples. The index shows all pictures that are shown before the sync sample that
/// they follow; what kind of picture a sync sample is, a few of them tell.
fn closed_gops(input: &impl ReadAt, track: &Track) -> bool {
    let Some(codec) = &track.codec else { return false };
    let samples = track.samples.samples();
    let mut sync: Vec<&IndexedSample> = Vec::new();
    let mut latest = i64::MIN;
    for sample in samples {
        if sample.sync {
            // All before it are shown before it, all after it after it.
            if sample.pts < latest {
                return false;
            }
            sync.push(sample);
        } else if sync.last().is_some_and(|key| sample.pts < key.pts) {
            return false;
        }
        latest = latest.max(sample.pts);
    }
    samples.first().is_some_and(|first| first.sync)
        && closed::chosen(sync.len()).into_iter().all(|number| {
            let mut beginning = vec![0; (sync[number].size as usize).min(closed::BEGINNING)];
            let read = input.read_exact_at(sync[number].offset, &mut beginning);
            read.is_ok() && closed::closes(codec, &beginning, false)
        })
}

fn audio_facts(track: &Track, origin: MediaTime, default: bool) -> AudioFacts {
    let start = track.samples.first_pts().unwrap_or(0);
    let end = track.samples.end_pts().unwrap_or(start);
    let codec = audio_codec(&track.fourcc, track.object_type);
    AudioFacts {
        track: track.id,
        codec,
        codec_string: track.codec.as_ref().map(CodecConfig::codec_string).or(codec.and_then(plain_name)),
        channels: track.channels,
        sample_rate: track.sample_rate,
        bitrate_bps: mean_rate(track.samples.bytes(), track.time(end).since(track.time(start))),
        peak_bps: 0,
        phase: phase(track.time(start), origin, track.sample_rate),
        language: track.language.map(|code| code.iter().copied().map(char::from).collect()),
        title: track.name.clone(),
        default,
    }
}

/// Where the packet grid of a stream lies whose first packet begins at `first`.
pub(super) fn phase(first: MediaTime, origin: MediaTime, sample_rate: u32) -> u32 {
    let sample = first.to_ticks(sample_rate.max(1)) - origin.to_ticks(sample_rate.max(1));
    u32::try_from(sample.rem_euclid(i64::from(SAMPLES_PER_UNIT))).unwrap_or(0)
}

fn subtitle(track: &Track) -> SubtitleFacts {
    let codec = match &track.fourcc {
        b"tx3g" | b"text" => "mov_text".to_owned(),
        b"wvtt" => "webvtt".to_owned(),
        other => String::from_utf8_lossy(other).trim().to_owned(),
    };
    SubtitleFacts {
        track: track.id,
        codec,
        language: track.language.map(|code| code.iter().copied().map(char::from).collect()),
        title: track.name.clone(),
        forced: false,
    }
}

fn chapter(start: MediaTime, title: &str, origin: MediaTime) -> ChapterFacts {
    let title = title.trim();
    ChapterFacts { start: MediaTime::ZERO + start.since(origin), title: (!title.is_empty()).then(|| title.to_owned()) }
}

/// Picture size with the pixel aspect ratio and the rotation applied.
pub(super) fn shown(coded: Resolution, pixel_aspect: Option<(u32, u32)>, rotation: u16) -> Resolution {
    let stretched = |side: u32, (by, of): (u32, u32)| {
        let side = (u64::from(side) * u64::from(by) + u64::from(of) / 2) / u64::from(of.max(1));
        u32::try_from(side.clamp(1, 65_535)).unwrap_or(1)
    };
    let width = pixel_aspect.map_or(coded.width, |aspect| stretched(coded.width, aspect));
    if matches!(rotation, 90 | 270) {
        Resolution { width: coded.height, height: width }
    } else {
        Resolution { width, height: coded.height }
    }
}

/// `count` things in a time, per thousand seconds.
pub(super) fn per_1000_s(count: usize, time: MediaDuration) -> u32 {
    let micros = u128::from(time.as_micros());
    if micros == 0 || count < 2 {
        return 0;
    }
    u32::try_from((count as u128 * 1_000_000_000 + micros / 2) / micros).unwrap_or(0)
}

/// Bits per second; 0 if no time passes.
pub(super) fn mean_rate(bytes: u64, time: MediaDuration) -> u64 {
    let rate = (u128::from(bytes) * 8_000_000).checked_div(u128::from(time.as_micros()));
    u64::try_from(rate.unwrap_or(0)).unwrap_or(0)
}

/// Name of an audio codec that has no parameters in its RFC 6381 string.
pub(super) fn plain_name(codec: AudioCodec) -> Option<CodecString> {
    let name = match codec {
        AudioCodec::Mp3 => "mp3",
        AudioCodec::Ac3 => "ac-3",
        AudioCodec::Eac3 => "ec-3",
        AudioCodec::Opus => "opus",
        AudioCodec::Vorbis => "vorbis",
        AudioCodec::Flac => "flac",
        AudioCodec::Alac => "alac",
        AudioCodec::Aac | AudioCodec::Mp2 | AudioCodec::Dts | AudioCodec::TrueHd | AudioCodec::Pcm => return None,
    };
    Some(CodecString::new(name))
}

fn video_codec(fourcc: &[u8; 4], object_type: Option<u8>) -> Option<VideoCodec> {
    Some(match fourcc {
        b"avc1" | b"avc3" => VideoCodec::H264,
        b"hvc1" | b"hev1" => VideoCodec::Hevc,
        b"av01" => VideoCodec::Av1,
        b"vp08" => VideoCodec::Vp8,
        b"vp09" => VideoCodec::Vp9,
        b"mp4v" => match object_type {
            Some(0x60..=0x65) => VideoCodec::Mpeg2,
            _ => VideoCodec::Mpeg4,
        },
        b"vc-1" => VideoCodec::Vc1,
        _ => return None,
    })
}

fn audio_codec(fourcc: &[u8; 4], object_type: Option<u8>) -> Option<AudioCodec> {
    Some(match fourcc {
        b"mp4a" => match object_type {
            Some(0x69 | 0x6b) => AudioCodec::Mp3,
            Some(0xa9) => AudioCodec::Dts,
            Some(0xa5) => AudioCodec::Ac3,
            Some(0xa6) => AudioCodec::Eac3,
            Some(0x40 | 0x66..=0x68) | None => AudioCodec::Aac,
            Some(_) => return None,
        },
        b".mp3" => AudioCodec::Mp3,
        b"ac-3" => AudioCodec::Ac3,
        b"ec-3" => AudioCodec::Eac3,
        b"Opus" => AudioCodec::Opus,
        b"fLaC" => AudioCodec::Flac,
        b"alac" => AudioCodec::Alac,
        b"dtsc" | b"dtsh" | b"dtsl" | b"dtse" => AudioCodec::Dts,
        b"mlpa" => AudioCodec::TrueHd,
        b"sowt" | b"twos" | b"lpcm" | b"ipcm" | b"fpcm" | b"in24" | b"in32" | b"raw " => AudioCodec::Pcm,
        _ => return None,
    })
}
