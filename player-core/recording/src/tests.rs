use std::time::Duration;

use media_model::{BitsPerSecond, ByteCount, MediaDuration, MediaTime, Ranges, Resolution, TimeRange};
use player_core::message::{
    AppendFailure, AudioId, Ease, LoadFailure, Problem, ServerTiming, TextId, Track, VariantId,
};
use player_core::{Command, Player, RequestId, Sequence};

use super::*;

/// One of everything that the core can be told.
fn everything() -> Vec<Input> {
    let url: url::Url = "http://box.local/main.m3u8?a=b".parse().unwrap();
    let (id, at) = (RequestId(7), MediaTime::from_micros(-5));
    let range = TimeRange::of(MediaTime::ZERO, MediaDuration::from_secs(2));
    let commands = [
        Command::Open { url: url.clone(), start: Some(at) },
        Command::Seek(at),
        Command::SetPlaying(false),
        Command::LockVariant(Some(VariantId(3))),
        Command::SelectAudio(AudioId(1)),
        Command::SelectText(Some(TextId(1))),
        Command::LimitResolution(Some(Resolution { width: 16, height: 9 })),
        Command::LimitBandwidth { least: None, most: Some(BitsPerSecond::from_kbps(2_000)) },
        Command::SaveData(true),
        Command::SetVisible(false),
        Command::SetStreaming(false),
        Command::FollowWith(Some(url.clone())),
        Command::Retry,
    ];
    let retry_after = Some(Duration::from_secs(1));
    let problem = Some(Problem { code: "busy".to_owned(), detail: "wait".to_owned() });
    let failures = [
        LoadFailure::Network,
        LoadFailure::TimedOut,
        LoadFailure::Status { code: 503, retry_after, problem },
        LoadFailure::Corrupt,
    ];
    let refusals = [AppendFailure::QuotaExceeded, AppendFailure::Rejected, AppendFailure::Unsupported];
    let mut inputs: Vec<_> = commands.into_iter().map(Input::Command).collect();
    inputs.extend(failures.map(|cause| Input::LoadFailed { id, cause }));
    inputs.extend(refusals.map(|cause| Input::AppendFailed { track: Track::Audio, cause }));
    inputs.extend([
        Input::FirstByte {
            id,
            served: ServerTiming { encode: Duration::from_nanos(1) },
            length: Some(ByteCount::new(700)),
        },
        Input::Progress { id, bytes: ByteCount::new(9) },
        Input::Playlist { id, url, text: "#EXTM3U\n".to_owned() },
        Input::Loaded { id, size: ByteCount::new(10) },
        Input::Starts { id, at: Some(at) },
        Input::Codecs { id, codecs: "avc1.640028".to_owned() },
        Input::Appended { track: Track::Video },
        Input::Evicted { track: Track::Video },
        Input::Playhead {
            at,
            video: Ranges::new(vec![range]),
            audio: Ranges::default(),
            moving: true,
            dropped_frames: Some(2),
        },
        Input::FirstFrame,
        Input::PlayedOut,
        Input::DecodeFailed,
        Input::Decodes { variant: VariantId(2), ease: Ease::Rough },
        Input::Tick,
    ]);
    inputs
}

fn recorded() -> (PlayerConfig, Vec<(Now, Input)>, Recorder) {
    let config = PlayerConfig {
        rule: "bola-e-u".parse().unwrap(),
        appends_in_part: true,
        shows_text: true,
        audio_languages: vec!["de-CH".to_owned()],
        ..PlayerConfig::default()
    };
    let (mut player, mut recorder) = (Player::new(config.clone()), Recorder::new(Driven::Player, &config));
    let at = |index: u64| Now::new(Duration::from_nanos(1_234_567 * index));
    let told: Vec<_> = (1..).map(at).zip(everything()).collect();
    for (now, input) in &told {
        let step = player.step(*now, input.clone());
        recorder.note(*now, input, &step);
    }
    (config, told, recorder)
}

#[test]
fn what_is_read_is_what_was_written() {
    let (config, told, recorder) = recorded();
    let recording = Recording::read(&recorder.finish().unwrap()).unwrap();
    assert_eq!(recording.config, config);
    let read: Vec<_> = recording.moments.iter().map(|moment| (moment.now, moment.input.clone())).collect();
    assert_eq!(read, told);
    let mut seen = 0;
    assert_eq!(recording.replay(|_, _, _| seen += 1), Ok(recorder.digest()));
    assert_eq!(seen, told.len());
}

#[test]
fn one_presentation_after_the_other_is_replayed_as_that() {
    let config = PlayerConfig::default();
    let (mut sequence, mut recorder) = (Sequence::new(config.clone()), Recorder::new(Driven::Sequence, &config));
    for (index, input) in everything().into_iter().enumerate() {
        let now = Now::new(Duration::from_millis(index as u64));
        let step = sequence.step(now, input.clone());
        recorder.note(now, &input, &step);
    }
    let recording = Recording::read(&recorder.finish().unwrap()).unwrap();
    assert_eq!(recording.driven, Driven::Sequence);
    assert_eq!(recording.replay(|_, _, core| assert!(matches!(core, Core::Sequence(_)))), Ok(recorder.digest()));
}

#[test]
fn what_is_too_much_is_left_out_at_the_end() {
    let config = PlayerConfig::default();
    let (mut player, mut recorder) = (Player::new(config.clone()), Recorder::new(Driven::Player, &config));
    let url: url::Url = "http://box.local/live.m3u8".parse().unwrap();
    let input = Input::Playlist { id: RequestId(7), url, text: "#".repeat(4 << 20) };
    for index in 0..10 {
        let now = Now::new(Duration::from_secs(index));
        let step = player.step(now, input.clone());
        recorder.note(now, &input, &step);
    }
    let recording = Recording::read(&recorder.finish().unwrap()).unwrap();
    assert_eq!(recording.moments.len(), 7, "of 4 MB each");
    assert_eq!(recording.replay(|_, _, _| {}), Ok(recorder.digest()));
}

#[test]
fn another_answer_is_noticed() {
    let (_, _, recorder) = recorded();
    let mut recording = Recording::read(&recorder.finish().unwrap()).unwrap();
    recording.moments[3].now = recording.moments[3].now + Duration::from_millis(1);
    let differs = recording.replay(|_, _, _| {}).unwrap_err();
    assert_eq!(differs.index, 3);
    assert!(differs.to_string().starts_with("step 3, at 0.00"), "{differs}");
}

#[test]
fn what_is_no_recording_is_refused() {
    let file = recorded().2.finish().unwrap();
    assert!(matches!(Recording::read(b"GIF89a"), Err(RecordingError::Other)));
    assert!(matches!(Recording::read(&file[..file.len() / 2]), Err(RecordingError::Damaged)));
    for at in 8..file.len() {
        let mut bent = file.clone();
        bent[at] ^= 0x55;
        // Whatever comes of it, it is an answer and no panic.
        let _ = Recording::read(&bent).map(|recording| recording.replay(|_, _, _| {}));
    }
}
