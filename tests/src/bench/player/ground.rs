//! Other ground: the same networks altered, other buffers, segments, latencies and ladders. A rule that knew its networks by
//! heart would lose its lead here.

use std::time::Duration;

use media_model::MediaDuration;
use player_lab::simulate::field::{self, NamedTrace};
use player_lab::simulate::{Movie, Progress};
use player_lab::trace::{Alteration, Period, Trace, mixed};

use super::networks::{Film, Networks, Round, Set, best};
use super::{Depth, Verdict};

/// What is altered, and where.
struct Ground {
    name: &'static str,
    sets: &'static [Set],
    change: Change,
    /// What must be left of the lead on the originals.
    share: f64,
}

#[derive(Clone, Copy)]
enum Change {
    /// Nothing: the originals that the others are held against.
    None,
    Network(Alteration),
    /// The step comes at another moment in each network, 20 to 120 s.
    Steps,
    LatencyMs(u64),
    /// Bytes come in bursts, and rates tremble.
    Bursts,
    BufferS(u64),
    SegmentS(u64),
    /// Another ladder, with rates times so many thousandths.
    Film(Film, u64),
    WithoutSizes,
}

const ALL: &[Set] = &Set::ALL;

const fn ground(name: &'static str, sets: &'static [Set], change: Change) -> Ground {
    Ground { name, sets, change, share: 0.7 }
}

const GROUNDS: [Ground; 18] = [
    ground("originals", ALL, Change::None),
    ground("reversed", ALL, Change::Network(Alteration::Reverse)),
    ground("rotated by 100 s", ALL, Change::Network(Alteration::Rotate(Duration::from_secs(100)))),
    ground("rates x 0.6", ALL, Change::Network(Alteration::Scale(600))),
    ground("rates x 1.6", ALL, Change::Network(Alteration::Scale(1_600))),
    ground("step moved", &[Set::Sd, Set::Hd], Change::Steps),
    ground("low ladder, rates x 0.2", &[Set::FourG], Change::Film(Film::Bbb, 200)),
    ground("high ladder, rates x 15", &[Set::ThreeG], Change::Film(Film::Bbb4k, 15_000)),
    ground("buffer of 7 s", ALL, Change::BufferS(7)),
    ground("buffer of 15 s", ALL, Change::BufferS(15)),
    ground("buffer of 40 s", ALL, Change::BufferS(40)),
    ground("segments of 2 s", ALL, Change::SegmentS(2)),
    ground("segments of 4 s", ALL, Change::SegmentS(4)),
    ground("segments of 6 s", ALL, Change::SegmentS(6)),
    ground("latency of 5 ms", ALL, Change::LatencyMs(5)),
    ground("latency of 300 ms", ALL, Change::LatencyMs(300)),
    Ground { share: 0.8, ..ground("bursts of 16 to 64 kB, 20 % jitter", ALL, Change::Bursts) },
    // Reported beside: the classics do not look at sizes.
    Ground { share: 0.0, ..ground("sizes unknown", ALL, Change::WithoutSizes) },
];

/// The buffer of the originals.
const BUFFER_S: u64 = 25;
/// Networks of each set in a sample, spread over all. With all 1,276 it would take two hours and a half.
const fn most(depth: Depth) -> usize {
    match depth {
        Depth::Quick => 12,
        Depth::Full => 60,
    }
}

/// Plays all of it.
pub(super) fn measure(networks: &Networks, depth: Depth, note: &dyn Fn(&str), measured: &mut dyn FnMut(Vec<Verdict>)) {
    for set in Set::ALL {
        let originals = sample(networks.of(set), depth);
        let mut on_originals = 0.0;
        for ground in GROUNDS.iter().filter(|ground| ground.sets.contains(&set)) {
            note(&format!("{} on other ground: {} ...", set.name(), ground.name));
            let (ours, rival, lead) = lead(networks, set, &originals, ground.change);
            if matches!(ground.change, Change::None) {
                on_originals = lead;
            }
            let is_original = matches!(ground.change, Change::None);
            let wanted = (ground.share * on_originals).max(0.0);
            measured(vec![Verdict {
                figure: format!("{}-vod25, {}: lead over the best classic", set.name(), ground.name),
                goal: if is_original { "-".to_owned() } else { format!(">= {wanted:.2}") },
                is: format!("{lead:+.2} (QoE {ours:.2})"),
                beside: rival,
                // The originals are judged by themselves.
                met: (!is_original).then_some(lead >= wanted),
            }]);
        }
    }
}

fn sample(all: &[NamedTrace], depth: Depth) -> Vec<NamedTrace> {
    let count = most(depth).min(all.len());
    (0..count).filter_map(|index| all.get(index * all.len() / count).cloned()).collect()
}

/// Our mean QoE, the best classic, and our lead, in Mbit/s of the ladder that the set is played with otherwise.
fn lead(networks: &Networks, set: Set, originals: &[NamedTrace], change: Change) -> (f64, String, f64) {
    let mut movie = networks.film(set.film()).clone();
    let mut round_buffer = BUFFER_S;
    let (mut sizes, mut progress) = (true, Progress::Even);
    match change {
        Change::None | Change::Network(_) | Change::Steps | Change::LatencyMs(_) => {}
        Change::Bursts => progress = Progress::Bursts { seed: 1 },
        Change::BufferS(seconds) => round_buffer = seconds,
        Change::SegmentS(seconds) => {
            movie = movie.cut_anew(MediaDuration::from_secs(seconds)).expect("movies are longer than that");
        }
        Change::Film(film, _) => movie = networks.film(film).clone(),
        Change::WithoutSizes => sizes = false,
    }
    let traces: Vec<_> = (0..).zip(originals).map(|(number, one)| altered(one, number, change)).collect();
    let round = Round {
        traces: &traces,
        movie: &movie,
        max_buffer: MediaDuration::from_secs(round_buffer),
        length: set.length(),
        ramp_rung: set.ramp_rung(),
        sizes,
        progress,
    };
    let ours = field::summarise(&round.play_ours());
    let others = field::summarise(&round.play_others());
    let (name, rival) = best(&others);
    let ours = ours.first().map_or(f64::NEG_INFINITY, |one| one.mean.qoe);
    let usual = top(networks.film(set.film())) / top(&movie);
    (ours, format!("{name}: {rival:.2}"), (ours - rival) * usual)
}

fn top(movie: &Movie) -> f64 {
    movie.bitrates().last().copied().unwrap_or(1.0)
}

fn altered(one: &NamedTrace, number: u64, change: Change) -> NamedTrace {
    let alter =
        |trace: &Trace, alteration| trace.altered(alteration).expect("it goes on for as long, and carries something");
    let trace = match change {
        Change::None | Change::BufferS(_) | Change::SegmentS(_) | Change::WithoutSizes => one.trace.clone(),
        Change::Network(alteration) => alter(&one.trace, alteration),
        Change::Film(_, thousandths) => alter(&one.trace, Alteration::Scale(thousandths)),
        Change::Steps => {
            let at = Duration::from_secs(20 + mixed(number) % 101);
            alter(&one.trace, Alteration::MoveStep(at))
        }
        Change::Bursts => alter(&one.trace, Alteration::Jitter { most: 200, seed: number }),
        Change::LatencyMs(millis) => {
            let latency = Duration::from_millis(millis);
            let periods = one.trace.periods().iter().map(|&period| Period { latency, ..period }).collect();
            Trace::new(periods).expect("only its latency is another")
        }
    };
    NamedTrace { name: one.name.clone(), trace }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ground_plays() {
        let networks = Networks::in_tree().unwrap();
        let originals = sample(networks.of(Set::Sd), Depth::Quick);
        for ground in &GROUNDS {
            let (ours, rival, lead) = lead(&networks, Set::Sd, &originals, ground.change);
            assert!(ours.is_finite() && lead.is_finite(), "{}: {ours}, {rival}", ground.name);
        }
    }

    #[test]
    fn a_sample_is_spread_over_all() {
        let networks = Networks::in_tree().unwrap();
        let one = &networks.of(Set::Hd)[0];
        let all: Vec<_> = (0..600).map(|number| NamedTrace { name: number.to_string(), ..one.clone() }).collect();
        let names: Vec<_> = sample(&all, Depth::Quick).into_iter().map(|one| one.name).collect();
        assert_eq!((names.len(), names[0].as_str(), names[11].as_str()), (12, "0", "550"));
        assert_eq!(sample(&all, Depth::Full).len(), 60);
        assert_eq!(sample(&all[..52], Depth::Full).len(), 52, "all, where there are fewer");
    }
}
