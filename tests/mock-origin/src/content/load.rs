//! From a plan to a presentation: encodes what is not there yet, and opens files. Blocks.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use media_container::mkv::{Matroska, MkvError, looks_like_matroska};
use media_container::mp4::{self, Movie, Mp4Error};
use media_container::positioned::{ReadAt as _, read_vec};
use media_model::{BitsPerSecond, CodecString, MediaDuration, MediaTime};

use super::packed::SampleFile;
use super::test_card::{self, EncodeError, Encoder, Frames, NO_WHOLE_FRAMES, Picture, Sound};
use super::{Grid, Media, Presentation, PresentationPlan, Role, SizesOf, Source, Stream, Track, matroska};
use crate::hash::Seed;

/// Why a presentation cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// A file cannot be read.
    #[error("{} cannot be read", path.display())]
    Read {
        /// Which one.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file is neither MP4 nor Matroska.
    #[error("{} cannot be packaged as it is; give its presentation a ladder to have it encoded", path.display())]
    NoMovie {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: Mp4Error,
    },
    /// A file is Matroska, but broken.
    #[error("{} cannot be packaged", path.display())]
    NoMatroska {
        /// Which one.
        path: PathBuf,
        /// What is wrong with it.
        source: MkvError,
    },
    /// None of its streams is H.264, H.265 or AAC that can be cut.
    #[error(
        "{} has no H.264, H.265 or AAC stream that can be cut; give its presentation a ladder to have it encoded",
        path.display()
    )]
    NothingToPlay {
        /// Which one.
        path: PathBuf,
    },
    /// A card's segments cannot have whole frames.
    #[error("{NO_WHOLE_FRAMES}")]
    NoWholeFrames,
    /// It could not be encoded.
    #[error("cannot be encoded")]
    Encode(#[from] EncodeError),
}

/// Makes a presentation ready. `progress` is told what is encoded.
pub(crate) fn presentation(
    plan: &PresentationPlan,
    seed: Seed,
    progress: &dyn Fn(&str),
) -> Result<Presentation, LoadError> {
    let mut streams = match &plan.source {
        Source::Bytes => bytes_only(plan),
        Source::Card => card(plan, progress)?,
        Source::Clip(path) if plan.ladder.is_empty() => copied(plan, path, progress)?,
        Source::Clip(path) => encoded(plan, path, progress)?,
    };
    let shown = streams.first().map(|stream| stream.grid.clone());
    let words = plan.subtitles.iter().filter_map(|language| {
        Some(Stream {
            folder: format!("subtitles-{language}"),
            role: Role::Subtitles { language: language.clone() },
            grid: shown.clone()?,
            media: Media::Words,
        })
    });
    streams.extend(words.collect::<Vec<_>>());
    let live = plan.live.map(|live| live.window);
    let delta_updates = plan.live.is_some_and(|live| live.delta_updates);
    Ok(Presentation { name: plan.name.clone(), streams, live, delta_updates, seed })
}

/// How long a plan's streams go on: for ever if it is live.
fn end(plan: &PresentationPlan, duration: MediaDuration) -> Option<MediaDuration> {
    plan.live.is_none().then_some(duration)
}

fn bytes_only(plan: &PresentationPlan) -> Vec<Stream> {
    let grid = Grid::even(plan.segment, plan.duration, end(plan, plan.duration));
    let video = plan.ladder.iter().enumerate().map(|(rung, what)| Stream {
        folder: format!("video-{rung}"),
        role: Role::Video {
            size: what.size,
            // High profile, at a level that holds pictures of any size we name.
            codec: CodecString::new("avc1.640028"),
            frames_per_1000_s: None,
        },
        grid: grid.clone(),
        media: Media::Noise(SizesOf { sizes: plan.sizes.clone(), rung, rate: video_rate(plan, what.rate) }),
    });
    let audio = plan.audio.iter().map(|audio| Stream {
        folder: format!("audio-{}", audio.language),
        role: Role::Audio { language: audio.language.clone(), codec: CodecString::new("mp4a.40.2"), channels: 2 },
        grid: grid.clone(),
        media: Media::Noise(SizesOf { sizes: super::Sizes::Constant, rung: 0, rate: PresentationPlan::AUDIO_RATE }),
    });
    video.chain(audio).collect()
}

/// A rung's rate is that of everything that is played: with sound beside it the picture has what is left.
fn video_rate(plan: &PresentationPlan, rung: BitsPerSecond) -> BitsPerSecond {
    let sound = if plan.audio.is_empty() { 0 } else { PresentationPlan::AUDIO_RATE.get() };
    BitsPerSecond::new(rung.get().saturating_sub(sound).max(rung.get() / 2))
}

fn card(plan: &PresentationPlan, progress: &dyn Fn(&str)) -> Result<Vec<Stream>, LoadError> {
    let encoder = Encoder::new(crate::cache::folder(), progress)?;
    let mut sounds = Vec::new();
    for (number, audio) in plan.audio.iter().enumerate() {
        let (file, movie) = open(&encoder.tone(&Sound::of_card(number, &audio.language))?)?;
        let folder = format!("audio-{}", audio.language);
        let made = take(plan, &file, &movie, mp4::TrackKind::Audio, test_card::LENGTH, folder);
        sounds.extend(made.map(|stream| spoken(stream, &audio.language)));
    }
    let sound = sounds.iter().map(loudest).max().unwrap_or(0);
    let mut streams = Vec::new();
    let frames = Frames::of_card(plan.segment).ok_or(LoadError::NoWholeFrames)?;
    for (rung, what) in plan.ladder.iter().enumerate() {
        let picture = Picture::of_card(rung, what.size, what.rate, frames);
        let (file, movie) = open(&encoder.card(&picture)?)?;
        let rate = BitsPerSecond::new(what.rate.get().saturating_sub(sound));
        let sizes = SizesOf { sizes: plan.sizes.clone(), rung, rate };
        let made = take(plan, &file, &movie, mp4::TrackKind::Video, test_card::LENGTH, format!("video-{rung}"));
        streams.extend(made.map(|stream| raised(stream, sizes)));
    }
    streams.extend(sounds);
    Ok(streams)
}

/// The rate of a packaged stream's largest segment.
fn loudest(stream: &Stream) -> u64 {
    let Media::Packed(track, _) = &stream.media else { return 0 };
    let rate = |number| {
        let micros = u128::from(stream.grid.length(number).as_micros().max(1));
        u64::try_from(u128::from(track.size(&stream.grid, number).bits()) * 1_000_000 / micros).unwrap_or(0)
    };
    (0..stream.grid.round()).map(rate).max().unwrap_or(0)
}

/// The stream with segments of at least these sizes.
fn raised(mut stream: Stream, sizes: SizesOf) -> Stream {
    if let Media::Packed(track, _) = stream.media {
        stream.media = Media::Packed(track, Some(sizes));
    }
    stream
}

fn spoken(mut stream: Stream, spoken: &str) -> Stream {
    if let Role::Audio { language, .. } = &mut stream.role {
        spoken.clone_into(language);
    }
    stream
}

fn open(path: &Path) -> Result<(Arc<SampleFile>, Movie), LoadError> {
    let failed = |source| LoadError::Read { path: path.to_owned(), source };
    let file = Arc::new(SampleFile::new(File::open(path).map_err(failed)?).map_err(failed)?);
    let movie = Movie::read(&*file).map_err(|source| LoadError::NoMovie { path: path.to_owned(), source })?;
    Ok((file, movie))
}

/// The first stream of this kind.
fn take(
    plan: &PresentationPlan,
    file: &Arc<SampleFile>,
    movie: &Movie,
    kind: mp4::TrackKind,
    round: MediaDuration,
    folder: String,
) -> Option<Stream> {
    let track = movie.tracks.iter().find(|track| track.kind == kind)?;
    let (track, lines) = Track::cut(Arc::clone(file), track, MediaTime::ZERO, plan.segment)?;
    let duration = if matches!(plan.source, Source::Card) { plan.duration } else { round };
    Some(stream(track, Grid::of(lines, round, end(plan, duration)), folder))
}

fn stream(track: Track, grid: Grid, folder: String) -> Stream {
    use media_container::track::CodecConfig;
    let codec = track.config().codec.codec_string();
    let role = match &track.config().codec {
        CodecConfig::Avc { resolution, .. } | CodecConfig::Hevc { resolution, .. } => {
            Role::Video { size: Some(*resolution), codec, frames_per_1000_s: track.frames_per_1000_s() }
        }
        CodecConfig::Aac { channels, .. } => {
            let language =
                track.config().language.map(|letters| letters.iter().map(|&letter| char::from(letter)).collect());
            Role::Audio { language: language.unwrap_or_else(|| "und".to_owned()), codec, channels: *channels }
        }
    };
    Stream { folder, role, grid, media: Media::Packed(Box::new(track), None) }
}

/// A clip as it is: its first video stream, and all its audio streams that are AAC.
fn copied(plan: &PresentationPlan, path: &Path, progress: &dyn Fn(&str)) -> Result<Vec<Stream>, LoadError> {
    let tracks = clip_tracks(path, progress)?;
    let begins = |track: &mp4::Track| track.config().and_then(|_| Some(track.time(track.samples.first_pts()?)));
    let origin = tracks.iter().filter_map(|(_, track)| begins(track)).min().unwrap_or(MediaTime::ZERO);
    let mut cut = Vec::new();
    for (file, track) in &tracks {
        let wanted = match track.kind {
            mp4::TrackKind::Video => !cut.iter().any(|(video, _, _)| *video),
            mp4::TrackKind::Audio => true,
            mp4::TrackKind::Subtitle | mp4::TrackKind::Other => false,
        };
        if wanted && let Some((made, lines)) = Track::cut(Arc::clone(file), track, origin, plan.segment) {
            cut.push((track.kind == mp4::TrackKind::Video, made, lines));
        }
    }
    // Pictures first, as their segments are those that subtitles follow.
    cut.sort_by_key(|(video, _, _)| !video);
    let Some((_, first, _)) = cut.first() else { return Err(LoadError::NothingToPlay { path: path.to_owned() }) };
    let round = first.end().since(MediaTime::ZERO);
    let mut sounds = 0;
    let streams = cut.into_iter().map(|(video, track, lines)| {
        sounds += u32::from(!video);
        let folder = if video { "video-0".to_owned() } else { format!("audio-{sounds}") };
        let duration = if video { round } else { track.end().since(MediaTime::ZERO) };
        stream(track, Grid::of(lines, round, end(plan, duration)), folder)
    });
    Ok(streams.collect())
}

/// The tracks of a clip, each with the file that its samples are in.
fn clip_tracks(path: &Path, progress: &dyn Fn(&str)) -> Result<Vec<(Arc<SampleFile>, mp4::Track)>, LoadError> {
    let failed = |source| LoadError::Read { path: path.to_owned(), source };
    let input = SampleFile::new(File::open(path).map_err(failed)?).map_err(failed)?;
    let beginning = read_vec(&input, 0, input.size().min(4)).map_err(failed)?;
    if !looks_like_matroska(&beginning) {
        let (file, movie) = open(path)?;
        return Ok(movie.tracks.into_iter().map(|track| (Arc::clone(&file), track)).collect());
    }
    let wrong = |source| LoadError::NoMatroska { path: path.to_owned(), source };
    let matroska = Matroska::read(&input).map_err(wrong)?;
    let encoder = Encoder::new(crate::cache::folder(), progress)?;
    let mut tracks = Vec::new();
    for track in matroska::tracks(&matroska) {
        let make = |output: &mut File| matroska::convert(&input, &matroska, track, output);
        let kept = encoder.keep(path, &format!("track {}", track.number), make).map_err(failed)?;
        if let Some(kept) = kept {
            let (file, movie) = open(&kept)?;
            tracks.extend(movie.tracks.into_iter().map(|track| (Arc::clone(&file), track)));
        }
    }
    Ok(tracks)
}

/// A clip in the rungs that were asked for, with its first audio stream.
fn encoded(plan: &PresentationPlan, path: &Path, progress: &dyn Fn(&str)) -> Result<Vec<Stream>, LoadError> {
    let failed = |source| LoadError::Read { path: path.to_owned(), source };
    let path = &path.canonicalize().map_err(failed)?;
    File::open(path).map_err(failed)?;
    let encoder = Encoder::new(crate::cache::folder(), progress)?;
    let mut streams = Vec::new();
    let mut round = None;
    for (rung, what) in plan.ladder.iter().enumerate() {
        let picture = Picture::of_clip(rung, what.size, video_rate(plan, what.rate), plan.segment);
        let (file, movie) = open(&encoder.clip_pictures(path, &picture)?)?;
        let folder = format!("video-{rung}");
        let Some(track) = movie.tracks.iter().find(|track| track.kind == mp4::TrackKind::Video) else { continue };
        let Some((track, lines)) = Track::cut(file, track, MediaTime::ZERO, plan.segment) else { continue };
        let round = *round.get_or_insert(track.end().since(MediaTime::ZERO));
        streams.push(stream(track, Grid::of(lines, round, end(plan, round)), folder));
    }
    let Some(round) = round else { return Err(LoadError::NothingToPlay { path: path.clone() }) };
    // A clip without sound is a clip.
    if let Ok(sound) = encoder.clip_sound(path) {
        let (file, movie) = open(&sound)?;
        streams.extend(take(plan, &file, &movie, mp4::TrackKind::Audio, round, "audio-1".to_owned()));
    }
    Ok(streams)
}
