//! Clusters and their blocks (RFC 9559 §5.1.3, §10): one after the other, reading only what is wanted.

use std::io;

use bytes::{Bytes, BytesMut};

use super::ebml::{Element, Window, unsigned, vint};
use super::{Matroska, ids};
use crate::positioned::{ReadAt, read_vec};

/// No frame is longer; a block that claims to be ends the walk.
const BLOCK_LIMIT: u64 = 64 << 20;

/// How much of a block is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// Its header only.
    Header,
    /// Up to this many bytes of its data. Laced frames are not told apart.
    Beginning(usize),
    /// All of it.
    All,
}

/// A block: one frame, or several if it is laced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Block {
    /// Number of its track.
    pub track: u64,
    /// Timestamp, ticks; absolute. Of its first frame.
    pub time: i64,
    /// Whether decoding can begin here.
    pub keyframe: bool,
    /// Bytes of its data in the file.
    pub size: u64,
    /// Where its cluster begins.
    pub cluster: u64,
    /// Where the element that holds it begins.
    pub position: u64,
    /// Its frames; empty if only the header was wanted, the beginning of the first if only that.
    pub frames: Vec<Bytes>,
}

/// Walks through blocks from a cluster on, to the end of the segment. Ends early where the file is damaged.
#[derive(Debug)]
pub struct BlockWalk<'a, R: ?Sized> {
    file: &'a Matroska,
    input: &'a R,
    window: Window<'a, R>,
    at: u64,
    cluster: Option<Cluster>,
}

#[derive(Clone, Copy, Debug)]
struct Cluster {
    start: u64,
    /// Where it ends; `None` if that is where something else begins.
    end: Option<u64>,
    timestamp: u64,
}

impl<'a, R: ReadAt + ?Sized> BlockWalk<'a, R> {
    pub(super) fn new(file: &'a Matroska, input: &'a R, cluster: u64, read_ahead: usize) -> Self {
        Self { file, input, window: Window::new(input, read_ahead), at: cluster, cluster: None }
    }

    /// The next block; `wanted` says for a track how much of it to read.
    ///
    /// # Errors
    /// What the system says.
    pub fn next(&mut self, wanted: impl Fn(u64) -> Wanted) -> io::Result<Option<Block>> {
        while let Some(element) = self.next_in_cluster()? {
            let Some(size) = element.size.filter(|&size| size <= BLOCK_LIMIT) else { return Ok(None) };
            let end = element.data + size;
            if end > self.file.end {
                return Ok(None);
            }
            let position = std::mem::replace(&mut self.at, end);
            let block = match element.id {
                ids::TIMESTAMP => {
                    let timestamp = unsigned(self.window.bytes(element.data, size.min(9) as usize)?);
                    if let (Some(cluster), Some(timestamp)) = (&mut self.cluster, timestamp) {
                        cluster.timestamp = timestamp;
                    }
                    None
                }
                ids::SIMPLE_BLOCK => self.block(position, element.data, size, None, &wanted)?,
                ids::BLOCK_GROUP => self.group(position, element.data, size, &wanted)?,
                _ => None,
            };
            if block.is_some() {
                return Ok(block);
            }
        }
        Ok(None)
    }

    /// Goes on with the next cluster, if this one tells where it ends; gives whether it did.
    pub fn skip_cluster(&mut self) -> bool {
        let end = self.cluster.and_then(|cluster| cluster.end);
        if let Some(end) = end {
            self.at = end;
            self.cluster = None;
        }
        end.is_some()
    }

    /// The next element of the present cluster, or of the next one; `None` at the end.
    fn next_in_cluster(&mut self) -> io::Result<Option<Element>> {
        loop {
            if self.at >= self.file.end {
                return Ok(None);
            }
            let ended = self.cluster.is_none_or(|cluster| cluster.end.is_some_and(|end| self.at >= end));
            let Some(element) = self.window.element(self.at)? else { return Ok(None) };
            let opens = ids::is_level_one(element.id);
            if !ended && !opens {
                return Ok(Some(element));
            }
            if element.id == ids::CLUSTER {
                let end = element.size.map(|size| element.data.saturating_add(size));
                self.cluster = Some(Cluster { start: self.at, end, timestamp: 0 });
                self.at = element.data;
            } else {
                // Cues and tags between clusters, or padding behind the last.
                self.cluster = None;
                let Some(size) = element.size else { return Ok(None) };
                self.at = element.data.saturating_add(size);
            }
        }
    }

    fn group(
        &mut self,
        position: u64,
        data: u64,
        size: u64,
        wanted: &impl Fn(u64) -> Wanted,
    ) -> io::Result<Option<Block>> {
        let (mut block, mut keyframe) = (None, true);
        let mut at = data;
        while at < data + size {
            let Some(element) = self.window.element(at)? else { return Ok(None) };
            let Some(length) = element.size.filter(|&length| element.data.saturating_add(length) <= data + size) else {
                return Ok(None);
            };
            match element.id {
                ids::BLOCK => block = Some((element.data, length)),
                ids::REFERENCE_BLOCK => keyframe = false,
                _ => {}
            }
            at = element.data + length;
        }
        let Some((data, length)) = block else { return Ok(None) };
        self.block(position, data, length, Some(keyframe), wanted)
    }

    fn block(
        &mut self,
        position: u64,
        data: u64,
        size: u64,
        keyframe: Option<bool>,
        wanted: &impl Fn(u64) -> Wanted,
    ) -> io::Result<Option<Block>> {
        let Some(cluster) = self.cluster else { return Ok(None) };
        let head = self.window.bytes(data, size.min(12) as usize)?;
        let Some((Some(track), length)) = vint(head) else { return Ok(None) };
        let Some(&[high, low, flags]) = head.get(length..length + 3) else { return Ok(None) };
        let offset = i16::from_be_bytes([high, low]);
        let start = data + length as u64 + 3;
        let size = data + size - start;
        let stripped = self.file.tracks.iter().find(|known| known.number == track).map(|track| &track.stripped);
        let frames = match wanted(track) {
            Wanted::Header => Vec::new(),
            Wanted::Beginning(length) => {
                let bytes = self.window.bytes(start, usize::try_from(size).unwrap_or(usize::MAX).min(length))?;
                let bytes = Bytes::copy_from_slice(bytes);
                vec![stripped.map_or(bytes.clone(), |prefix| unstripped(prefix, bytes))]
            }
            Wanted::All => {
                let bytes = Bytes::from(read_block(&mut self.window, self.input, start, size)?);
                let frames = laced(&bytes, flags >> 1 & 3).unwrap_or_default();
                let prefix = stripped.cloned().unwrap_or_default();
                frames.into_iter().map(|frame| unstripped(&prefix, frame)).collect()
            }
        };
        Ok(Some(Block {
            track,
            time: i64::try_from(cluster.timestamp).unwrap_or(i64::MAX).saturating_add(i64::from(offset)),
            keyframe: keyframe.unwrap_or(flags & 0x80 != 0),
            size,
            cluster: cluster.start,
            position,
            frames,
        }))
    }
}

/// Reads the data of a block: out of the window if it is there, else past it.
fn read_block<R: ReadAt + ?Sized>(window: &mut Window<'_, R>, input: &R, start: u64, size: u64) -> io::Result<Vec<u8>> {
    match usize::try_from(size) {
        Ok(length) if length <= window.read_ahead() => Ok(window.bytes(start, length)?.to_vec()),
        _ => read_vec(input, start, size),
    }
}

fn unstripped(prefix: &Bytes, frame: Bytes) -> Bytes {
    if prefix.is_empty() {
        return frame;
    }
    let mut whole = BytesMut::with_capacity(prefix.len() + frame.len());
    whole.extend_from_slice(prefix);
    whole.extend_from_slice(&frame);
    whole.freeze()
}

/// The frames of a block's data (RFC 9559 §10.3); `None` if their sizes do not add up.
fn laced(data: &Bytes, lacing: u8) -> Option<Vec<Bytes>> {
    if lacing == 0 {
        return Some(vec![data.clone()]);
    }
    let (&last, mut rest) = data.split_first()?;
    let count = usize::from(last) + 1;
    let mut sizes = Vec::with_capacity(count);
    match lacing {
        1 => {
            for _ in 1..count {
                let mut size = 0;
                loop {
                    let (&byte, after) = rest.split_first()?;
                    rest = after;
                    size += usize::from(byte);
                    if byte != 255 {
                        break;
                    }
                }
                sizes.push(size);
            }
        }
        2 => sizes.resize(count - 1, rest.len() / count),
        _ => {
            let mut size = 0i64;
            for number in 1..count {
                let (value, length) = vint(rest)?;
                let value = i64::try_from(value?).ok()?;
                rest = rest.get(length..)?;
                // All but the first are differences, stored with half of their range added.
                size = if number == 1 { value } else { size + value - ((1i64 << (7 * length - 1)) - 1) };
                sizes.push(usize::try_from(size).ok()?);
            }
        }
    }
    let mut at = data.len() - rest.len();
    let mut frames = Vec::with_capacity(count);
    for size in sizes {
        let end = at.checked_add(size).filter(|&end| end <= data.len())?;
        frames.push(data.slice(at..end));
        at = end;
    }
    frames.push(data.slice(at..));
    Some(frames)
}
