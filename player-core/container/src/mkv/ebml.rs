//! EBML (RFC 8794): elements, variable-size integers and plain values.

use std::io;

use crate::positioned::{ReadAt, read_up_to};

/// The header of an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Element {
    /// Its identifier.
    pub(super) id: u32,
    /// Where its contents begin.
    pub(super) data: u64,
    /// Bytes of its contents; `None` if it ends where something begins that cannot be in it.
    pub(super) size: Option<u64>,
}

/// Reads an identifier and a size; gives them and their length. `None` if they are not complete or reserved.
fn element_header(bytes: &[u8]) -> Option<(u32, Option<u64>, usize)> {
    let first = *bytes.first()?;
    let id_length = first.leading_zeros() as usize + 1;
    if id_length > 4 {
        return None;
    }
    let id = bytes.get(..id_length)?.iter().fold(0, |id, byte| id << 8 | u32::from(*byte));
    let (size, size_length) = vint(bytes.get(id_length..)?)?;
    Some((id, size, id_length + size_length))
}

/// Reads a variable-size integer without its length mark (RFC 8794 §4); `None` inside if all its bits are set, which
/// means an unknown size.
pub(super) fn vint(bytes: &[u8]) -> Option<(Option<u64>, usize)> {
    let first = *bytes.first()?;
    let length = first.leading_zeros() as usize + 1;
    let rest = bytes.get(1..length).filter(|_| length <= 8)?;
    let mask = if length == 8 { 0 } else { 0xff >> length };
    let value = rest.iter().fold(u64::from(first & mask), |value, byte| value << 8 | u64::from(*byte));
    let all = (1u64 << (7 * length)) - 1;
    Some(((value != all).then_some(value), length))
}

/// The elements of contents that are in memory; ends at the first that is not complete.
pub(super) fn children(bytes: &[u8]) -> impl Iterator<Item = (u32, &[u8])> {
    let mut rest = bytes;
    std::iter::from_fn(move || {
        let (id, size, length) = element_header(rest)?;
        let size = match size {
            Some(size) => usize::try_from(size).ok()?,
            None => rest.len() - length,
        };
        let body = rest.get(length..length.checked_add(size)?)?;
        rest = &rest[length + size..];
        Some((id, body))
    })
}

/// An unsigned integer of up to eight bytes.
pub(super) fn unsigned(body: &[u8]) -> Option<u64> {
    (body.len() <= 8).then(|| body.iter().fold(0, |value, byte| value << 8 | u64::from(*byte)))
}

/// A floating point number of four or eight bytes; finite.
pub(super) fn float(body: &[u8]) -> Option<f64> {
    let value = match body.len() {
        4 => f64::from(f32::from_be_bytes(body.try_into().ok()?)),
        8 => f64::from_be_bytes(body.try_into().ok()?),
        _ => return None,
    };
    value.is_finite().then_some(value)
}

/// Text; what follows a zero byte does not count (RFC 8794 §7.4).
pub(super) fn text(body: &[u8]) -> String {
    let end = body.iter().position(|&byte| byte == 0).unwrap_or(body.len());
    String::from_utf8_lossy(&body[..end]).into_owned()
}

/// Reads ahead through an input, so that many small elements cost few reads.
#[derive(Debug)]
pub(super) struct Window<'a, R: ?Sized> {
    input: &'a R,
    read_ahead: usize,
    start: u64,
    bytes: Vec<u8>,
}

impl<'a, R: ReadAt + ?Sized> Window<'a, R> {
    pub(super) fn new(input: &'a R, read_ahead: usize) -> Self {
        Self { input, read_ahead, start: 0, bytes: Vec::new() }
    }

    /// How much is read at once.
    pub(super) fn read_ahead(&self) -> usize {
        self.read_ahead
    }

    /// Up to `length` bytes at `offset`, fewer at the end of the input.
    pub(super) fn bytes(&mut self, offset: u64, length: usize) -> io::Result<&[u8]> {
        let inside = |window: &Self| {
            let skip = usize::try_from(offset.checked_sub(window.start)?).ok()?;
            let rest = window.bytes.get(skip..)?;
            let at_end = window.start + window.bytes.len() as u64 >= window.input.size();
            (rest.len() >= length || at_end).then_some((skip, rest.len().min(length)))
        };
        let (skip, length) = match inside(self) {
            Some(found) => found,
            None => {
                self.bytes = read_up_to(self.input, offset, length.max(self.read_ahead) as u64)?;
                self.start = offset.min(self.input.size());
                (0, self.bytes.len().min(length))
            }
        };
        Ok(&self.bytes[skip..skip + length])
    }

    /// The header of the element at `offset`; `None` if there is none.
    pub(super) fn element(&mut self, offset: u64) -> io::Result<Option<Element>> {
        let header = element_header(self.bytes(offset, 12)?);
        Ok(header.map(|(id, size, length)| Element { id, data: offset + length as u64, size }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_their_length_mark_taken_off() {
        assert_eq!(vint(&[0x81]), Some((Some(1), 1)));
        assert_eq!(vint(&[0x40, 0x02]), Some((Some(2), 2)));
        assert_eq!(vint(&[0x01, 0, 0, 0, 0, 0, 1, 0]), Some((Some(256), 8)));
        assert_eq!(vint(&[0xff]), Some((None, 1)));
        assert_eq!(vint(&[0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]), Some((None, 8)));
        assert_eq!(vint(&[0x00, 1, 2, 3, 4, 5, 6, 7, 8]), None);
        assert_eq!(vint(&[0x40]), None);
    }

    #[test]
    fn a_child_that_is_cut_off_is_left_out() {
        let bytes = [0xd7, 0x81, 7, 0x83, 0x84, 1];
        assert_eq!(children(&bytes).collect::<Vec<_>>(), [(0xd7, &[7u8][..])]);
    }
}
