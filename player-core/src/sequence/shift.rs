//! From the timeline of one presentation to that of the media element, and back.

use media_model::{MediaDuration, MediaTime, Ranges, TimeRange};

use crate::message::{Output, TextOrder};

/// How much later a presentation's times are on the media element, µs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Shift(i64);

impl Shift {
    /// What puts `of` of a presentation at `at` of the element.
    pub(super) fn between(of: MediaTime, at: MediaTime) -> Self {
        Self(at.as_micros().saturating_sub(of.as_micros()))
    }

    /// A time of the presentation, on the element.
    pub fn onto_element(self, time: MediaTime) -> MediaTime {
        MediaTime::from_micros(time.as_micros().saturating_add(self.0))
    }

    /// A time of the element, in the presentation.
    pub fn of_element(self, time: MediaTime) -> MediaTime {
        MediaTime::from_micros(time.as_micros().saturating_sub(self.0))
    }

    /// What lies in `window` of these stretches of the element.
    pub(super) fn ranges(self, ranges: &Ranges, window: TimeRange) -> Ranges {
        let within = |range: TimeRange| {
            let (start, end) = (range.start().max(window.start()), range.end().min(window.end()));
            TimeRange::new(self.of_element(start), self.of_element(end))
        };
        Ranges::new(ranges.iter().filter_map(within).collect())
    }

    /// An order of the presentation's player, for the element.
    pub(super) fn output(self, output: Output) -> Output {
        let offset = |offset_us: i64| offset_us.saturating_add(self.0);
        match output {
            Output::Prepare { buffers, duration } => {
                let end = |length: MediaDuration| self.onto_element(MediaTime::ZERO + length).since(MediaTime::ZERO);
                Output::Prepare { buffers, duration: duration.map(end) }
            }
            Output::Append { track, id, offset_us } => Output::Append { track, id, offset_us: offset(offset_us) },
            Output::Evict { track, range } => Output::Evict { track, range: range.moved(self.0) },
            Output::MoveTo(at) => Output::MoveTo(self.onto_element(at)),
            Output::Seekable(range) => Output::Seekable(range.moved(self.0)),
            Output::Text(TextOrder::Add { id, offset_us, from }) => {
                Output::Text(TextOrder::Add { id, offset_us: offset(offset_us), from: self.onto_element(from) })
            }
            Output::Text(TextOrder::DropBefore(at)) => Output::Text(TextOrder::DropBefore(self.onto_element(at))),
            other @ (Output::Text(TextOrder::Show(_))
            | Output::Load { .. }
            | Output::Cancel(_)
            | Output::AskStart { .. }
            | Output::AskDecoder(_)
            | Output::Forget(_)
            | Output::ChangeType { .. }
            | Output::RenewAddress
            | Output::EndOfStream
            | Output::Event(_)) => other,
        }
    }
}
