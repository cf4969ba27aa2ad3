//! Where decoding of a track can begin: out of the cues, or out of the clusters where cues are missing or sparse.

use std::io;

use super::{Matroska, Wanted};
use crate::positioned::ReadAt;

/// Cues further apart than this are too sparse to cut by.
const SPARSE_NS: i64 = 15_000_000_000;
/// Up to this size every block header of a file is looked at if nothing else helps.
const WALK_LIMIT: u64 = 1 << 30;
/// Clusters and blocks that are looked at, at most: a day of clusters of two seconds, some hours of blocks.
const STEP_LIMIT: usize = 2_000_000;

/// A place at which decoding of a track can begin.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct EntryPoint {
    /// Timestamp of the block, ticks.
    pub time: i64,
    /// Where the cluster that holds it begins.
    pub cluster: u64,
    /// Where the block is, within some bytes; `None` if the index does not say.
    pub position: Option<u64>,
}

impl Matroska {
    /// The entry points of a track, in order of time; each a keyframe. There may be more keyframes than these.
    ///
    /// # Errors
    /// What the system says.
    pub fn entry_points(&self, input: &(impl ReadAt + ?Sized), track: u64) -> io::Result<Vec<EntryPoint>> {
        let mut listed: Vec<EntryPoint> = self
            .cues
            .iter()
            .filter(|cue| cue.track == track)
            .filter_map(|cue| {
                Some(EntryPoint {
                    time: i64::try_from(cue.time).ok()?,
                    cluster: cue.cluster,
                    position: cue.relative.and_then(|relative| cue.cluster.checked_add(relative)),
                })
            })
            .collect();
        settle(&mut listed);
        if !self.is_sparse(&listed) {
            return Ok(listed);
        }
        let mut found = self.walk_clusters(input, track, true)?;
        if self.is_sparse(&found) && input.size() <= WALK_LIMIT {
            found = self.walk_clusters(input, track, false)?;
        }
        Ok(if found.len() > listed.len() { found } else { listed })
    }

    fn is_sparse(&self, points: &[EntryPoint]) -> bool {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return true };
        let apart =
            points.windows(2).any(|pair| self.nanoseconds(pair[1].time.saturating_sub(pair[0].time)) > SPARSE_NS);
        #[expect(clippy::cast_possible_truncation, reason = "saturates, and a nonsense duration only costs a scan")]
        let end = self.duration.map_or(last.time, |duration| duration as i64);
        let tail = self.nanoseconds(end.saturating_sub(last.time).max(0)) > SPARSE_NS;
        // An index that begins late, with the film's own start in front of it.
        let head = self.first_cluster.is_some_and(|cluster| first.cluster > cluster) && first.time > 0;
        apart || tail || (head && self.nanoseconds(first.time) > SPARSE_NS)
    }

    /// Looks for keyframes in clusters. With `first_only` just at the first block of the track in each, as writers begin a
    /// cluster with a keyframe; clusters without a size are always looked through.
    fn walk_clusters(
        &self,
        input: &(impl ReadAt + ?Sized),
        track: u64,
        first_only: bool,
    ) -> io::Result<Vec<EntryPoint>> {
        let mut found = Vec::new();
        let Some(first) = self.first_cluster else { return Ok(found) };
        let mut walk = self.blocks(input, first, 512);
        for _ in 0..STEP_LIMIT {
            let Some(block) = walk.next(|_| Wanted::Header)? else { break };
            if block.track != track {
                continue;
            }
            if block.keyframe {
                found.push(EntryPoint { time: block.time, cluster: block.cluster, position: Some(block.position) });
            }
            if first_only {
                walk.skip_cluster();
            }
        }
        settle(&mut found);
        Ok(found)
    }
}

fn settle(points: &mut Vec<EntryPoint>) {
    points.sort_unstable();
    points.dedup_by_key(|point| point.time);
}
