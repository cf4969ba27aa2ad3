//! What the pages show, as plain structs and methods: no signals, no DOM, tested on the host.

pub(crate) mod focus;
pub(crate) mod keys;
pub(crate) mod library;
pub(crate) mod playback;
