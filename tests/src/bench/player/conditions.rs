//! The eight conditions of the literature, on recorded networks, beside the classics in the same run.

use std::time::{Duration, Instant};

use media_model::MediaDuration;
use player_lab::simulate::Progress;
use player_lab::simulate::field::{self, Row};

use super::Verdict;
use super::networks::{LOWEST, Networks, Round, Set, best};
use super::published::{HLS_JS, PLANNER, Published, ROUNDED, file_name};

/// Goals of a condition, on the public networks: at least 40 % of what lies between the best known and a planner that knows
/// the network.
struct Condition {
    name: &'static str,
    set: Set,
    buffer_s: u64,
    qoe: f64,
    /// Percentage points of stalling over `lowest`, at most; nor more than `throughput` has.
    over_floor: f64,
    /// Median seconds from the step to its rung, at most.
    reaction_s: Option<f64>,
}

const fn condition(name: &'static str, set: Set, buffer_s: u64, qoe: f64, over_floor: f64) -> Condition {
    Condition { name, set, buffer_s, qoe, over_floor, reaction_s: None }
}

const CONDITIONS: [Condition; 8] = [
    condition("3G-vod25", Set::ThreeG, 25, -0.85, 0.35),
    condition("3G-live10", Set::ThreeG, 10, -1.45, 0.6),
    condition("3G-live5", Set::ThreeG, 5, -2.56, 0.3),
    condition("4G-vod25", Set::FourG, 25, 25.16, 0.02),
    condition("4G-live10", Set::FourG, 10, 20.73, 0.25),
    condition("4G-live5", Set::FourG, 5, 8.19, 1.0),
    Condition { reaction_s: Some(8.0), ..condition("SD-vod25", Set::Sd, 25, 3.89, 0.02) },
    Condition { reaction_s: Some(6.0), ..condition("HD-vod25", Set::Hd, 25, 14.07, 0.05) },
];

/// The step comes after this, seconds.
const STEP_S: f64 = 60.0;
/// Ours need no longer than this for all, on one core.
const ALL_PLAYS: Duration = Duration::from_secs(35);
/// Bytes thrown away, percent of those played.
const WASTED_PCT: f64 = 5.0;
/// Ours is no worse than BOLA-E, and than the model of hls.js, on this share of the networks, percent.
const NO_WORSE_PCT: f64 = 85.0;
const NO_WORSE_THAN_HLS_JS_PCT: f64 = 97.0;

/// Plays them all.
pub(super) fn measure(networks: &Networks, note: &dyn Fn(&str), measured: &mut dyn FnMut(Vec<Verdict>)) {
    let (mut took, mut plays) = (Duration::ZERO, 0);
    for condition in &CONDITIONS {
        note(&format!("{} ...", condition.name));
        let set = condition.set;
        let mut round = Round {
            traces: networks.of(set),
            movie: networks.film(set.film()),
            max_buffer: MediaDuration::from_secs(condition.buffer_s),
            length: set.length(),
            ramp_rung: set.ramp_rung(),
            sizes: true,
            progress: Progress::Even,
        };
        let began = Instant::now();
        let ours = round.play_ours();
        took += began.elapsed();
        plays += ours.len();
        let mut verdicts = judge(condition, &ours, &round.play_others(), networks.is_public(set));
        verdicts.extend(judge_beside_published(condition, &ours, networks.published()));
        round.sizes = false;
        verdicts.push(Verdict {
            figure: format!("{}: mean QoE, sizes unknown", condition.name),
            goal: "-".to_owned(),
            is: format!("{:.2}", mean_qoe(&round.play_ours())),
            beside: format!("known: {:.2}", mean_qoe(&ours)),
            met: None,
        });
        measured(verdicts);
    }
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let on_one_core = took.as_secs_f64() * cores as f64;
    let is_public = Set::ALL.into_iter().all(|set| networks.is_public(set));
    measured(vec![Verdict {
        figure: format!("all {plays} plays of ours, on one core"),
        goal: if is_public { format!("<= {} s", ALL_PLAYS.as_secs()) } else { "-".to_owned() },
        is: format!("{on_one_core:.1} s"),
        beside: format!("{cores} cores were used"),
        met: is_public.then_some(on_one_core <= ALL_PLAYS.as_secs_f64()),
    }]);
}

/// What becomes of a condition.
fn judge(condition: &Condition, ours: &[Row], others: &[Row], is_public: bool) -> Vec<Verdict> {
    let (our_means, their_means) = (field::summarise(ours), field::summarise(others));
    let Some(our) = our_means.first() else { return Vec::new() };
    let stalled = |name: &str| their_means.iter().find(|one| one.abr == name).map_or(0.0, |one| one.mean.stall_pct);
    let floor = stalled(LOWEST);
    let (rival, rival_qoe) = best(&their_means);
    let named = |figure: &str| format!("{}: {figure}", condition.name);

    let qoe = our.mean.qoe;
    let wanted = if is_public { condition.qoe.max(rival_qoe) } else { rival_qoe };
    let mut verdicts = vec![Verdict {
        figure: named("mean QoE"),
        goal: format!(">= {wanted:.2}"),
        is: format!("{qoe:.2} ({:.0} kbit/s, changes of {:.0})", our.mean.bitrate_kbps, our.mean.change_kbps),
        beside: format!("{rival}: {rival_qoe:.2}"),
        met: Some(qoe >= wanted),
    }];
    let (over, theirs) = (our.mean.stall_pct - floor, stalled("throughput") - floor);
    let wanted = if is_public { condition.over_floor.min(theirs) } else { theirs };
    verdicts.push(Verdict {
        figure: named("stalling over the floor, points"),
        goal: format!("<= {wanted:.2}"),
        is: format!("{over:.3}"),
        beside: format!("throughput: {theirs:.3}; floor {floor:.2} %"),
        met: Some(over <= wanted),
    });
    if let Some(most) = condition.reaction_s {
        let reaction = our.median.rampup_s - STEP_S;
        let quickest = their_means.iter().filter(|one| one.abr != LOWEST);
        let quickest = quickest.min_by(|one, other| one.median.rampup_s.total_cmp(&other.median.rampup_s));
        let beside = quickest.map(|one| format!("{}: {:.1} s", one.abr, one.median.rampup_s - STEP_S));
        verdicts.push(Verdict {
            figure: named("reaction to the step, median"),
            goal: format!("<= {most} s"),
            is: format!("{reaction:.1} s"),
            beside: beside.unwrap_or_default(),
            met: is_public.then_some(reaction <= most),
        });
    }
    let wasted = our.mean.bytes_wasted_pct;
    verdicts.push(Verdict {
        figure: named("bytes thrown away"),
        goal: format!("<= {WASTED_PCT} %"),
        is: format!("{wasted:.2} %"),
        beside: "-".to_owned(),
        met: Some(wasted <= WASTED_PCT),
    });
    let bola = |row: &Row| others.iter().find(|other| other.abr == "bola-e" && other.trace == row.trace);
    let bola = |row: &Row| bola(row).map(|other| other.figures.qoe);
    let share = no_worse_pct(ours, bola);
    verdicts.push(Verdict {
        figure: named("networks where ours is no worse than BOLA-E"),
        goal: format!(">= {NO_WORSE_PCT} %"),
        is: format!("{share:.0} %"),
        beside: "-".to_owned(),
        met: is_public.then_some(share >= NO_WORSE_PCT),
    });
    verdicts
}

/// The same beside those who are not in the tree, where it is told what they get.
fn judge_beside_published(condition: &Condition, ours: &[Row], published: &Published) -> Vec<Verdict> {
    let named = |figure: &str| format!("{}: {figure}", condition.name);
    let mut verdicts = Vec::new();
    if let Some(theirs) = published.of(condition.name, HLS_JS) {
        let share = no_worse_pct(ours, |row| Some(theirs.get(file_name(&row.trace))? - ROUNDED));
        verdicts.push(Verdict {
            figure: named("networks where ours is no worse than the model of hls.js"),
            goal: format!(">= {NO_WORSE_THAN_HLS_JS_PCT} %"),
            is: format!("{share:.0} %"),
            beside: "-".to_owned(),
            met: Some(share >= NO_WORSE_THAN_HLS_JS_PCT),
        });
    }
    if let Some(planned) = published.of(condition.name, PLANNER) {
        let here: Vec<_> = ours.iter().filter(|row| planned.contains_key(file_name(&row.trace))).cloned().collect();
        let planned: Vec<_> = here.iter().filter_map(|row| planned.get(file_name(&row.trace))).collect();
        let qoe = mean_qoe(&here);
        // On all of them it is judged elsewhere.
        let is_part = here.len() < ours.len();
        verdicts.push(Verdict {
            figure: named(&format!("mean QoE on the {} networks of the planner", here.len())),
            goal: if is_part { format!(">= {}", condition.qoe) } else { "-".to_owned() },
            is: format!("{qoe:.2}"),
            beside: format!("planner: {:.2}", planned.iter().copied().sum::<f64>() / planned.len().max(1) as f64),
            met: is_part.then_some(qoe >= condition.qoe),
        });
    }
    verdicts
}

fn mean_qoe(rows: &[Row]) -> f64 {
    rows.iter().map(|row| row.figures.qoe).sum::<f64>() / rows.len().max(1) as f64
}

/// On which share of the networks ours is no worse than what another one got there.
fn no_worse_pct(ours: &[Row], theirs: impl Fn(&Row) -> Option<f64>) -> f64 {
    let no_worse = ours.iter().filter(|row| theirs(row).is_some_and(|theirs| row.figures.qoe >= theirs));
    100.0 * no_worse.count() as f64 / ours.len().max(1) as f64
}
