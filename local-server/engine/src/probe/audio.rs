//! Audio files (FLAC, MP3, Ogg, WAV, AIFF, ADTS): facts by symphonia.
//!
//! symphonia looks for its formats anywhere in a file, so it is only asked about files that begin like one of them.

use media_container::aac::AudioSpecificConfig;
use media_container::positioned::ReadAt;
use media_model::{AudioCodec, CodecString, MediaDuration, MediaTime};
use symphonia::core::codecs::audio::{AudioCodecId, AudioCodecParameters, well_known as codecs};
use symphonia::core::formats::probe::Hint;
use symphonia::core::formats::{FormatOptions, FormatReader, Track};
use symphonia::core::io::MediaSourceStream;
use symphonia::core::meta::MetadataOptions;

use super::mp4::{mean_rate, plain_name};
use super::{Flaw, ProbeError, Probed, plausible};
use crate::facts::{AudioFacts, Container, MediaFacts};
use crate::file::MediaFile;

/// Describes an audio file.
pub(super) fn probe(file: MediaFile, beginning: &[u8]) -> Result<Probed, ProbeError> {
    if !looks_like_audio(beginning) {
        return Ok(Probed::Unknown);
    }
    // symphonia 0.6.1 panics on some damaged WAV headers (arithmetic overflow). It owns all that it touches here.
    let described = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| describe(file)));
    // What symphonia cannot read, the discoverer may.
    Ok(described.ok().transpose()?.flatten().map_or(Probed::Unknown, |facts| Probed::Facts(Box::new(facts))))
}

fn describe(file: MediaFile) -> Result<Option<MediaFacts>, ProbeError> {
    let size = file.size();
    let stream = MediaSourceStream::new(Box::new(file.into_file()), Default::default());
    let options = (FormatOptions::default(), MetadataOptions::default());
    match symphonia::default::get_probe().probe(&Hint::new(), stream, options.0, options.1) {
        Ok(reader) => facts(reader.as_ref(), size),
        Err(_) => Ok(None),
    }
}

/// Whether a file begins like audio that symphonia reads: a tag, a magic number, or the sync word of MPEG audio.
fn looks_like_audio(beginning: &[u8]) -> bool {
    let riff = |form: &[u8], kind: &[u8]| beginning.starts_with(form) && beginning.get(8..12) == Some(kind);
    let magic = beginning.starts_with(b"fLaC") || beginning.starts_with(b"ID3") || beginning.starts_with(b"OggS");
    let sync = matches!(beginning, [0xff, second, third, ..] if second & 0xe0 == 0xe0 && *third != 0xff);
    magic || sync || riff(b"RIFF", b"WAVE") || riff(b"FORM", b"AIFF") || riff(b"FORM", b"AIFC")
}

fn facts(reader: &dyn FormatReader, size: u64) -> Result<Option<MediaFacts>, ProbeError> {
    let tracks: Vec<(&Track, &AudioCodecParameters)> =
        reader.tracks().iter().filter_map(|track| Some((track, track.codec_params.as_ref()?.audio()?))).collect();
    // A stream that is no audio, as in Ogg video, is a matter for the discoverer.
    if tracks.is_empty() || tracks.len() != reader.tracks().len() {
        return Ok(None);
    }
    let Some(duration) = tracks.iter().filter_map(|(track, params)| duration(track, params)).max() else {
        return Ok(None);
    };
    if plausible(duration)? == MediaDuration::ZERO {
        return Err(ProbeError::NotMedia(Flaw::NoStreams));
    }
    let rate = mean_rate(size, duration) / tracks.len() as u64;
    let audio = tracks.iter().enumerate().map(|(number, (track, params))| audio_facts(number, track, params, rate));
    Ok(Some(MediaFacts {
        container: Container::Audio(match reader.format_info().short_name {
            "wave" => "wav".to_owned(),
            name => name.to_owned(),
        }),
        origin: MediaTime::ZERO,
        duration,
        video: None,
        audio: audio.collect(),
        subtitles: Vec::new(),
        chapters: Vec::new(),
    }))
}

fn duration(track: &Track, params: &AudioCodecParameters) -> Option<MediaDuration> {
    let told = track.time_base.zip(track.duration).and_then(|(base, duration)| base.calc_duration(duration));
    let told = told.and_then(|time| MediaDuration::from_seconds(time.as_secs_f64()));
    told.or_else(|| {
        let frames = i64::try_from(track.num_frames?).ok()?;
        let rate = params.sample_rate.filter(|&rate| rate > 0)?;
        Some(MediaTime::from_ticks(frames, rate).since(MediaTime::ZERO))
    })
}

fn audio_facts(number: usize, track: &Track, params: &AudioCodecParameters, bitrate_bps: u64) -> AudioFacts {
    let codec = codec(params.codec);
    AudioFacts {
        track: track.id,
        codec,
        codec_string: match codec {
            Some(AudioCodec::Aac) => Some(aac_name(params)),
            other => other.and_then(plain_name),
        },
        channels: params.channels.as_ref().and_then(|channels| u16::try_from(channels.count()).ok()).unwrap_or(0),
        sample_rate: params.sample_rate.unwrap_or(0),
        bitrate_bps,
        peak_bps: 0,
        phase: 0,
        language: track.language.clone(),
        title: None,
        default: number == 0,
    }
}

fn aac_name(params: &AudioCodecParameters) -> CodecString {
    let config = params.extra_data.as_deref().and_then(AudioSpecificConfig::parse);
    CodecString::new(format!("mp4a.40.{}", config.map_or(2, |config| config.object_type)))
}

fn codec(id: AudioCodecId) -> Option<AudioCodec> {
    let known = [
        (codecs::CODEC_ID_FLAC, AudioCodec::Flac),
        (codecs::CODEC_ID_MP3, AudioCodec::Mp3),
        (codecs::CODEC_ID_MP2, AudioCodec::Mp2),
        (codecs::CODEC_ID_VORBIS, AudioCodec::Vorbis),
        (codecs::CODEC_ID_OPUS, AudioCodec::Opus),
        (codecs::CODEC_ID_AAC, AudioCodec::Aac),
        (codecs::CODEC_ID_ALAC, AudioCodec::Alac),
    ];
    // PCM has many names, all in one range of numbers, and is what WAV and AIFF hold.
    let pcm = [
        codecs::CODEC_ID_PCM_S16LE,
        codecs::CODEC_ID_PCM_S16BE,
        codecs::CODEC_ID_PCM_S24LE,
        codecs::CODEC_ID_PCM_S24BE,
        codecs::CODEC_ID_PCM_S32LE,
        codecs::CODEC_ID_PCM_S32BE,
        codecs::CODEC_ID_PCM_U8,
        codecs::CODEC_ID_PCM_S8,
        codecs::CODEC_ID_PCM_F32LE,
        codecs::CODEC_ID_PCM_F64LE,
        codecs::CODEC_ID_PCM_ALAW,
        codecs::CODEC_ID_PCM_MULAW,
    ];
    let found = known.into_iter().find(|(known, _)| *known == id).map(|(_, codec)| codec);
    found.or(pcm.contains(&id).then_some(AudioCodec::Pcm))
}
