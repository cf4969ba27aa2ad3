//! Loads under way: from the request to the last byte, as far as the link and the server are.

use std::time::Duration;

use media_model::ByteCount;
use player_core::message::{LoadFailure, LoadKind, ServerTiming};
use player_core::{Input, RequestId};
use url::Url;

use super::origin::{Answer, Body};
use super::{Kept, Play, TICK, link};
use crate::report::Request;

/// Progress is reported this often, as browsers do at most.
const PROGRESS_EVERY: Duration = Duration::from_millis(20);

pub(super) struct Transfer {
    pub(super) url: Url,
    pub(super) answer: Answer,
    pub(super) begun: Duration,
    pub(super) first_byte: Option<Duration>,
    pub(super) size: u64,
    pub(super) bytes: u64,
    pub(super) told: (Duration, u64),
    pub(super) idle_timeout: Duration,
    pub(super) log: usize,
}

impl Transfer {
    /// Bytes that the server has made so far.
    fn made(&self, now: Duration) -> u64 {
        let Some(first_byte) = self.first_byte else { return 0 };
        let share = self.answer.made(now.saturating_sub(first_byte));
        if share >= 1_000 { self.size } else { self.size / 1_000 * share }
    }
}

impl Play<'_> {
    pub(super) fn load(&mut self, id: RequestId, url: &Url, kind: LoadKind, idle_timeout: Duration) {
        let answer = if link::is_out(&self.scenario.link, self.now) {
            Answer::plain(Body::Fails(0, LoadFailure::Network))
        } else {
            self.origin.get(url, self.now)
        };
        let size = match &answer.body {
            Body::Text(text) => text.len() as u64,
            Body::Init(size) | Body::Fails(size, _) => *size,
            Body::Media(media) => media.bytes,
            Body::Hangs => u64::MAX,
        };
        let request = Request {
            at: self.now,
            server: url.host_str().unwrap_or_default().to_owned(),
            path: url.path().to_owned(),
            query: url.query().unwrap_or_default().to_owned(),
            is_segment: kind == LoadKind::Segment,
            bytes: 0,
            took: Duration::ZERO,
            outcome: "under way".to_owned(),
        };
        self.report.requests.push(request);
        let log = self.report.requests.len() - 1;
        let transfer = Transfer {
            url: url.clone(),
            answer,
            begun: self.now,
            first_byte: None,
            size,
            bytes: 0,
            told: (self.now, 0),
            idle_timeout,
            log,
        };
        self.transfers.insert(id, transfer);
    }

    pub(super) fn move_bytes(&mut self) {
        let out = link::is_out(&self.scenario.link, self.now);
        let latency = self.scenario.link.latency;
        for transfer in self.transfers.values_mut() {
            let answers = !matches!(transfer.answer.body, Body::Hangs);
            if transfer.first_byte.is_none() && answers && self.now >= transfer.begun + latency + transfer.answer.making
            {
                transfer.first_byte = Some(self.now);
                transfer.told.0 = self.now;
            }
        }
        let active = self.transfers.values().filter(|one| one.bytes < one.made(self.now)).count();
        let share = link::share(link::rate(&self.scenario.link, self.now), TICK, active, &mut self.credit);
        let ids: Vec<_> = self.transfers.keys().copied().collect();
        for id in ids {
            if out {
                self.end(id, Some(LoadFailure::Network));
            } else {
                self.move_body(id, share);
            }
        }
    }

    fn move_body(&mut self, id: RequestId, share: u64) {
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        if transfer.first_byte.is_none() {
            if self.now >= transfer.begun + transfer.idle_timeout {
                self.end(id, Some(LoadFailure::TimedOut));
            }
            return;
        }
        if transfer.first_byte == Some(self.now) && !matches!(transfer.answer.body, Body::Fails(0, _)) {
            let served = ServerTiming { encode: transfer.answer.making };
            // What is still being made has no length yet.
            let length = Some(ByteCount::new(transfer.size)).filter(|_| served.encode.is_zero());
            self.tell(Input::FirstByte { id, served, length });
        }
        let Some(transfer) = self.transfers.get_mut(&id) else { return };
        let before = transfer.bytes;
        transfer.bytes = (before + share).min(transfer.made(self.now));
        let (bytes, size, now) = (transfer.bytes, transfer.size, self.now);
        if bytes > before {
            transfer.told.1 = bytes;
        }
        if bytes < size {
            if bytes > before && now >= transfer.told.0 + PROGRESS_EVERY {
                transfer.told.0 = now;
                self.tell(Input::Progress { id, bytes: ByteCount::new(bytes) });
            }
            return;
        }
        let failure = match &transfer.answer.body {
            Body::Fails(_, failure) => Some(failure.clone()),
            Body::Text(_) | Body::Init(_) | Body::Media(_) | Body::Hangs => None,
        };
        self.end(id, failure);
    }

    pub(super) fn end(&mut self, id: RequestId, failure: Option<LoadFailure>) {
        let Some(transfer) = self.transfers.remove(&id) else { return };
        let log = &mut self.report.requests[transfer.log];
        log.bytes = transfer.bytes;
        log.took = self.now - transfer.begun;
        let size = ByteCount::new(transfer.bytes);
        if let Some(cause) = failure {
            log.outcome = format!("{cause:?}");
            self.report.wasted += transfer.bytes;
            self.tell(Input::LoadFailed { id, cause });
            return;
        }
        log.outcome = "ok".to_owned();
        let path = log.path.clone();
        match transfer.answer.body {
            Body::Text(text) => {
                let url = transfer.url;
                self.tell(Input::Playlist { id, url, text });
            }
            Body::Init(_) => {
                let stream = path.split('/').nth(1).unwrap_or_default().to_owned();
                self.kept.insert(id, Kept::Init(stream));
                self.tell(Input::Loaded { id, size });
            }
            Body::Media(media) => {
                self.report.downloaded += media.bytes;
                self.kept.insert(id, Kept::Media(media));
                self.tell(Input::Loaded { id, size });
            }
            Body::Fails(..) | Body::Hangs => {}
        }
    }
}
