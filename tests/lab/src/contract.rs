//! What every driver may rely on, checked step by step: rules of the boundary that no input may make the core break.

use std::collections::{BTreeMap, BTreeSet};

use player_core::message::{ByteRange, Track};
use player_core::{Command, Event, Input, Output, RequestId, Step};
use url::Url;

/// Checks each step against the contract of `player_core::message`.
#[derive(Debug, Default)]
pub struct Contract {
    faults: BTreeSet<String>,
    under_way: BTreeMap<RequestId, (Url, Option<ByteRange>)>,
    used: BTreeSet<RequestId>,
    busy: BTreeSet<Track>,
    tracks: BTreeSet<Track>,
    failed: bool,
    open: bool,
    /// Played to the end: a buffer that makes room for nothing has all the time.
    ended: bool,
}

impl Contract {
    /// Notes that a rule was broken.
    pub fn fault(&mut self, what: &str) {
        self.faults.insert(what.to_owned());
    }

    /// All rules that were broken.
    pub fn into_faults(self) -> Vec<String> {
        self.faults.into_iter().collect()
    }

    /// Looks at one step.
    pub fn check(&mut self, input: &Input, step: &Step) {
        self.take(input);
        if step.outputs.contains(&Output::Event(Event::TriesAgain)) {
            if !self.failed {
                self.fault("tries again without having failed");
            }
            (self.failed, self.open) = (false, true);
        }
        if self.failed && !step.outputs.is_empty() {
            self.fault("does something after failing");
        }
        for output in &step.outputs {
            self.output(output);
        }
        let waits = !self.under_way.is_empty() || (!self.busy.is_empty() && !self.ended);
        if self.open && waits && step.wake_at.is_none() {
            self.fault("waits for something without an alarm");
        }
    }

    fn take(&mut self, input: &Input) {
        if let Some(id) = input.ended() {
            self.under_way.remove(&id);
        }
        if let Input::Appended { track } | Input::AppendFailed { track, .. } | Input::Evicted { track } = input {
            self.busy.remove(track);
        }
        if let Input::Command(command) = input {
            let goes_on = matches!(command, Command::Open { .. } | Command::Retry | Command::Seek(_));
            self.ended &= !goes_on;
            self.failed &= !matches!(command, Command::Open { .. });
            if matches!(command, Command::Open { .. }) {
                self.open = true;
                self.busy.clear();
            }
        }
    }

    fn output(&mut self, output: &Output) {
        match output {
            Output::Load { id, url, range, .. } => {
                let address = (url.clone(), *range);
                if self.under_way.values().any(|other| *other == address) {
                    self.fault("loads the same thing twice at once");
                }
                if !self.used.insert(*id) {
                    self.fault("uses the number of a load twice");
                }
                self.under_way.insert(*id, address);
                if self.under_way.len() > 8 {
                    self.fault("has more than eight loads under way");
                }
            }
            Output::Cancel(id) => {
                if self.under_way.remove(id).is_none() {
                    self.fault("cancels what is not under way");
                }
            }
            Output::Prepare { buffers, .. } => {
                self.tracks = buffers.iter().map(|setup| setup.track).collect();
                self.busy.clear();
            }
            Output::Append { track, .. } | Output::Evict { track, .. } => {
                if !self.tracks.contains(track) {
                    self.fault("uses a buffer before it is prepared");
                }
                if !self.busy.insert(*track) {
                    self.fault("asks a busy buffer for more");
                }
            }
            Output::EndOfStream if !self.busy.is_empty() => self.fault("ends the stream with a busy buffer"),
            Output::Event(Event::Failed(_)) => {
                (self.failed, self.open) = (true, false);
                if !self.under_way.is_empty() {
                    self.fault("leaves loads under way when it fails");
                }
            }
            // Where the next one was opened anew, nothing of the buffers before is waited for.
            Output::Event(Event::NextBegan { .. }) => {
                self.ended = false;
                self.busy.clear();
            }
            Output::Event(Event::Ended) => self.ended = true,
            Output::Forget(_)
            | Output::AskStart { .. }
            | Output::ChangeType { .. }
            | Output::MoveTo(_)
            | Output::Seekable(_)
            | Output::EndOfStream
            | Output::RenewAddress
            | Output::AskDecoder(_)
            | Output::Text(_)
            | Output::Event(_) => {}
        }
    }
}
