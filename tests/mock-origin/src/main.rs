//! `mock-origin`: the command line.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use mock_origin::presets::{self, PRESETS};
use mock_origin::{INDEX, Origin, OriginConfig, Profile, Scenario, Seed, StartError};
use url::Url;

/// A tester's origin: made or real content behind a shaped, faulty link.
///
/// Exit status: 0 ended by a signal, 2 usage or a mistake in a scenario (all of them are listed), 4 the address is taken,
/// 1 anything else.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Serves a scenario and prints the addresses to play.
    ///
    /// Control: POST /_control/reset, PUT /_control/scenario (TOML), PUT /_control/rate ({"rate_kbps": 1000}),
    /// GET /_control/log (NDJSON), GET /_control/log.har.
    Serve(Box<Serve>),
    /// Lists the built-in scenarios as a Markdown table; with a name, prints that one's file to begin with.
    Presets {
        /// The one to print.
        name: Option<String>,
    },
    /// Names every mistake of a scenario file.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Prints the JSON schema of scenario files, for editors.
    Schema,
}

#[derive(clap::Args)]
struct Serve {
    /// A scenario file.
    #[arg(long, conflicts_with = "preset")]
    scenario: Option<PathBuf>,
    /// A built-in scenario; `mock-origin presets` lists them.
    #[arg(long)]
    preset: Option<String>,
    /// A file to play instead of the scenario's first presentation.
    #[arg(long)]
    clip: Option<PathBuf>,
    /// A real server behind the network and the faults, such as http://127.0.0.1:8484; a path in it is what is played.
    #[arg(long, value_parser = upstream)]
    upstream: Option<Url>,
    /// A certificate (PEM) to trust the upstream by, such as one of its own making.
    #[arg(long, value_name = "FILE", requires = "upstream")]
    upstream_ca: Option<PathBuf>,
    /// Where to listen; port 0 takes any that is free.
    #[arg(long, default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// What all chance follows from, instead of the scenario's own seed.
    #[arg(long)]
    seed: Option<u64>,
    /// HTTPS with HTTP/2, with a certificate that is made once and kept; where is printed.
    #[arg(long)]
    tls: bool,
    /// Rate of the link in kbit/s, instead of the scenario's.
    #[arg(long, conflicts_with = "steps")]
    rate_kbps: Option<u32>,
    /// A step of SECONDS:KBPS instead of the scenario's rate; given several times, one follows the other and the last lasts.
    #[arg(long = "step", value_name = "SECONDS:KBPS", value_parser = step)]
    steps: Vec<(Duration, u64)>,
    /// Latency of each request, instead of the scenario's.
    #[arg(long)]
    latency_ms: Option<u64>,
}

fn upstream(text: &str) -> Result<Url, String> {
    let is_http = |url: &Url| ["http", "https"].contains(&url.scheme());
    Url::parse(text).ok().filter(is_http).ok_or_else(|| "it is an address such as http://127.0.0.1:8484".to_owned())
}

fn step(text: &str) -> Result<(Duration, u64), String> {
    let (seconds, kbps) = text.split_once(':').ok_or("a step is SECONDS:KBPS")?;
    let seconds: f64 = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
    let length = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    Ok((length, kbps.parse().map_err(|error| format!("{kbps}: {error}"))?))
}

/// Why it ends with an error.
struct Failure {
    status: u8,
    reason: String,
}

impl Failure {
    fn usage(reason: impl std::fmt::Display) -> Self {
        Self { status: 2, reason: reason.to_string() }
    }
}

impl From<StartError> for Failure {
    fn from(error: StartError) -> Self {
        if matches!(error, StartError::Hidden { .. }) {
            return Self::usage(error);
        }
        let taken =
            matches!(&error, StartError::Listen { source, .. } if source.kind() == std::io::ErrorKind::AddrInUse);
        Self { status: if taken { 4 } else { 1 }, reason: causes(&error) }
    }
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    text
}

#[tokio::main]
async fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Serve(arguments) => serve(*arguments).await,
        Command::Presets { name } => presets(name.as_deref()),
        Command::Check { file } => check(&file),
        Command::Schema => print(&format!("{:#}", Scenario::schema())),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(Failure { status, reason }) => {
            #[expect(clippy::print_stderr, reason = "the command line's way to say what is wrong")]
            {
                eprintln!("mock-origin: {reason}");
            }
            ExitCode::from(status)
        }
    }
}

/// Standard output may be closed by a reader who has seen enough.
fn print(text: &str) -> Result<(), Failure> {
    use std::io::Write as _;
    let written = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
            Err(Failure { status: 1, reason: error.to_string() })
        }
        _ => Ok(()),
    }
}

fn presets(name: Option<&str>) -> Result<(), Failure> {
    let Some(name) = name else { return print(&presets::list()) };
    match PRESETS.iter().find(|preset| preset.name == name) {
        Some(preset) => print(preset.text),
        None => Err(no_preset(name)),
    }
}

fn no_preset(name: &str) -> Failure {
    let names: Vec<&str> = PRESETS.iter().map(|preset| preset.name).collect();
    Failure::usage(format!("there is no preset `{name}`; there are {}", names.join(", ")))
}

fn check(file: &std::path::Path) -> Result<(), Failure> {
    let scenario = Scenario::read_file(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?;
    let many = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let presentations = match scenario.presentations.len() {
        0 => "no presentation of its own, so the default one is served unless there is an upstream".to_owned(),
        count => many(count, "presentation"),
    };
    let faults = many(scenario.faults.len(), "fault");
    print(&format!("{}: no mistakes; {presentations}; {faults}", file.display()))
}

fn scenario(arguments: &Serve) -> Result<Scenario, Failure> {
    let mut scenario = match (&arguments.scenario, &arguments.preset) {
        (Some(file), _) => {
            Scenario::read_file(file).map_err(|error| Failure::usage(format!("{}: {error}", file.display())))?
        }
        (None, Some(name)) => presets::preset(name).ok_or_else(|| no_preset(name))?,
        (None, None) => Scenario::read("", std::path::Path::new(".")).map_err(Failure::usage)?,
    };
    if let Some(clip) = &arguments.clip {
        scenario = scenario.with_clip(clip);
    }
    if let Some(seed) = arguments.seed {
        scenario.seed = Seed::new(seed);
    }
    if let Some(kbps) = arguments.rate_kbps {
        scenario.network.profile = Profile::steady(kbps);
    }
    if !arguments.steps.is_empty() {
        scenario.network.profile = Profile::steps(arguments.steps.iter().copied()).map_err(Failure::usage)?;
    }
    if let Some(millis) = arguments.latency_ms {
        scenario.network.latency = Duration::from_millis(millis);
    }
    // Before an upstream there is what the upstream has, unless a scenario names something of its own.
    Ok(scenario)
}

/// Whether somebody listens there, so that a mistyped address is not found out by a player.
async fn reach(upstream: &Url) -> Result<(), Failure> {
    let (Some(host), Some(port)) = (upstream.host_str(), upstream.port_or_known_default()) else {
        return Err(Failure::usage(format!("the upstream {upstream} has no host")));
    };
    let connecting = tokio::net::TcpStream::connect((host.trim_matches(['[', ']']), port));
    let reason = match tokio::time::timeout(Duration::from_secs(5), connecting).await {
        Ok(Ok(_)) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(_) => "no answer within 5 s".to_owned(),
    };
    Err(Failure { status: 1, reason: format!("the upstream {upstream} cannot be reached: {reason}") })
}

async fn serve(arguments: Serve) -> Result<(), Failure> {
    let scenario = scenario(&arguments)?;
    if let Some(upstream) = &arguments.upstream {
        reach(upstream).await?;
    }
    let path = arguments.upstream.as_ref().map(|url| url[url::Position::BeforePath..].to_owned());
    let upstream_trusted = match &arguments.upstream_ca {
        Some(file) => std::fs::read(file)
            .map_err(|error| Failure { status: 1, reason: format!("{} cannot be read: {error}", file.display()) })?,
        None => Vec::new(),
    };
    let Serve { upstream, listen, tls, .. } = arguments;
    let origin = Origin::start(OriginConfig { scenario, upstream, upstream_trusted, listen, tls }).await?;
    let mut lines = format!("listening on {}", origin.url());
    let theirs = path.filter(|path| path != "/").map(|path| format!("{}{path}", origin.url()));
    for url in origin.play_urls().into_iter().chain(theirs) {
        lines += &format!("\nplay {url}");
    }
    print(&lines)?;
    #[expect(clippy::print_stderr, reason = "standard output has its own lines, which programs read")]
    {
        if let Some(file) = origin.certificate_file() {
            eprintln!("mock-origin: its certificate, for those who are to trust it, is {}", file.display());
        }
        eprintln!("mock-origin: an index of it is at {}{INDEX}", origin.url());
    }
    end_of_service().await;
    Ok(())
}

/// Waits for the signal to end.
async fn end_of_service() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let (Ok(mut terminated), Ok(mut interrupted)) =
            (signal(SignalKind::terminate()), signal(SignalKind::interrupt()))
        {
            tokio::select! { _ = terminated.recv() => {}, _ = interrupted.recv() => {} }
            return;
        }
    }
    if tokio::signal::ctrl_c().await.is_err() {
        // Without the signal there is only the end of the process.
        std::future::pending::<()>().await;
    }
}
