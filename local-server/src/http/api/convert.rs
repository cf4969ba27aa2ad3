//! From domain types to the shapes of the API.

use std::path::Path;
use std::time::SystemTime;

use media_engine::facts::{AudioFacts, ChapterFacts, Container, MediaFacts, SubtitleFacts, VideoFacts};
use media_engine::manifest::Variant;
use media_engine::{Offer, StreamName};
use server_api as dto;

use crate::domain::{FolderTrouble, Playability, Title, Unplayable};
use crate::library::{FolderState, Phase, Progress};

pub(super) fn movie(title: &Title) -> dto::Movie {
    let (status, duration_s, problem) = match &title.playability {
        Playability::Pending => (dto::MovieStatus::Pending, None, None),
        Playability::Ready { duration } => (dto::MovieStatus::Ready, Some(duration.as_seconds()), None),
        Playability::Unplayable(why) => (dto::MovieStatus::Unplayable, None, Some(unplayable(why))),
    };
    dto::Movie {
        id: title.id.to_string(),
        title: title.name.clone(),
        year: title.year,
        duration_s,
        // The version is part of the address, so that a new poster is not taken for the old one.
        poster: title.poster.as_ref().map(|version| format!("/api/movies/{}/poster?v={version}", title.id)),
        poster_hash: None,
        status,
        problem,
        added_at: time(title.added),
    }
}

fn unplayable(why: &Unplayable) -> dto::Problem {
    reason(&why.code, why.detail.clone())
}

/// A problem inside another document.
fn reason(code: &str, detail: String) -> dto::Problem {
    dto::Problem { status: None, title: None, code: code.to_owned(), detail, request_id: None }
}

pub(super) fn scan(progress: &Progress) -> dto::Scan {
    dto::Scan {
        phase: match progress.phase {
            Phase::Idle => dto::ScanPhase::Idle,
            Phase::Walking => dto::ScanPhase::Walking,
            Phase::Probing => dto::ScanPhase::Probing,
        },
        files_seen: progress.seen,
        files_probed: progress.probed,
        files_to_probe: progress.to_probe,
        folders: progress.folders.iter().map(folder).collect(),
        finished_at: progress.finished.map(time),
        problem: progress.stopped.as_ref().map(|why| reason("scan_stopped", why.clone())),
    }
}

fn folder(state: &FolderState) -> dto::LibraryFolder {
    dto::LibraryFolder { path: path(&state.path), problem: state.trouble.as_ref().map(trouble) }
}

fn trouble(trouble: &FolderTrouble) -> dto::Problem {
    reason(trouble.code(), trouble.to_string())
}

/// A path for people: wrong bytes are replaced.
pub(super) fn path(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

/// ISO 8601 in UTC; a time that no calendar has is the start of 1970.
fn time(time: SystemTime) -> String {
    jiff::Timestamp::try_from(time).unwrap_or_default().to_string()
}

pub(super) fn container(container: &Container) -> String {
    match container {
        Container::Mp4 => "mp4".to_owned(),
        Container::Matroska => "matroska".to_owned(),
        Container::WebM => "webm".to_owned(),
        Container::Audio(name) | Container::Other(name) => name.clone(),
    }
}

pub(super) fn video(video: &VideoFacts) -> dto::VideoStream {
    dto::VideoStream {
        codec: video.codec.map_or_else(|| "unknown".to_owned(), |codec| format!("{codec:?}").to_lowercase()),
        codec_string: video.codec_string.as_ref().map(ToString::to_string),
        width: video.shown.width,
        height: video.shown.height,
        frame_rate: (video.frames_per_1000_s > 0).then(|| f64::from(video.frames_per_1000_s) / 1_000.0),
        bit_depth: video.bit_depth,
        bitrate_bps: Some(video.bitrate_bps).filter(|rate| *rate > 0),
    }
}

pub(super) fn audio(audio: &AudioFacts) -> dto::AudioStream {
    dto::AudioStream {
        codec: audio.codec.map_or_else(|| "unknown".to_owned(), |codec| format!("{codec:?}").to_lowercase()),
        codec_string: audio.codec_string.as_ref().map(ToString::to_string),
        channels: audio.channels,
        sample_rate: audio.sample_rate,
        language: audio.language.clone(),
        title: audio.title.clone(),
        default: audio.default,
    }
}

pub(super) fn subtitle(subtitle: &SubtitleFacts) -> dto::SubtitleStream {
    dto::SubtitleStream {
        codec: subtitle.codec.clone(),
        language: subtitle.language.clone(),
        title: subtitle.title.clone(),
        forced: subtitle.forced,
    }
}

pub(super) fn chapters(facts: &MediaFacts) -> Vec<dto::Chapter> {
    let chapter =
        |chapter: &ChapterFacts| dto::Chapter { start_s: chapter.start.as_seconds(), title: chapter.title.clone() };
    facts.chapters.iter().map(chapter).collect()
}

pub(super) fn renditions(offer: &Offer) -> Vec<dto::Rendition> {
    let rendition = |variant: &Variant| dto::Rendition {
        name: variant.stream.to_string(),
        width: variant.resolution.width,
        height: variant.resolution.height,
        bandwidth_bps: variant.peak.get(),
        copied: variant.stream == StreamName::Original,
    };
    offer.variants.iter().map(rendition).collect()
}
