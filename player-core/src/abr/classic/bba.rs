//! Linear BBA, BBA-0 of Huang, Johari, McKeown, Trunnell and Watson: "A Buffer-Based Approach to Rate Adaptation",
//! SIGCOMM 2014: the bit rate is a linear function of the buffer level between two reservoirs, and changes only when the
//! function passes the next rung.

use super::{Answer, Rule, View};

/// Reservoirs as shares of the levels at which there is room for another segment: 90 s below and 24 s above of 240 s in the
/// paper, whose segments are short.
const LOWER: f64 = 0.375;
const UPPER: f64 = 0.1;

#[derive(Clone, Debug, Default)]
pub(super) struct Bba {
    last: usize,
}

impl Rule for Bba {
    fn choose(&mut self, view: &View<'_>) -> Answer {
        let (lowest, highest) = (view.bitrates[0], view.bitrates[view.top()]);
        let most = (view.limit - view.segment).max(1.0);
        let (from, to) = (LOWER * most, (1.0 - UPPER) * most);
        let part = ((view.level - from) / (to - from)).clamp(0.0, 1.0);
        let rate = lowest + part * (highest - lowest);
        let above = view.bitrates.get(self.last + 1).copied().unwrap_or(f64::INFINITY);
        let below = if self.last > 0 { view.bitrates[self.last - 1] } else { 0.0 };
        if part <= 0.0 {
            self.last = 0;
        } else if part >= 1.0 {
            self.last = view.top();
        } else if rate >= above {
            self.last = view.bitrates.iter().rposition(|bitrate| *bitrate < rate).unwrap_or(0);
        } else if rate <= below {
            self.last = view.bitrates.iter().position(|bitrate| *bitrate > rate).unwrap_or(0);
        }
        Answer::now(self.last)
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
