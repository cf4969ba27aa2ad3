//! The life of the server process: start, tell the address, wait for a signal, end with the status of the contract.

use std::io::Write as _;
use std::path::Path;
use std::process::ExitCode;

use local_server::{Config, Overrides, Server, StartError};
use tokio::signal::unix::{SignalKind, signal};

use crate::logging;

/// Runs until a signal comes. A second signal ends the process at once.
pub(crate) fn serve(file: Option<&Path>, overrides: Overrides) -> ExitCode {
    let config = match Config::load(file, overrides) {
        Ok(config) => config,
        Err(error) => return fail(&error.into()),
    };
    logging::start(&config.log);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).thread_name("control").enable_all().build();
    let outcome = match runtime {
        Ok(runtime) => runtime.block_on(run(config)),
        Err(error) => Err(StartError::Internal(error)),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn run(config: Config) -> Result<(), StartError> {
    // Before anything is started, so that no signal falls in between.
    let mut term = signal(SignalKind::terminate()).map_err(StartError::Internal)?;
    let mut interrupt = signal(SignalKind::interrupt()).map_err(StartError::Internal)?;
    let server = Server::start(config).await?;
    let address = server.address();
    if server.open_to_lan() {
        tracing::warn!(%address, "everyone on this network can watch: there is no sign-in yet");
    }
    // A reader that is gone does not matter: the address is in the log as well.
    drop(writeln!(std::io::stdout(), "listening on http://{address}"));
    tokio::select! {
        _ = term.recv() => {}
        _ = interrupt.recv() => {}
    }
    tokio::select! {
        () = server.shutdown() => {}
        _ = term.recv() => tracing::warn!("ended at once by a second signal"),
        _ = interrupt.recv() => tracing::warn!("ended at once by a second signal"),
    }
    Ok(())
}

fn fail(error: &StartError) -> ExitCode {
    for line in error.to_string().lines() {
        drop(writeln!(std::io::stderr(), "matinee-server: {line}"));
    }
    ExitCode::from(error.exit_code())
}
