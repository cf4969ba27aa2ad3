//! Replays recordings in wasm. `tests/tests/wasm_replay.rs` runs it in node, and compares with what the core does natively.
//! `decide.rs` is what benches take the time of, in both places.

mod decide;

pub use decide::Decisions;
#[cfg(not(target_family = "wasm"))]
pub use decide::time_decisions;
use player_recording::Recording;
use wasm_bindgen::prelude::*;

/// The digest of all answers of a recorded play.
///
/// # Errors
/// When it is no recording, or the core answers in another way than when it was recorded.
#[wasm_bindgen]
pub fn replay(file: &[u8]) -> Result<String, JsError> {
    Ok(Recording::read(file)?.replay(|_, _, _| {})?.to_string())
}
