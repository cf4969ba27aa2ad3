//! Rules about titles and files: no I/O, no serde, no HTTP.

pub mod folder;
pub mod title;

pub use folder::{Folder, FolderId, FolderTrouble};
pub use title::{MediaFile, Playability, Stamp, Title, TitleId, Unplayable};
