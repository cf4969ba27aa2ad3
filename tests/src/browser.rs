//! The browser that tests drive, and our watch page in it.

pub mod watch;

pub use test_browser::*;
