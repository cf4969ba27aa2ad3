//! Types of buffers, such as `video/mp4; codecs="avc1.640028"`.

use std::collections::BTreeSet;

/// Whether a buffer needs a word (`changeType`) before it takes `mime` instead of `before`: other parameters of the same
/// codec are no other codec.
pub(crate) fn is_other_codec(before: &str, mime: &str) -> bool {
    let family = |mime: &str| -> BTreeSet<String> {
        let codecs = mime.split('"').nth(1).unwrap_or_default();
        codecs.split(',').map(|codec| codec.split('.').next().unwrap_or_default().to_owned()).collect()
    };
    mime.contains('"') && family(before) != family(mime)
}
