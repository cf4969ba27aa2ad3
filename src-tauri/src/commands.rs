//! What a page in the app's window may ask of the app: parse, pass to the controller, return.
//!
//! Only the embedded server's own origin is allowed to (see [`crate::port::tauri`]).

use std::sync::Arc;

use tauri::State;

use crate::controller::Controller;
use crate::port::tauri::TauriPort;

/// Opens the native folder dialog and adds what was chosen to the library; gives its path, or nothing when the
/// person changed their mind.
///
/// # Errors
/// A sentence for the person.
#[tauri::command]
pub async fn add_folder(controller: State<'_, Arc<Controller<TauriPort>>>) -> Result<Option<String>, String> {
    let added = controller.add_folder().await?;
    Ok(added.map(|folder| folder.to_string_lossy().into_owned()))
}
