//! Two small changes to finished MP4 files that no muxer at hand makes.

use std::ops::Range;
use std::path::Path;

use anyhow::{Context as _, Result, ensure};

/// Sets the matrix of the first track (the picture) to a quarter clockwise, as phones do that are held upright
/// (ISO/IEC 14496-12 §8.3.2).
pub(super) fn turn_clockwise(path: &Path) -> Result<()> {
    let mut bytes = std::fs::read(path)?;
    let header = ["moov", "trak", "tkhd"]
        .into_iter()
        .try_fold(0..bytes.len(), |inside, kind| find(&bytes, inside, kind.as_bytes()))
        .context("no track header")?;
    ensure!(bytes[header.start] == 0, "a track header of another version than 0");
    let matrix = header.start + 40;
    let size = matrix + 36;
    ensure!(size + 8 <= header.end, "a track header that is too short");
    // The picture turns round the origin and is moved back into view by its own height.
    let height = bytes[size + 4..size + 8].to_vec();
    let entries = [0, 0x1_0000, 0, -0x1_0000, 0, 0, 0, 0, 0x4000_0000_i32];
    bytes[matrix..size].copy_from_slice(&entries.map(i32::to_be_bytes).concat());
    bytes[matrix + 24..matrix + 28].copy_from_slice(&height);
    Ok(std::fs::write(path, bytes)?)
}

/// The top-level boxes but for `moov`.
pub(super) fn without_index(mp4: &[u8]) -> Vec<u8> {
    boxes(mp4, 0..mp4.len())
        .filter(|(kind, _)| kind != b"moov")
        .flat_map(|(_, body)| &mp4[body.start - 8..body.end])
        .copied()
        .collect()
}

/// The body of the first box of this kind.
fn find(bytes: &[u8], inside: Range<usize>, wanted: &[u8]) -> Option<Range<usize>> {
    boxes(bytes, inside).find(|(kind, _)| kind == wanted).map(|(_, body)| body)
}

/// Kinds and bodies of the boxes in a stretch (ISO/IEC 14496-12 §4.2; these files have no 64-bit sizes).
fn boxes(bytes: &[u8], inside: Range<usize>) -> impl Iterator<Item = ([u8; 4], Range<usize>)> {
    let mut at = inside.start;
    std::iter::from_fn(move || {
        let head = bytes.get(at..inside.end)?.first_chunk::<8>()?;
        let size = usize::try_from(u32::from_be_bytes([head[0], head[1], head[2], head[3]])).ok()?;
        let end = at.checked_add(size).filter(|&end| size >= 8 && end <= inside.end)?;
        let body = at + 8..end;
        at = end;
        Some(([head[4], head[5], head[6], head[7]], body))
    })
}
