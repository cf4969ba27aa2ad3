//! System tests with real parts: the server they start, the browser they drive, and the benches.
//!
//! The tests themselves are in `tests/`; this library is what they share. The films are in crate `test-films`.

pub mod bench;
pub mod browser;
pub mod server;
pub mod wasm;
