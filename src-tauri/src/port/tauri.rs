//! [`ShellPort`] with Tauri: windows, dialogs, the user's data folder.

use std::net::SocketAddr;
use std::path::PathBuf;

use tauri::ipc::CapabilityBuilder;
use tauri::{AppHandle, Manager, Url, WebviewUrl, WebviewWindowBuilder};

use super::{ServerFault, ShellPort, WindowFault, dialogs};
use crate::server::Embedded;
use crate::settings::Settings;

/// The label of the app's one window.
const WINDOW: &str = "main";

/// The world as Tauri shows it.
pub struct TauriPort {
    app: AppHandle,
    data: PathBuf,
}

impl TauriPort {
    /// Uses `data` for everything that the app keeps: `server/`, `webview/` and `settings.json`.
    pub fn new(app: AppHandle, data: PathBuf) -> Self {
        Self { app, data }
    }

    fn settings_file(&self) -> PathBuf {
        self.data.join("settings.json")
    }
}

impl ShellPort for TauriPort {
    type Server = Embedded;

    fn load_settings(&self) -> Settings {
        Settings::load(&self.settings_file())
    }

    fn save_settings(&self, settings: &Settings) {
        let file = self.settings_file();
        if let Err(error) = settings.save(&file) {
            tracing::warn!(file = %file.display(), %error, "settings were not kept");
        }
    }

    async fn start_server(&self, port: u16) -> Result<Embedded, ServerFault> {
        Embedded::start(&self.data.join("server"), port).await
    }

    fn open_window(&self, server: SocketAddr) -> Result<(), WindowFault> {
        let lost = |error: &dyn std::error::Error| WindowFault(error.to_string());
        let address: Url = format!("http://{server}/").parse().map_err(|error| lost(&error))?;
        // The pages come over HTTP, so to Tauri they are a stranger's: exactly this origin may call exactly this.
        self.app
            .add_capability(
                CapabilityBuilder::new("server-pages")
                    .remote(format!("http://{server}/*"))
                    .local(false)
                    .window(WINDOW)
                    .permission("allow-add-folder"),
            )
            .map_err(|error| lost(&error))?;
        let home = address.origin();
        WebviewWindowBuilder::new(&self.app, WINDOW, WebviewUrl::External(address))
            .title("Matinee")
            .inner_size(1280.0, 800.0)
            .min_inner_size(390.0, 480.0)
            // look.md's --bg, so that nothing white flashes before the first paint.
            .background_color(tauri::window::Color(0x0d, 0x0e, 0x11, 0xff))
            .data_directory(self.data.join("webview"))
            .on_navigation(move |target| target.origin() == home)
            .build()
            .map(|_window| ())
            .map_err(|error| lost(&error))
    }

    async fn choose_folder(&self) -> Option<PathBuf> {
        dialogs::choose_folder(&self.app, "Add a folder of films", self.app.get_webview_window(WINDOW)).await
    }

    async fn tell_fault(&self, message: &str) {
        tracing::error!("{message}");
        dialogs::tell_fault(&self.app, message).await;
    }

    fn exit(&self, status: u8) {
        self.app.exit(i32::from(status));
    }
}
