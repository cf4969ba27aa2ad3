//! `matinee-play URL`: plays an HLS address natively, and tells how it went.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime};

use anyhow::{Context as _, Result, bail};
use clap::Parser;
use media_model::BitsPerSecond;
use player_core::abr::Rule;
use player_core::message::{Command, Event, VariantId, VariantInfo};
use player_core::{PlayerConfig, Speed};
use player_native::{Decoder, Decoding, LinkMemory, NativeConfig, NativePlayer, Surface};
use serde_json::json;
use tokio::time::Instant;
use url::Url;

/// Plays an HLS address natively through player-core.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// A multivariant or media playlist.
    url: Url,
    /// No window and no sound, but the pace of a clock.
    #[arg(long)]
    headless: bool,
    /// How the rendition is chosen.
    #[arg(long, value_name = "NAME", default_value_t = Rule::Matinee)]
    abr: Rule,
    /// Ends after this many seconds.
    #[arg(long, value_name = "N")]
    max_seconds: Option<u64>,
    /// Prints the statistics, one line of JSON a second, and a summary.
    #[arg(long)]
    json: bool,
    /// Trusts the certificates in this file (PEM), besides those of the system.
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// Decodes in software, even where there is hardware for it.
    #[arg(long)]
    software: bool,
    /// Knows nothing of the link, as at the very first start; what it carries is not kept either.
    #[arg(long)]
    fresh: bool,
    /// Writes the play down for `matinee-lab replay`. The file holds playlists and addresses, with their tokens.
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// Begins here, in seconds.
    #[arg(long, value_name = "SECONDS")]
    start: Option<f64>,
    /// Plays slower or faster, 0.25 to 4; 1 is normal.
    #[arg(long, value_name = "FACTOR", default_value = "1", value_parser = speed)]
    speed: Speed,
    /// Plays only the rendition with this many lines, or the nearest one; of several, the one of the highest bit rate. A wide
    /// picture counts as one of 16:9.
    #[arg(long, value_name = "LINES")]
    lock: Option<u32>,
    /// The automatic choice takes no rendition below this rate where there is another.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    least_kbps: Option<u64>,
    /// The automatic choice takes no rendition above this rate where there is another.
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=1_000_000_000))]
    most_kbps: Option<u64>,
    /// Saves data: a picture of no more than 480 lines, little ahead, nothing loaded twice.
    #[arg(long)]
    data_saver: bool,
    /// Languages of the sound, the preferred one first (BCP 47).
    #[arg(long, value_name = "TAG,..", value_delimiter = ',')]
    audio: Vec<String>,
}

impl Arguments {
    /// What the viewer wants from the beginning on.
    fn wishes(&self) -> [Command; 3] {
        let rate = |kbps: Option<u64>| kbps.map(BitsPerSecond::from_kbps);
        [
            Command::SetSpeed(self.speed),
            Command::LimitBandwidth { least: rate(self.least_kbps), most: rate(self.most_kbps) },
            Command::SaveData(self.data_saver),
        ]
    }

    /// The one of all that is to be played, if one is.
    fn locked(&self, variants: &[VariantInfo]) -> Option<VariantId> {
        let lines = self.lock?;
        let of = |variant: &VariantInfo| variant.resolution.map(|size| size.lines().abs_diff(lines));
        let nearest = variants.iter().filter_map(of).min()?;
        let all = variants.iter().filter(|variant| of(variant) == Some(nearest));
        all.max_by_key(|variant| variant.bandwidth).map(|variant| variant.id)
    }
}

/// As media elements have it.
fn speed(text: &str) -> Result<Speed, String> {
    let factor = text.parse::<f64>().ok().filter(|factor| (0.25..=4.0).contains(factor));
    let thousandths = factor.and_then(|factor| u16::try_from(Duration::from_secs_f64(factor).as_millis()).ok());
    thousandths.map(Speed::thousandths).ok_or_else(|| "it is a number from 0.25 to 4, such as 1.5".to_owned())
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    tracing_subscriber::fmt()
        .with_writer(io::stderr)
        .with_env_filter(tracing_subscriber::EnvFilter::try_from_default_env().unwrap_or_else(|_| "warn".into()))
        .init();
    // One thread: what is heavy runs in GStreamer's own, and waking others would cost more than they help.
    let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&error.into()),
    };
    match runtime.block_on(play(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever read the statistics has seen enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn play(arguments: &Arguments) -> Result<()> {
    let trusted = match &arguments.ca {
        Some(file) => std::fs::read(file).with_context(|| format!("cannot read {}", file.display()))?,
        None => Vec::new(),
    };
    let memory = if arguments.fresh { None } else { LinkMemory::of_user() };
    let known_throughput = memory.as_ref().and_then(|memory| memory.known(&arguments.url, SystemTime::now()));
    let mut player = NativePlayer::new(NativeConfig {
        player: PlayerConfig {
            rule: arguments.abr,
            known_throughput,
            audio_languages: arguments.audio.clone(),
            ..PlayerConfig::default()
        },
        surface: if arguments.headless { Surface::Nowhere } else { Surface::Window },
        decoding: if arguments.software { Decoding::Software } else { Decoding::Automatic },
        trusted,
        records: arguments.record.is_some(),
    })?;
    let start = arguments.start.and_then(media_model::MediaTime::from_seconds);
    arguments.wishes().into_iter().for_each(|wish| player.command(wish));
    player.open(arguments.url.clone(), start);
    let deadline = arguments.max_seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
    let mut every_second = tokio::time::interval_at(Instant::now() + Duration::from_secs(1), Duration::from_secs(1));
    let mut variants = Vec::new();
    let mut setback = None;
    let outcome = loop {
        tokio::select! {
            event = player.next_event() => match event {
                Event::Ended => break Ok(()),
                Event::Failed(trouble) => break Err(trouble.to_string()),
                Event::Ready { variants: all, .. } => {
                    if let Some(locked) = arguments.locked(&all) {
                        player.command(Command::LockVariant(Some(locked)));
                    }
                    variants = all;
                }
                Event::Started { .. } => if let Some(decoder) = player.picture_decoder() { say(&format!("pictures are decoded by {decoder}")) },
                Event::Degraded(news) => {
                    tracing::warn!("{news}");
                    setback = Some(news);
                }
                Event::Stalled(cause) => tracing::warn!(?cause, "stalled"),
                Event::VariantChosen { .. }
                | Event::AudioChosen(_)
                | Event::TextChosen(_)
                | Event::Throughput(_)
                | Event::Sought { .. }
                | Event::Shown(_)
                | Event::Dropped(_)
                | Event::Wasted(_)
                | Event::NextBegan { .. }
                | Event::Resumed { .. }
                | Event::TriesAgain => tracing::info!(?event),
            },
            _ = every_second.tick() => if arguments.json { print(&line(&player))? },
            () = until(deadline) => break match player.stats().startup {
                Some(_) => Ok(()),
                None => Err(setback.map_or("nothing has been shown in that time".to_owned(), |why| why.to_string())),
            },
            signal = tokio::signal::ctrl_c() => {
                signal.context("cannot wait for a signal")?;
                break Ok(());
            }
        }
    };
    if let (Some(memory), Some(rate)) = (memory, player.stats().throughput)
        && let Err(error) = memory.remember(&arguments.url, rate, SystemTime::now())
    {
        tracing::warn!("what the link carries is not kept: {error}");
    }
    if let Some((file, recording)) = arguments.record.as_ref().zip(player.recording()) {
        std::fs::write(file, recording?).with_context(|| format!("cannot write {}", file.display()))?;
    }
    if arguments.json {
        print(&summary(&player, &variants))?;
    }
    outcome.or_else(|reason| bail!("{reason}"))
}

/// The statistics of the contract, as `window.matineeStats()` gives them.
fn line(player: &NativePlayer) -> serde_json::Value {
    let stats = player.stats();
    let rendition = stats.variant.as_ref().map(|shown| {
        json!({
            "id": shown.label,
            "width": shown.resolution.map(|size| size.width),
            "height": shown.resolution.map(|size| size.height),
            "bitrate_bps": shown.bitrate.get(),
        })
    });
    json!({
        "state": stats.state.name(),
        "position_s": stats.position.as_seconds(),
        "buffered_s": stats.buffered.as_seconds(),
        "rendition": rendition,
        "throughput_bps": stats.throughput.map(BitsPerSecond::get),
        "startup_ms": stats.startup.map(|startup| startup.as_secs_f64() * 1e3),
        "stalls": stats.stalls,
        "stalled_ms": stats.stalled.as_secs_f64() * 1e3,
        "switches": stats.switches,
        "dropped_frames": stats.dropped_frames,
        "decoder": player.picture_decoder().map(decoded_by),
        "sound_decoder": player.sound_decoder().map(decoded_by),
        "decision": null,
        "source": "hls",
    })
}

fn decoded_by(decoder: &Decoder) -> serde_json::Value {
    json!({ "name": decoder.name, "hardware": decoder.hardware })
}

fn summary(player: &NativePlayer, variants: &[VariantInfo]) -> serde_json::Value {
    let mut summary = line(player);
    let offered = variants.iter().map(|variant| json!({ "id": variant.label, "bitrate_bps": variant.bandwidth.get() }));
    summary["summary"] = json!({ "offered": offered.collect::<Vec<_>>(), "shown_frames": player.shown_frames() });
    summary
}

async fn until(deadline: Option<Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline).await,
        None => std::future::pending().await,
    }
}

fn print(value: &serde_json::Value) -> io::Result<()> {
    writeln!(io::stdout(), "{value}")
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error.downcast_ref::<io::Error>().is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

fn fail(error: &anyhow::Error) -> ExitCode {
    say(&format!("{error:#}"));
    ExitCode::FAILURE
}

#[expect(clippy::print_stderr, reason = "what a person should know is not among the statistics")]
fn say(what: &str) {
    eprintln!("matinee-play: {what}");
}
