//! Reading at positions: the one kind of input that container readers are handed.

use std::io;

/// Bytes of a known length that can be read at any position, such as an open file.
pub trait ReadAt {
    /// Length in bytes.
    fn size(&self) -> u64;

    /// Fills `buffer` from `offset` on.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::UnexpectedEof`] if the bytes end before the buffer is full.
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()>;
}

impl ReadAt for [u8] {
    fn size(&self) -> u64 {
        self.len() as u64
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        let start = usize::try_from(offset).unwrap_or(usize::MAX);
        let bytes = start.checked_add(buffer.len()).and_then(|end| self.get(start..end));
        buffer.copy_from_slice(bytes.ok_or(io::ErrorKind::UnexpectedEof)?);
        Ok(())
    }
}

impl ReadAt for Vec<u8> {
    fn size(&self) -> u64 {
        self.as_slice().size()
    }

    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        self.as_slice().read_exact_at(offset, buffer)
    }
}

/// Reads `length` bytes at `offset`. Nothing is allocated for bytes that are not there: a length in a file is a claim.
///
/// # Errors
/// As [`ReadAt::read_exact_at`].
pub fn read_vec(input: &(impl ReadAt + ?Sized), offset: u64, length: u64) -> io::Result<Vec<u8>> {
    let inside = offset.checked_add(length).is_some_and(|end| end <= input.size());
    let length = usize::try_from(length).ok().filter(|_| inside).ok_or(io::ErrorKind::UnexpectedEof)?;
    let mut bytes = vec![0; length];
    input.read_exact_at(offset, &mut bytes)?;
    Ok(bytes)
}

/// Reads up to `length` bytes at `offset`, fewer at the end.
///
/// # Errors
/// As [`ReadAt::read_exact_at`], but not for the end.
pub(crate) fn read_up_to(input: &(impl ReadAt + ?Sized), offset: u64, length: u64) -> io::Result<Vec<u8>> {
    read_vec(input, offset.min(input.size()), length.min(input.size().saturating_sub(offset)))
}
