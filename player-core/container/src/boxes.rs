//! Boxes of ISO/IEC 14496-12 §4.2, and the reading of big-endian fields.
//!
//! Knows no box by name. A size that leads outside of what contains it ends the walk; what was complete before is kept.

/// A box inside bytes that are in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct InBox<'a> {
    /// Its type.
    pub(crate) kind: [u8; 4],
    /// Its contents.
    pub(crate) body: &'a [u8],
    /// Where it starts in the bytes that were walked.
    pub(crate) start: usize,
}

/// The boxes of `bytes`, in order; ends at the first that is not complete.
pub(crate) fn boxes(bytes: &[u8]) -> impl Iterator<Item = InBox<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(at..)?;
        let header = header(rest)?;
        let size = match header.size {
            Some(size) => usize::try_from(size).ok()?,
            None => rest.len(),
        };
        let body = rest.get(header.length..size)?;
        let start = at;
        at += size;
        Some(InBox { kind: header.kind, body, start })
    })
}

/// The contents of the first box of type `kind` in `bytes`.
pub(crate) fn find<'a>(bytes: &'a [u8], kind: &[u8; 4]) -> Option<&'a [u8]> {
    boxes(bytes).find(|found| found.kind == *kind).map(|found| found.body)
}

/// The contents of the box at the end of a path of nested types.
pub(crate) fn find_path<'a>(bytes: &'a [u8], path: &[&[u8; 4]]) -> Option<&'a [u8]> {
    path.iter().try_fold(bytes, |inside, kind| find(inside, kind))
}

/// What the header of a box says.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Header {
    /// Its type.
    pub(crate) kind: [u8; 4],
    /// Bytes of the header.
    pub(crate) length: usize,
    /// Bytes of header and contents, never below `length`; `None` if it reaches to the end of what contains it.
    pub(crate) size: Option<u64>,
}

/// Reads the header at the start of `bytes`; `None` if it is not complete or says nonsense.
pub(crate) fn header(bytes: &[u8]) -> Option<Header> {
    let mut fields = Fields::new(bytes);
    let short = fields.u32()?;
    let kind = fields.array::<4>()?;
    let (size, length) = match short {
        0 => (None, 8),
        1 => (Some(fields.u64()?), 16),
        size => (Some(u64::from(size)), 8),
    };
    size.is_none_or(|size| size >= length as u64).then_some(Header { kind, length, size })
}

/// Reads big-endian fields one after the other; `None` where the bytes end.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self(bytes)
    }

    /// Starts behind the version and flags of a full box; gives both.
    pub(crate) fn full(bytes: &'a [u8]) -> Option<(u8, u32, Self)> {
        let mut fields = Self(bytes);
        let word = fields.u32()?;
        Some((bytes[0], word & 0x00ff_ffff, fields))
    }

    /// What was not read yet.
    pub(crate) fn rest(self) -> &'a [u8] {
        self.0
    }

    pub(crate) fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length)?;
        self.0 = rest;
        Some(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*taken)
    }

    pub(crate) fn u8(&mut self) -> Option<u8> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(crate) fn u16(&mut self) -> Option<u16> {
        self.array().map(u16::from_be_bytes)
    }

    pub(crate) fn u32(&mut self) -> Option<u32> {
        self.array().map(u32::from_be_bytes)
    }

    pub(crate) fn i32(&mut self) -> Option<i32> {
        self.array().map(i32::from_be_bytes)
    }

    pub(crate) fn u64(&mut self) -> Option<u64> {
        self.array().map(u64::from_be_bytes)
    }

    /// A field of 32 bits in version 0 of a box and of 64 bits in version 1.
    pub(crate) fn sized(&mut self, version: u8) -> Option<u64> {
        if version == 0 { self.u32().map(u64::from) } else { self.u64() }
    }
}
