//! Frames that come too late to be shown: a picture that is too heavy for this device is left for a smaller one.

use std::time::Duration;

use media_model::hls::VariantStream;

use super::Player;
use super::lane::Role;
use super::permitted::USUAL_FRAME_RATE;
use crate::clock::Now;
use crate::error::Setback;
use crate::message::VariantId;
use crate::playlist::StreamId;

/// Frames are counted for this long while one variant is on screen; ...
const COUNTED: Duration = Duration::from_secs(2);
/// ... with more than this share of them lost, in hundredths, it is too heavy (Shaka has 15 too).
const TOO_MANY: u64 = 15;
/// It is tried again after this long, the next time after twice as long, and so on, as often as this.
const LEFT_FOR: Duration = Duration::from_secs(30);
const MOST_DOUBLINGS: u32 = 6;

/// What a picture asks of a decoder: pixels in 1,000 seconds, then bit/s.
type Weight = (u64, u64);

/// Frames since one variant came on screen.
#[derive(Clone, Debug, Default)]
pub(super) struct Frames {
    /// Which one, since when, and what the driver's count was then.
    counted: Option<(VariantId, Now, u64)>,
    /// From this weight on pictures are too heavy, until then.
    limit: Option<(Weight, Now)>,
    /// How often one was.
    times: u32,
}

impl Frames {
    /// Whether a picture was found too heavy, and it is not time to try it again.
    pub(super) fn is_too_heavy(&self, variant: &VariantStream, now: Now) -> bool {
        self.limit.is_some_and(|(limit, until)| now < until && weight(variant) >= limit)
    }

    /// What is dropped meanwhile does not count.
    pub(super) fn look_away(&mut self) {
        self.counted = None;
    }
}

fn weight(variant: &VariantStream) -> Weight {
    let rate = variant.frame_rate.unwrap_or(USUAL_FRAME_RATE);
    let pixels = variant.resolution.map_or(0, |size| u64::from(size.width) * u64::from(size.height));
    (pixels.saturating_mul(u64::from(rate.thousandths())), variant.bandwidth.get())
}

impl Player {
    /// Looks at the driver's count of frames that were dropped since the beginning.
    pub(super) fn watch_frames(&mut self, dropped: Option<u64>) {
        let (Some(dropped), Some(shown)) = (dropped, self.qoe.shown()) else { return };
        // Who cannot see the picture is given few frames, and after a seek or a stall some are late for other reasons.
        if !self.motion.moving || self.wishes.limits.hidden {
            return self.frames.look_away();
        }
        let (variant, since, before) = *self.frames.counted.get_or_insert((shown, self.now, dropped));
        let time = self.now.since(since);
        if variant != shown {
            return self.frames.look_away();
        }
        if time < COUNTED {
            return;
        }
        self.frames.counted = Some((shown, self.now, dropped));
        let Some(stream) = self.presentation.as_ref().and_then(|one| one.variant(shown)) else { return };
        // What is buffered of it plays until a lighter one is here.
        if self.frames.is_too_heavy(stream, self.now) {
            return;
        }
        let media = self.moves_in(time).as_micros();
        let rate = stream.frame_rate.unwrap_or(USUAL_FRAME_RATE).thousandths();
        let frames = media.saturating_mul(u64::from(rate)) / 1_000_000_000;
        let lost = dropped.saturating_sub(before);
        if lost.saturating_mul(100) > frames.saturating_mul(TOO_MANY) {
            self.leave_for_lighter(shown, weight(stream));
        }
    }

    fn leave_for_lighter(&mut self, heavy: VariantId, limit: Weight) {
        let is_lighter = |&id: &VariantId| {
            id != heavy
                && self.presentation.as_ref().and_then(|one| one.variant(id)).is_some_and(|one| weight(one) < limit)
        };
        // Who chose it by hand wants it; and where there is no other, nothing is to be gained.
        if self.wishes.variant.is_some() || !self.usable_variants().iter().any(is_lighter) {
            return;
        }
        let wait = LEFT_FOR.saturating_mul(1 << self.frames.times.min(MOST_DOUBLINGS));
        self.frames.times = self.frames.times.saturating_add(1);
        self.frames.limit = Some((limit, self.now + wait));
        if let Some(shown) = self.variant_of(heavy) {
            self.report_setback(Setback::TooHeavy(shown.label));
        }
        // What is loaded already is as heavy.
        if self.lane(Role::Variant).is_some_and(|lane| lane.stream == Some(StreamId::Variant(heavy))) {
            self.replace_by_choice();
        }
    }
}
