//! `matinee-server`: arguments -> configuration -> server.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

mod logging;
mod serve;

/// The home server of Matinee.
#[derive(Parser)]
#[command(name = "matinee-server", version, about)]
enum Command {
    /// Serve folders with films.
    Serve {
        /// Folder for the server's own data; made if missing.
        #[arg(long, value_name = "DIR")]
        data: Option<PathBuf>,
        /// A folder with films; may be given several times.
        #[arg(long, value_name = "DIR")]
        library: Vec<PathBuf>,
        /// Address and port; port 0 takes any free one. Default 127.0.0.1:8484.
        #[arg(long, value_name = "ADDR")]
        listen: Option<String>,
        /// A configuration file; what is given here overrules it.
        #[arg(long, value_name = "FILE")]
        config: Option<PathBuf>,
    },
    /// Decode and encode for a server; started by it.
    #[command(hide = true)]
    MediaWorker,
}

fn main() -> ExitCode {
    match Command::parse() {
        Command::MediaWorker => media_engine::worker_main(),
        Command::Serve { data, library, listen, config } => {
            serve::serve(config.as_deref(), local_server::Overrides { data, library, listen })
        }
    }
}
