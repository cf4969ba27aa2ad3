//! What the origin's log alone says of a play: a second opinion on what the page saw, which shares nothing with any player.
//!
//! From the log it is known when each segment was there, and from the first frame on a film plays at its own pace. That
//! gives the time at each rung and the stalls, in two versions: a player that appends whole segments waits for the last
//! byte, one that appends what has come needs as much of the segment as it plays, which came, to a good approximation,
//! evenly. A player is of one kind or the other, or something between.

use std::collections::BTreeMap;

use mock_origin::log::Entry;
use serde::{Deserialize, Serialize};

/// The film's clock is looked at this often, s.
const STEP_S: f64 = 0.01;
/// A shorter stop is none; as in the page.
const STALL_S: f64 = 0.25;
/// Between the first frame and playing on browsers take a moment, and the page looks at the clock 20 times a second.
const TOLERANCE_S: f64 = 0.6;
/// Where another rung is laid over what plays, decoders go on with the old one to the next keyframe, which no log tells.
const KEYFRAME_S: f64 = 0.5;
/// What is on screen for less than this may be missed by one of the two, or shown by only one kind of player.
const BRIEF_S: f64 = TOLERANCE_S + KEYFRAME_S;

/// What is needed of one line of the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Line {
    /// When the request came, ms.
    pub time_ms: u64,
    /// From there to the first byte.
    pub first_byte_ms: u64,
    /// From there to the end.
    pub took_ms: u64,
    /// Path of what was asked for.
    pub path: String,
    /// Bytes of the body that went out.
    pub bytes: u64,
    /// Bytes that did not.
    pub missing_bytes: u64,
    /// Whether it ended too early.
    pub aborted: bool,
}

impl From<&Entry> for Line {
    fn from(entry: &Entry) -> Self {
        Self {
            time_ms: entry.time_ms,
            first_byte_ms: entry.first_byte_ms,
            took_ms: entry.took_ms,
            path: entry.path.clone(),
            bytes: entry.bytes,
            missing_bytes: entry.aborted_bytes.unwrap_or_default(),
            aborted: entry.aborted,
        }
    }
}

/// How a play began and how long it was looked at, s on the log's clock.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Clock {
    /// The first frame was on screen.
    pub first_frame_s: f64,
    /// The last look.
    pub end_s: f64,
    /// Length of a segment.
    pub segment_s: f64,
    /// Length of the film.
    pub film_s: f64,
}

/// What follows from a log.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Replay {
    /// Requests of all kinds.
    pub requests: usize,
    /// Bytes of bodies that went out.
    pub bytes: u64,
    /// Of these, the bytes of replies that went out to their end.
    pub complete_bytes: u64,
    /// Bytes of segments that were given up, or loaded once more in another rung.
    pub wasted_bytes: u64,
    /// Of the complete replies, the bytes of those that may have ended after the last look.
    pub late_bytes: u64,
    /// Segments that were loaded more than once, some of them perhaps in part.
    pub doubled: usize,
    /// From the lowest rate to the highest.
    pub range_kbps: f64,
    /// If media plays as it comes.
    pub in_part: Showing,
    /// If only whole segments play.
    pub in_whole: Showing,
}

/// What was to be seen.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Showing {
    /// Seconds on screen of each rung, lowest first.
    pub on_screen_s: Vec<f64>,
    /// Seconds that it stood still.
    pub stalled_s: f64,
    /// Mean rate of what was on screen.
    pub played_kbps: f64,
    /// Changes of the rung on screen.
    pub switches: usize,
    /// Of these, the changes between rungs that both stayed for longer than a look can miss.
    pub sure_switches: usize,
}

/// The mean rate of rungs that were on screen so long each, lowest first; the film's rates, not those of its segments.
pub fn played_kbps(on_screen_s: &[f64], rates_kbps: &[f64]) -> f64 {
    let weighed: f64 = on_screen_s.iter().zip(rates_kbps).map(|(seconds, rate)| seconds * rate).sum();
    let played_s: f64 = on_screen_s.iter().sum();
    if played_s > 0.0 { weighed / played_s } else { 0.0 }
}

/// A segment on its way.
struct Load {
    rung: usize,
    begun_s: f64,
    ended_s: f64,
    bytes: u64,
    /// How much of it came, as a share of its length.
    share: f64,
}

/// Replays a log of a film with rungs of these rates, lowest first.
pub fn replay(log: &[Line], clock: Clock, rates_kbps: &[f64]) -> Replay {
    let rungs = rates_kbps.len();
    let mut segments: BTreeMap<u64, Vec<Load>> = BTreeMap::new();
    for line in log {
        let Some((rung, number)) = segment(&line.path).filter(|(rung, _)| *rung < rungs) else { continue };
        segments.entry(number).or_default().push(Load {
            rung,
            begun_s: (line.time_ms + line.first_byte_ms) as f64 / 1e3,
            ended_s: (line.time_ms + line.took_ms) as f64 / 1e3,
            bytes: line.bytes,
            share: if line.aborted { line.bytes as f64 / (line.bytes + line.missing_bytes).max(1) as f64 } else { 1.0 },
        });
    }
    segments.values_mut().for_each(|loads| loads.sort_by(|one, other| one.ended_s.total_cmp(&other.ended_s)));
    let complete = |line: &&Line| !line.aborted;
    let is_late = |line: &&Line| (line.time_ms + line.took_ms) as f64 / 1e3 > clock.end_s - TOLERANCE_S;
    Replay {
        requests: log.len(),
        bytes: log.iter().map(|line| line.bytes).sum(),
        complete_bytes: log.iter().filter(complete).map(|line| line.bytes).sum(),
        wasted_bytes: segments.values().map(|loads| wasted(loads)).sum(),
        range_kbps: rates_kbps.last().zip(rates_kbps.first()).map_or(0.0, |(top, least)| top - least),
        doubled: segments.values().filter(|loads| loads.len() > 1).count(),
        late_bytes: log.iter().filter(complete).filter(is_late).map(|line| line.bytes).sum(),
        in_part: play(&segments, clock, rates_kbps, true),
        in_whole: play(&segments, clock, rates_kbps, false),
    }
}

/// `/film/video-3/17.m4s` is segment 17 in rung 3.
fn segment(path: &str) -> Option<(usize, u64)> {
    let (folder, file) = path.rsplit_once('/')?;
    Some((folder.rsplit_once("/video-")?.1.parse().ok()?, file.strip_suffix(".m4s")?.parse().ok()?))
}

/// All but the last whole one of a segment's loads, which is the one that can play last.
fn wasted(loads: &[Load]) -> u64 {
    let last = loads.iter().rposition(Load::is_whole);
    loads.iter().enumerate().filter(|(index, _)| Some(*index) != last).map(|(_, load)| load.bytes).sum()
}

fn play(segments: &BTreeMap<u64, Vec<Load>>, clock: Clock, rates_kbps: &[f64], in_part: bool) -> Showing {
    let Clock { first_frame_s, end_s, segment_s, film_s } = clock;
    let (mut on_screen_s, mut stalled_s, mut still_s, mut at_s) = (vec![0.0; rates_kbps.len()], 0.0, 0.0, 0.0);
    // Each rung that was on screen, and how long until it changed.
    let mut spans: Vec<(usize, f64)> = Vec::new();
    let (mut now_s, mut number) = (first_frame_s, 0_u64);
    while now_s < end_s && at_s < film_s {
        let inside = at_s / segment_s - number as f64;
        let loads = segments.get(&number).map_or(&[][..], Vec::as_slice);
        let whole = loads.iter().rfind(|load| load.is_whole() && load.ended_s <= now_s);
        let coming = || loads.iter().rfind(|load| in_part && load.has(inside, now_s));
        // The frame that was seen first is there whatever the log says of the rest of its segment.
        let first = || loads.first().filter(|_| now_s == first_frame_s);
        if let Some(load) = whole.or_else(coming).or_else(first) {
            on_screen_s[load.rung] += STEP_S;
            match spans.last_mut().filter(|(rung, _)| *rung == load.rung) {
                Some((_, length_s)) => *length_s += STEP_S,
                None => spans.push((load.rung, STEP_S)),
            }
            stalled_s += if still_s > STALL_S { still_s } else { 0.0 };
            (at_s, still_s) = (at_s + STEP_S, 0.0);
            number += u64::from(at_s >= (number + 1) as f64 * segment_s);
        } else {
            still_s += STEP_S;
        }
        now_s += STEP_S;
    }
    let mut sure: Vec<usize> =
        spans.iter().filter(|(_, length_s)| *length_s > BRIEF_S).map(|(rung, _)| *rung).collect();
    sure.dedup();
    Showing {
        stalled_s: stalled_s + if still_s > STALL_S { still_s } else { 0.0 },
        played_kbps: played_kbps(&on_screen_s, rates_kbps),
        switches: spans.len().saturating_sub(1),
        sure_switches: sure.len().saturating_sub(1),
        on_screen_s,
    }
}

impl Load {
    fn is_whole(&self) -> bool {
        self.share >= 1.0
    }

    /// Whether so much of it, as a share of its length, had come.
    fn has(&self, share: f64, now_s: f64) -> bool {
        let came = (now_s - self.begun_s) / (self.ended_s - self.begun_s).max(1e-3);
        came > 0.0 && share <= self.share * came.min(1.0)
    }
}

/// What a page saw of the same play.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Witness {
    /// Body bytes of the loads that the browser told of; of loads that were given up it need not tell.
    pub loaded_bytes: u64,
    /// Seconds on screen of each rung.
    pub on_screen_s: Vec<f64>,
    /// Seconds that it stood still.
    pub stalled_s: f64,
    /// Mean rate of what was on screen. Absent, like the next, where it was not looked at.
    pub played_kbps: Option<f64>,
    /// Changes of the rung on screen.
    pub switches: Option<usize>,
}

impl Replay {
    /// Where log and page do not say the same.
    ///
    /// A log does not tell which of two loads of one segment a player showed, nor where in it the one took over from the
    /// other. Each such segment may hold two switches more or less than are found here, and a rung that was only on screen
    /// for a moment may have been missed. That a load came much earlier than it was needed is not told either: any such
    /// time gives the same play.
    pub fn differences(&self, page: &Witness) -> Vec<String> {
        let mut found = Vec::new();
        let (least, most) = (self.complete_bytes - self.late_bytes, self.bytes);
        if !(least..=most).contains(&page.loaded_bytes) {
            found.push(format!("the browser loaded {} bytes, the log has {least} to {most}", page.loaded_bytes));
        }
        let [part, whole] = [&self.in_part, &self.in_whole].map(|showing| showing.stalled_s);
        let (least, most) = (part.min(whole) - TOLERANCE_S, part.max(whole) + TOLERANCE_S);
        if page.stalled_s < least || page.stalled_s > most {
            found.push(format!("it stalled for {:.2} s, the log allows {least:.2} to {most:.2} s", page.stalled_s));
        }
        for (rung, page) in page.on_screen_s.iter().enumerate() {
            let [part, whole] = [&self.in_part, &self.in_whole].map(|one| one.on_screen_s.get(rung).copied());
            let bounds = part.zip(whole).map(|(part, whole)| (part.min(whole), part.max(whole)));
            let (least, most) = bounds.unwrap_or_default();
            let (least, most) = (least - BRIEF_S, most + BRIEF_S);
            if !(least..=most).contains(page) {
                found.push(format!(
                    "rung {rung} was on screen for {page:.2} s, the log allows {least:.2} to {most:.2} s"
                ));
            }
        }
        if let Some(page_kbps) = page.played_kbps {
            let [part, whole] = [&self.in_part, &self.in_whole].map(|showing| showing.played_kbps);
            let played_s: f64 = page.on_screen_s.iter().sum();
            // At the worst, what is not told apart is of the rungs that lie farthest apart.
            let slack = self.range_kbps * (BRIEF_S / played_s.max(BRIEF_S));
            let (least, most) = (part.min(whole) - slack, part.max(whole) + slack);
            if !(least..=most).contains(&page_kbps) {
                found.push(format!(
                    "{page_kbps:.0} kbit/s were on screen, the log allows {least:.0} to {most:.0} kbit/s"
                ));
            }
        }
        // Without a count, it is at least known which rungs were seen.
        let seen = page.on_screen_s.iter().filter(|seconds| **seconds > 0.0).count().saturating_sub(1);
        let both = [&self.in_part, &self.in_whole];
        let least = both.map(|showing| showing.sure_switches).into_iter().min().unwrap_or_default();
        let most = both.map(|showing| showing.switches).into_iter().max().unwrap_or_default() + 2 * self.doubled;
        let least = least.saturating_sub(2 * self.doubled);
        if page.switches.unwrap_or(seen) > most || page.switches.is_some_and(|switches| switches < least) {
            let switches = page.switches.map_or(format!("{seen} or more"), |switches| switches.to_string());
            found.push(format!("it switched {switches} times, the log allows {least} to {most}"));
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(path: &str, time_ms: u64, took_ms: u64, bytes: u64) -> Line {
        Line { time_ms, first_byte_ms: 10, took_ms, path: path.to_owned(), bytes, missing_bytes: 0, aborted: false }
    }

    const CLOCK: Clock = Clock { first_frame_s: 0.2, end_s: 20.0, segment_s: 4.0, film_s: 12.0 };

    #[test]
    fn a_log_tells_rungs_stalls_and_waste() {
        let mut log = vec![
            line("/film/main.m3u8", 0, 20, 100),
            line("/film/video-0/0.m4s", 50, 100, 1_000),
            line("/film/video-1/1.m4s", 200, 100, 2_000),
            // Better, and still in time.
            line("/film/video-2/1.m4s", 400, 100, 4_000),
            // Due at 8.2 s, there at 10 s.
            line("/film/video-0/2.m4s", 8_500, 1_500, 1_000),
        ];
        log.push(Line { aborted: true, missing_bytes: 3_500, ..line("/film/video-2/2.m4s", 600, 300, 500) });
        let replay = replay(&log, CLOCK, &[100.0, 200.0, 400.0]);
        assert_eq!((replay.requests, replay.bytes, replay.complete_bytes, replay.late_bytes), (6, 8_600, 8_100, 0));
        assert_eq!(replay.wasted_bytes, 2_500, "the worse one and the beginning");
        let near = |one: f64, other: f64| (one - other).abs() < 0.05;
        let Showing { on_screen_s, stalled_s, .. } = &replay.in_whole;
        assert!(near(on_screen_s[0], 8.0) && near(on_screen_s[2], 4.0) && near(*stalled_s, 1.8), "{replay:?}");
        // Of the last segment half a second had come in the better rung, which plays until the other has overtaken it.
        let Showing { on_screen_s, stalled_s, .. } = &replay.in_part;
        assert!(near(on_screen_s[0], 7.51) && near(on_screen_s[2], 4.49) && *stalled_s == 0.0, "{replay:?}");
    }

    #[test]
    fn a_page_that_saw_something_else_is_told_so() {
        let log = [line("/film/video-0/0.m4s", 50, 100, 1_000), line("/film/video-1/1.m4s", 200, 100, 2_000)];
        let replay = replay(&log, Clock { film_s: 8.0, ..CLOCK }, &[100.0, 200.0]);
        let same = Witness {
            loaded_bytes: 3_000,
            on_screen_s: vec![3.8, 4.0],
            stalled_s: 0.0,
            played_kbps: Some(151.0),
            switches: Some(1),
        };
        assert_eq!(replay.differences(&same), Vec::<String>::new());
        let differs = |other: Witness, sentence: &str| {
            let found = replay.differences(&other);
            assert!(found.len() == 1 && found[0].contains(sentence), "{found:?}");
        };
        differs(Witness { loaded_bytes: 3_100, ..same.clone() }, "the browser loaded 3100 bytes");
        differs(Witness { stalled_s: 1.0, ..same.clone() }, "it stalled for 1.00 s");
        differs(Witness { on_screen_s: vec![3.8, 2.0], ..same.clone() }, "rung 1 was on screen for 2.00 s");
        differs(Witness { played_kbps: Some(190.0), ..same.clone() }, "190 kbit/s were on screen");
        differs(Witness { switches: Some(0), ..same.clone() }, "it switched 0 times, the log allows 1 to 1");
        differs(Witness { switches: Some(2), ..same.clone() }, "it switched 2 times, the log allows 1 to 1");
        // Where nobody counted, rungs that were seen tell how many there were at least.
        let three = Witness { on_screen_s: vec![3.8, 4.0, 0.5], switches: None, ..same };
        differs(three, "it switched 2 or more times, the log allows 1 to 1");
    }

    #[test]
    fn a_moment_and_a_segment_of_two_loads_leave_switches_open() {
        let log = [
            line("/film/video-0/0.m4s", 50, 100, 1_000),
            line("/film/video-0/1.m4s", 200, 100, 1_000),
            // Half a second after the other has begun to play.
            line("/film/video-1/1.m4s", 4_200, 500, 2_000),
        ];
        let replay = replay(&log, Clock { film_s: 8.0, ..CLOCK }, &[100.0, 200.0]);
        assert_eq!((replay.in_whole.switches, replay.in_whole.sure_switches, replay.doubled), (1, 1, 1));
        let page = |switches| Witness {
            loaded_bytes: 4_000,
            on_screen_s: vec![4.5, 3.5],
            stalled_s: 0.0,
            played_kbps: None,
            switches: Some(switches),
        };
        assert!((0..=3).all(|switches| replay.differences(&page(switches)).is_empty()));
        assert_eq!(replay.differences(&page(4)).len(), 1);
    }
}
