//! Delivery: files, playlists, segments and posters.

pub(super) mod direct;
pub(super) mod playlist;
pub(super) mod poster;
pub(super) mod segment;
mod send_file;
