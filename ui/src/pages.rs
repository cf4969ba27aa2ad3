//! One screen each: layout, and the wiring of components to state.

pub(crate) mod library;
pub(crate) mod title;
pub(crate) mod watch;
