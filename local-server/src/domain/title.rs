//! A title, the file it is played from, and whether it can be played.

use std::fmt;
use std::os::unix::ffi::OsStrExt as _;
use std::path::PathBuf;
use std::time::SystemTime;

use media_engine::SourceKey;
use media_model::MediaDuration;
use rand::Rng as _;
use sha2::{Digest as _, Sha256};

/// Opaque random name of a title, the same wherever the title appears and for as long as its file can be followed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TitleId(String);

impl TitleId {
    /// 22 letters and digits: 131 random bits, so that ids cannot be guessed.
    const LENGTH: usize = 22;

    /// A new name.
    pub fn random() -> Self {
        Self(rand::rng().sample_iter(rand::distr::Alphanumeric).take(Self::LENGTH).map(char::from).collect())
    }

    /// Takes what [`TitleId::random`] can make; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let plain = text.len() == Self::LENGTH && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
        plain.then(|| Self(text.to_owned()))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TitleId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What changes when a file's content changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stamp {
    /// Size in bytes.
    pub size: u64,
    /// Time of the last change, nanoseconds since 1970; negative before.
    pub modified_ns: i64,
    /// Inode number: with size and time it recognises a file that was renamed.
    pub inode: u64,
}

/// A file of the library.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MediaFile {
    /// Where it is. Need not be UTF-8.
    pub path: PathBuf,
    /// The version of its content.
    pub stamp: Stamp,
}

impl MediaFile {
    /// Names this version of the content of `title`'s file; used in URLs and as cache folder.
    pub fn source_key(&self, title: &TitleId) -> SourceKey {
        let mut hash = Sha256::new();
        hash.update(title.as_str().as_bytes());
        hash.update(self.stamp.size.to_le_bytes());
        hash.update(self.stamp.modified_ns.to_le_bytes());
        let digits: String = hash.finalize().iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        SourceKey::new(&digits).expect("twenty hexadecimal digits are a key")
    }

    /// The file's name for people; wrong bytes are replaced.
    pub fn display_name(&self) -> String {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        String::from_utf8_lossy(name.as_bytes()).into_owned()
    }
}

/// A title of the library.
#[derive(Clone, Debug, PartialEq)]
pub struct Title {
    /// Its opaque name.
    pub id: TitleId,
    /// What to call it.
    pub name: String,
    /// Year of release, if known.
    pub year: Option<u16>,
    /// When it was first seen.
    pub added: SystemTime,
    /// Whether it can be played.
    pub playability: Playability,
    /// Name of the version of its poster, if it has one.
    pub poster: Option<String>,
    /// The file it is played from.
    pub file: MediaFile,
}

/// Whether a title can be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Playability {
    /// Seen, not probed yet.
    Pending,
    /// Probed, can be played.
    Ready {
        /// Running time.
        duration: MediaDuration,
    },
    /// Probed, cannot be played.
    Unplayable(Unplayable),
}

/// Why a title cannot be played.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unplayable {
    /// Machine readable name.
    pub code: String,
    /// One sentence for a person.
    pub detail: String,
}

/// The key by which titles are put in order: without case and without a leading English article.
pub fn sort_key(name: &str) -> String {
    let folded = name.to_lowercase();
    let bare = ["the ", "a ", "an "].iter().find_map(|article| folded.strip_prefix(article)).map(str::trim_start);
    bare.filter(|rest| !rest.is_empty()).unwrap_or(&folded).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn random_names_read_back_and_differ() {
        let (one, two) = (TitleId::random(), TitleId::random());
        assert_ne!(one, two);
        assert_eq!(TitleId::parse(one.as_str()), Some(one));
        for text in ["", "short", "../../../../etc/passwd", "aaaaaaaaaaaaaaaaaaaaa/"] {
            assert_eq!(TitleId::parse(text), None, "{text}");
        }
    }

    #[test]
    fn articles_do_not_count_in_the_order_but_a_title_is_never_empty() {
        assert_eq!(sort_key("The Third Man"), "third man");
        assert_eq!(sort_key("A"), "a");
        assert_eq!(sort_key("The "), "the ");
        assert_eq!(sort_key("Theatre"), "theatre");
    }

    #[test]
    fn the_source_key_changes_with_the_content_and_not_with_the_name() {
        let id = TitleId::random();
        let file = |path: &str, size| MediaFile { path: path.into(), stamp: Stamp { size, modified_ns: 5, inode: 1 } };
        assert_eq!(file("/a", 1).source_key(&id), file("/b", 1).source_key(&id));
        assert_ne!(file("/a", 1).source_key(&id), file("/a", 2).source_key(&id));
    }
}
