//! Dialogs of the system: a fault told, a folder chosen.
//!
//! On Linux they are GTK's own, on the one thread that may use GTK. Tauri's plugin starts a second such thread there, which
//! may still draw when the process ends. An exit under its dialog was once seen to be a crash instead of the status.

use std::path::PathBuf;

use tauri::{AppHandle, Manager as _, WebviewWindow};
use tokio::sync::oneshot;

/// Shows `message` until the person has read it. A dialog that cannot be shown counts as read.
pub(super) async fn tell_fault(app: &AppHandle, message: &str) {
    let (read, was_read) = oneshot::channel();
    system::show_fault(app, message.to_owned(), read);
    let _ = was_read.await;
}

/// The folder that the person chooses; `None` if they choose none, or if `app` ends first.
pub(super) async fn choose_folder(
    app: &AppHandle,
    title: &'static str,
    parent: Option<WebviewWindow>,
) -> Option<PathBuf> {
    let (chosen, was_chosen) = oneshot::channel();
    system::show_folders(app, title, parent, chosen);
    was_chosen.await.ok().flatten()
}

/// Where a person would look for films first.
fn start_folder(app: &AppHandle) -> Option<PathBuf> {
    let folders = [app.path().video_dir(), app.path().home_dir()];
    folders.into_iter().flatten().find(|folder| folder.is_dir())
}

#[cfg(target_os = "linux")]
mod system {
    use gtk::glib::MainContext;
    use gtk::prelude::*;

    use super::*;

    pub(super) fn show_fault(app: &AppHandle, message: String, read: oneshot::Sender<()>) {
        let show = async move || {
            let dialog = gtk::MessageDialog::builder()
                .title("Matinee")
                .text(message)
                .message_type(gtk::MessageType::Error)
                .buttons(gtk::ButtonsType::Ok)
                .build();
            dialog.run_future().await;
            dialog.close();
            // Nobody waits any more where the app is ending.
            let _ = read.send(());
        };
        on_main_thread(app, show);
    }

    pub(super) fn show_folders(
        app: &AppHandle,
        title: &'static str,
        parent: Option<WebviewWindow>,
        chosen: oneshot::Sender<Option<PathBuf>>,
    ) {
        let start = start_folder(app);
        let show = async move || {
            let parent = parent.and_then(|window| window.gtk_window().ok());
            let action = gtk::FileChooserAction::SelectFolder;
            let dialog = gtk::FileChooserNative::new(Some(title), parent.as_ref(), action, None, None);
            if let Some(start) = start {
                dialog.set_current_folder(start);
            }
            let response = dialog.run_future().await;
            let folder = (response == gtk::ResponseType::Accept).then(|| dialog.filename()).flatten();
            dialog.destroy();
            let _ = chosen.send(folder);
        };
        on_main_thread(app, show);
    }

    /// Runs `show` where GTK may be used. Not at all if the loop has ended, which the dropped sender tells.
    fn on_main_thread(app: &AppHandle, show: impl AsyncFnOnce() + Send + 'static) {
        let _ = app.run_on_main_thread(move || drop(MainContext::default().spawn_local(async move { show().await })));
    }
}

#[cfg(not(target_os = "linux"))]
mod system {
    use tauri_plugin_dialog::{DialogExt, FilePath, MessageDialogKind};

    use super::*;

    pub(super) fn show_fault(app: &AppHandle, message: String, read: oneshot::Sender<()>) {
        app.dialog().message(message).title("Matinee").kind(MessageDialogKind::Error).show(|_button| {
            let _ = read.send(());
        });
    }

    pub(super) fn show_folders(
        app: &AppHandle,
        title: &'static str,
        parent: Option<WebviewWindow>,
        chosen: oneshot::Sender<Option<PathBuf>>,
    ) {
        let mut dialog = app.dialog().file().set_title(title);
        if let Some(start) = start_folder(app) {
            dialog = dialog.set_directory(start);
        }
        if let Some(window) = &parent {
            dialog = dialog.set_parent(window);
        }
        dialog.pick_folder(|folder| {
            let _ = chosen.send(folder.and_then(|folder: FilePath| folder.into_path().ok()));
        });
    }
}
