//! What a client says that it can play.

use media_model::CodecString;

/// What a client can play.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Capabilities {
    /// Video codecs it takes in segments. An entry with profile and level (`avc1.640028`) means up to these, one
    /// without (`hvc1`) means all.
    pub video: Vec<CodecString>,
    /// Audio codecs it takes in segments.
    pub audio: Vec<CodecString>,
    /// Containers its media element plays alone, such as `mp4`; lower case.
    pub file: Vec<String>,
    /// Pictures taller than this are of no use to it.
    pub max_height: Option<u32>,
}

impl Capabilities {
    /// A client that says nothing: H.264 up to High 5.2 and AAC, in MP4.
    pub fn unspecified() -> Self {
        Self {
            video: vec![CodecString::new("avc1.640034")],
            audio: vec![CodecString::new("mp4a.40.2")],
            file: vec!["mp4".to_owned()],
            max_height: None,
        }
    }

    /// Reads the lists of a request, each with commas between its entries. If none of the three is given, the client is
    /// [`Self::unspecified`]; of a client that gives some of them, `video` and `audio` are taken from there if absent.
    pub fn from_lists(video: Option<&str>, audio: Option<&str>, file: Option<&str>, max_height: Option<u32>) -> Self {
        let unspecified = Self::unspecified();
        let codecs = |list: &str| entries(list).map(CodecString::new).collect();
        let nothing = video.is_none() && audio.is_none() && file.is_none();
        Self {
            video: video.map_or(unspecified.video, codecs),
            audio: audio.map_or(unspecified.audio, codecs),
            file: match file {
                Some(list) => entries(list).map(str::to_ascii_lowercase).collect(),
                None if nothing => unspecified.file,
                None => Vec::new(),
            },
            max_height,
        }
    }
}

/// Entries of a list; more than any client has are cut off.
fn entries(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|entry| !entry.is_empty()).take(64)
}
