//! The controller of the second source document (requirement H01): a share of the bandwidth, more or less of it by the
//! buffer, and the highest rung below.

use super::{Answer, Rule, View};

/// Where the viewer watches: a mobile link is kept below 2,500 kbit/s.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Link {
    Fixed,
    Mobile,
}

/// What may be spent, kbit/s, of a bandwidth in kbit/s with this much buffered, ms.
fn cap(bandwidth: f64, level: f64, link: Link) -> f64 {
    let share = match link {
        Link::Mobile => (bandwidth * 0.8).min(2_500.0),
        Link::Fixed => bandwidth * 0.9,
    };
    if level < 10_000.0 {
        share * 0.7
    } else if level > 30_000.0 {
        share * 1.1
    } else {
        share
    }
}

fn highest_within(bitrates: &[f64], cap: f64) -> usize {
    bitrates.iter().rposition(|bitrate| *bitrate <= cap).unwrap_or(0)
}

#[derive(Clone, Debug)]
pub(super) struct SeedS2(pub(super) Link);

impl Rule for SeedS2 {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let cap = cap(view.throughput.unwrap_or_default(), view.level, self.0);
        Answer::now(highest_within(view.bitrates, cap))
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// bandwidth kbit/s, level ms, link, rung of 1000/2500/5000/15000
    const GOLDEN: [(f64, f64, Link, usize); 12] = [
        (20_000.0, 20_000.0, Link::Fixed, 3),
        (16_000.0, 20_000.0, Link::Fixed, 2),
        (16_000.0, 31_000.0, Link::Fixed, 3),
        (20_000.0, 9_999.0, Link::Fixed, 2),
        (5_600.0, 10_000.0, Link::Fixed, 2),
        (5_500.0, 30_000.0, Link::Fixed, 1),
        (2_000.0, 5_000.0, Link::Fixed, 0),
        (100.0, 40_000.0, Link::Fixed, 0),
        (50_000.0, 20_000.0, Link::Mobile, 1),
        (50_000.0, 5_000.0, Link::Mobile, 0),
        (3_000.0, 20_000.0, Link::Mobile, 0),
        (50_000.0, 31_000.0, Link::Mobile, 1),
    ];

    #[test]
    fn the_golden_vectors_hold() {
        let ladder = [1_000.0, 2_500.0, 5_000.0, 15_000.0];
        for (bandwidth, level, link, rung) in GOLDEN {
            let chosen = highest_within(&ladder, cap(bandwidth, level, link));
            assert_eq!(chosen, rung, "{bandwidth} kbit/s, {level} ms, {link:?}");
        }
    }
}
