//! Drives player-core with reqwest and GStreamer: HLS in a native window, or nowhere, for measuring.
//!
//! [`NativePlayer`] carries out what the core decides: `http.rs` loads, `store.rs` keeps what was appended as a browser
//! would, `sink.rs` plays from it; `memory.rs` keeps what links carried. It knows no server of ours, only HLS. The pictures' way is our own (units from
//! segments into `appsrc`), because GStreamer's HLS elements would choose for themselves.

mod clock;
mod driver;
mod http;
mod memory;
mod sink;
mod store;

pub use driver::{DriverError, NativeConfig, NativePlayer};
pub use memory::LinkMemory;
pub use sink::{Coding, Decoder, Decoding, SinkError, Surface};
