//! An open media file as container readers want it.

use std::fs::File;
use std::io;
use std::path::Path;

use media_container::positioned::ReadAt;

/// A file that is open for reading, with the length that it had when it was opened.
#[derive(Debug)]
pub(crate) struct MediaFile {
    file: File,
    size: u64,
}

impl MediaFile {
    /// Opens a file.
    ///
    /// # Errors
    /// What the system says; [`io::ErrorKind::InvalidInput`] if it is no regular file.
    pub(crate) fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::new(io::ErrorKind::InvalidInput, "not a regular file"));
        }
        Ok(Self { file, size: metadata.len() })
    }

    /// The file itself, for readers that keep a position of their own.
    pub(crate) fn into_file(self) -> File {
        self.file
    }
}

impl ReadAt for MediaFile {
    fn size(&self) -> u64 {
        self.size
    }

    #[cfg(unix)]
    fn read_exact_at(&self, offset: u64, buffer: &mut [u8]) -> io::Result<()> {
        std::os::unix::fs::FileExt::read_exact_at(&self.file, buffer, offset)
    }

    #[cfg(windows)]
    fn read_exact_at(&self, mut offset: u64, mut buffer: &mut [u8]) -> io::Result<()> {
        while !buffer.is_empty() {
            let read = std::os::windows::fs::FileExt::seek_read(&self.file, buffer, offset)?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            offset += read as u64;
            buffer = &mut buffer[read..];
        }
        Ok(())
    }
}
