//! The desktop app's executable: arguments in, [`shell::run`] out.
//!
//! Called as `matinee media-worker` it is a media worker of the embedded server and opens no window.

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    // Before any argument parsing: a worker is started for every head and must be quick.
    if std::env::args_os().nth(1).is_some_and(|first| first == "media-worker") {
        return local_server::worker_main();
    }
    shell::run(shell::Launch::parse())
}
