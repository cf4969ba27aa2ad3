//! Which segment to load next. Segments are chosen by time, never by number: the original is cut at its own keyframes,
//! the rungs on a grid of their own.

use media_model::{MediaDuration, MediaTime, Ranges};

use crate::playlist::timeline::{Entry, Timeline};

/// Media that ends within this of a segment's end holds the segment: cuts of audio and video differ by a frame or two.
/// Holes of this size in the buffer are closed by players themselves or jumped.
pub(crate) const SLACK: MediaDuration = MediaDuration::from_millis(100);

/// The segment that continues what is `covered` from `from` on, if it starts before `until`; `None` if all is there.
/// A gap is one as well: another stream may have what this one has not.
pub(crate) fn next_segment<'a>(
    timeline: &'a Timeline,
    covered: &Ranges,
    from: MediaTime,
    until: MediaTime,
) -> Option<&'a Entry> {
    // The position itself must be there exactly: a seek must not land a moment later.
    let begun = covered.around(from, MediaDuration::ZERO).is_some();
    let mut at = from;
    loop {
        if begun || at > from {
            at = covered_until(covered, at);
        }
        if at >= until {
            return None;
        }
        let entry = timeline.entry_at(at)?;
        if entry.span.start() > at {
            // A live window that has moved on begins later; what is there of it is not asked for again.
            at = entry.span.start();
            continue;
        }
        let slack = MediaDuration::from_micros(SLACK.as_micros().min(entry.span.length().as_micros() / 2));
        let is_nothing = entry.segment.gap && entry.span.length() == MediaDuration::ZERO;
        if is_nothing || (at > from && at > entry.span.start() && entry.span.end() - slack <= at) {
            // A span that does not move on (duration zero) would be asked for ever.
            at = entry.span.end().max(at + MediaDuration::from_micros(1));
            continue;
        }
        return Some(entry);
    }
}

/// Where the media that is there at `at` ends; `at` itself if there is none.
pub(crate) fn covered_until(covered: &Ranges, at: MediaTime) -> MediaTime {
    let mut end = at;
    while let Some(range) = covered.around(end, SLACK) {
        end = range.end();
    }
    end
}

#[cfg(test)]
mod tests {
    use media_model::TimeRange;
    use media_model::hls::{self, Playlist};
    use proptest::prelude::*;
    use url::Url;

    use super::*;
    use crate::clock::Now;

    fn time(seconds: f64) -> MediaTime {
        MediaTime::from_seconds(seconds).unwrap()
    }

    fn timeline(durations: &[f64], gap: Option<usize>) -> Timeline {
        let mut text = String::from("#EXTM3U\n#EXT-X-TARGETDURATION:4\n#EXT-X-ENDLIST\n");
        for (index, duration) in durations.iter().enumerate() {
            let tag = if gap == Some(index) { "#EXT-X-GAP\n" } else { "" };
            text += &format!("{tag}#EXTINF:{duration},\n{index}\n");
        }
        let base = Url::parse("http://box.local/v.m3u8").unwrap();
        let Playlist::Media(playlist) = hls::parse(&text, &base).unwrap().value else { panic!("wrong kind") };
        Timeline::new(playlist, base, Now::default(), None, &[])
    }

    fn next(timeline: &Timeline, covered: &[(f64, f64)], from: f64, until: f64) -> Option<String> {
        let range = |&(start, end): &(f64, f64)| TimeRange::new(time(start), time(end)).unwrap();
        let covered = Ranges::new(covered.iter().map(range).collect());
        next_segment(timeline, &covered, time(from), time(until)).map(|entry| entry.segment.uri.clone())
    }

    #[test]
    fn the_next_segment_continues_what_is_there() {
        let grid = timeline(&[2.0; 5], None);
        assert_eq!(next(&grid, &[], 0.0, 30.0).as_deref(), Some("0"));
        assert_eq!(next(&grid, &[], 3.9, 30.0).as_deref(), Some("1"));
        assert_eq!(next(&grid, &[(4.0, 6.0)], 3.95, 30.0).as_deref(), Some("1"), "a seek must be exact");
        assert_eq!(next(&grid, &[(0.0, 4.0)], 1.0, 30.0).as_deref(), Some("2"));
        assert_eq!(next(&grid, &[(0.0, 3.95)], 1.0, 30.0).as_deref(), Some("2"), "a frame is not missing media");
        assert_eq!(next(&grid, &[(0.0, 3.5)], 1.0, 30.0).as_deref(), Some("1"));
        assert_eq!(next(&grid, &[(0.0, 4.0), (6.0, 8.0)], 1.0, 30.0).as_deref(), Some("2"));
        assert_eq!(next(&grid, &[(0.0, 4.0), (4.05, 8.0)], 1.0, 30.0).as_deref(), Some("4"));
        assert_eq!(next(&grid, &[(0.0, 10.0)], 1.0, 30.0), None);
        assert_eq!(next(&grid, &[(0.0, 6.0)], 1.0, 6.0), None, "the goal is reached");
    }

    #[test]
    fn another_grid_overlaps_and_leaves_no_hole() {
        let keyframes = timeline(&[3.1, 1.7, 4.0], None);
        assert_eq!(next(&keyframes, &[(0.0, 4.0)], 0.0, 30.0).as_deref(), Some("1"));
        assert_eq!(next(&keyframes, &[(0.0, 4.75)], 0.0, 30.0).as_deref(), Some("2"));
    }

    #[test]
    fn a_gap_is_not_passed_over_before_it_is_known_that_nobody_has_it() {
        let grid = timeline(&[2.0; 4], Some(1));
        assert_eq!(next(&grid, &[(0.0, 2.0)], 0.0, 30.0).as_deref(), Some("1"));
    }

    proptest! {
        /// Appending what is asked for, again and again, fills the buffer to the end without a hole, in few steps.
        #[test]
        fn loading_ends_with_everything_there(
            durations in proptest::collection::vec(0.05f64..6.0, 1..30),
            other in proptest::collection::vec(0.05f64..6.0, 1..30), from in 0.0f64..60.0,
        ) {
            let grids = [timeline(&durations, None), timeline(&other, None)];
            let mut ranges = Vec::new();
            for step in 0..200 {
                let grid = &grids[step % 2];
                let covered = Ranges::new(ranges.clone());
                let Some(entry) = next_segment(grid, &covered, time(from), time(1e6)) else { continue };
                prop_assert!(step < 150, "no progress at {:?}", entry.span);
                ranges.push(entry.span);
            }
            let end = grids[0].end().max(grids[1].end());
            if time(from) < end {
                let reached = covered_until(&Ranges::new(ranges), time(from));
                prop_assert!(reached + SLACK >= end, "{reached:?} of {end:?}");
            }
        }
    }
}
