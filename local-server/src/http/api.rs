//! The control plane: JSON, one file per resource, thin handlers.

pub(super) mod analytics;
mod convert;
pub(super) mod events;
pub(super) mod folders;
pub(super) mod health;
pub(super) mod movies;
pub(super) mod scan;
pub(super) mod sources;
pub(super) mod videos;
