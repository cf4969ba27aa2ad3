//! The player as a bundle of its own, core and driver and nothing else: what it weighs (`./x size`) is what a page pays.

// Only what is named is linked, and the bindings of a linked crate are all exported.
use player_web as _;

/// Loading the wasm does nothing; a page makes a `MatineePlayer`.
fn main() {}
