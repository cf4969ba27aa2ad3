//! The desktop app: a window on an embedded server.
//!
//! [`controller`] decides, [`port`] names what it needs from the world, `port::tauri` gives it that, and this file
//! connects them. The pages in the window are those that the server gives to every browser; what only an app can do
//! (a native folder dialog) they reach through [`commands`].

pub mod commands;
pub mod controller;
pub mod port;
pub mod server;
pub mod settings;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use tauri::{Manager, RunEvent};

use clap::builder::TypedValueParser;
use controller::{Controller, Quit};
use port::tauri::TauriPort;

/// What the app was started with.
#[derive(Clone, Debug, Default, clap::Parser)]
#[command(name = "matinee", version, about = "Plays the films of this machine in a window.")]
pub struct Launch {
    /// Folders to add to the library.
    #[arg(value_name = "DIR", value_parser = clap::builder::PathBufValueParser::new().try_map(existing_folder))]
    pub folders: Vec<PathBuf>,
    /// Where the app keeps its library and settings; the user's data folder if not given.
    #[arg(long, value_name = "DIR")]
    pub data: Option<PathBuf>,
}

/// Runs the app until its window is closed or the system ends it; the exit status follows the server's own
/// (0 clean, 3 the data folder is in use, 1 anything else).
pub fn run(launch: Launch) -> ExitCode {
    init_log();
    if !has_display() {
        tracing::error!("there is no display to open a window on (DISPLAY and WAYLAND_DISPLAY are not set)");
        return ExitCode::FAILURE;
    }
    let app = tauri::Builder::default();
    #[cfg(not(target_os = "linux"))]
    let app = app.plugin(tauri_plugin_dialog::init());
    let app = app
        .invoke_handler(tauri::generate_handler![commands::add_folder])
        .setup(move |app| {
            let data = match launch.data {
                Some(data) => std::path::absolute(data)?,
                None => app.path().app_data_dir()?,
            };
            let controller = Arc::new(Controller::new(TauriPort::new(app.handle().clone(), data)));
            app.manage(Arc::clone(&controller));
            tauri::async_runtime::spawn(end_on_signal(Arc::clone(&controller)));
            tauri::async_runtime::spawn(async move { controller.start(launch.folders).await });
            Ok(())
        })
        .build(tauri::generate_context!("../tauri.conf.json"));
    let app = match app {
        Ok(app) => app,
        Err(error) => {
            tracing::error!(%error, "the window system is not usable");
            return ExitCode::FAILURE;
        }
    };
    let status = app.run_return(|app, event| {
        // Without a code it is the person who closed the last window: the server is ended first, then the app.
        if let RunEvent::ExitRequested { code: None, api, .. } = event {
            api.prevent_exit();
            let controller = Arc::clone(&app.state::<Arc<Controller<TauriPort>>>());
            tauri::async_runtime::spawn(async move { controller.quit(Quit::WindowClosed).await });
        }
    });
    ExitCode::from(u8::try_from(status).unwrap_or(1))
}

/// GTK panics without a display, which is no way to tell a person.
fn has_display() -> bool {
    let names_one = |variable| std::env::var_os(variable).is_some_and(|value| !value.is_empty());
    !cfg!(target_os = "linux") || names_one("DISPLAY") || names_one("WAYLAND_DISPLAY")
}

/// Ends the app as the closed window does when the session ends or somebody presses Ctrl-C.
async fn end_on_signal(controller: Arc<Controller<TauriPort>>) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return };
        tokio::select! {
            _ = terminate.recv() => {}
            interrupted = tokio::signal::ctrl_c() => if interrupted.is_err() { return },
        }
    }
    #[cfg(not(unix))]
    if tokio::signal::ctrl_c().await.is_err() {
        return;
    }
    controller.quit(Quit::Signal).await;
}

fn existing_folder(given: PathBuf) -> Result<PathBuf, String> {
    let path = std::path::absolute(given).map_err(|error| error.to_string())?;
    match std::fs::metadata(&path) {
        Ok(found) if found.is_dir() => Ok(path),
        Ok(_) => Err("this is not a folder".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

fn init_log() {
    use tracing_subscriber::EnvFilter;
    let filter = EnvFilter::try_from_env("MATINEE_LOG").unwrap_or_else(|_| EnvFilter::new("info"));
    // A second subscriber can only be there in tests; the first one stays.
    let _ = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).try_init();
}
