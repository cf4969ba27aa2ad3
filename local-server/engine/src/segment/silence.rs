//! Silence as AAC.

use bytes::Bytes;

/// An AAC-LC access unit of 1024 silent samples; `None` for channel counts that are not copied.
///
/// A single_channel_element, or a channel_pair_element, with `max_sfb` 0 and nothing else: no spectrum at all
/// (ISO/IEC 14496-3 §4.4.2.1). Valid at every sample rate.
pub(super) fn packet(channels: u16) -> Option<Bytes> {
    match channels {
        1 => Some(Bytes::from_static(&[0x00, 0xc8, 0x00, 0x80, 0x23, 0x80])),
        2 => Some(Bytes::from_static(&[0x21, 0x00, 0x49, 0x90, 0x02, 0x19, 0x00, 0x23, 0x80])),
        _ => None,
    }
}
