//! `mock-origin serve`: a shaped link before a server, from the command line.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, Subcommand};
use mock_origin::{Origin, OriginConfig, Profile};
use url::Url;

#[derive(Parser)]
#[command(version, about)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Passes every request on to another server, no faster than the link allows.
    ///
    /// Control: PUT /_control/rate ({"rate_kbps":1000} or {"steps":[[10,20000],[10,1000]]}, "latency_ms" beside it),
    /// POST /_control/reset, GET /_control/log.
    Serve {
        /// The server behind the link, such as http://127.0.0.1:8484.
        #[arg(long)]
        upstream: Url,
        /// Where to listen; port 0 takes any that is free.
        #[arg(long, default_value = "127.0.0.1:0")]
        listen: SocketAddr,
        /// Rate of the link in kbit/s, for all connections together.
        #[arg(long, default_value_t = 20_000, conflicts_with = "steps")]
        rate_kbps: u32,
        /// A step of SECONDS:KBPS; given several times, one follows the other and the last lasts.
        #[arg(long = "step", value_name = "SECONDS:KBPS", value_parser = step)]
        steps: Vec<(Duration, u64)>,
        /// Delay of each request.
        #[arg(long, default_value_t = 0)]
        latency_ms: u64,
    },
}

fn step(text: &str) -> Result<(Duration, u64), String> {
    let (seconds, kbps) = text.split_once(':').ok_or("a step is SECONDS:KBPS")?;
    let seconds: f64 = seconds.parse().map_err(|error| format!("{seconds}: {error}"))?;
    let length = Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())?;
    Ok((length, kbps.parse().map_err(|error| format!("{kbps}: {error}"))?))
}

#[tokio::main]
async fn main() -> ExitCode {
    let Command::Serve { upstream, listen, rate_kbps, steps, latency_ms } = Arguments::parse().command;
    let profile = if steps.is_empty() { Ok(Profile::steady(rate_kbps)) } else { Profile::steps(steps) };
    let profile = match profile {
        Ok(profile) => profile,
        Err(error) => return fail(&error),
    };
    let latency = Duration::from_millis(latency_ms);
    match Origin::start(OriginConfig { upstream, listen, profile, latency }).await {
        Ok(origin) => {
            #[expect(clippy::print_stdout, reason = "the address is what scripts read")]
            {
                println!("listening on http://{}", origin.address());
            }
            if tokio::signal::ctrl_c().await.is_err() {
                // Without the signal there is only the end of the process.
                std::future::pending::<()>().await;
            }
            ExitCode::SUCCESS
        }
        Err(error) => fail(&error),
    }
}

fn fail(error: &dyn std::error::Error) -> ExitCode {
    #[expect(clippy::print_stderr, reason = "the command line's way to say what is wrong")]
    {
        eprint!("mock-origin: {error}");
        if let Some(source) = error.source() {
            eprint!(": {source}");
        }
        eprintln!();
    }
    ExitCode::FAILURE
}
