//! Pure: presentation -> playlists.

/// What one client gets of one source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {}
