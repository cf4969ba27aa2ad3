//! What to do about a failed load. Pure: a failure and its history in, a remedy out.

use std::time::Duration;

use crate::message::LoadFailure;

/// First wait after a failure; doubles up to [`LONGEST_WAIT`].
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// A viewer waits in front of a still picture: longer than this must not pass unused once the link is back.
const LONGEST_WAIT: Duration = Duration::from_secs(8);
/// A server may ask for a pause between these.
const SHORTEST_REQUEST: Duration = Duration::from_millis(200);
const LONGEST_REQUEST: Duration = Duration::from_secs(60);
/// How long a stream is avoided after it failed for good.
const AVOID: Duration = Duration::from_secs(30);

/// The remedy for one failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// The same again after this time; the server cannot be reached, which another variant would not change.
    Unreachable(Duration),
    /// The same again after this time.
    RetryAfter(Duration),
    /// The server asked for this pause. No fault of it, of the link or of the stream.
    AskedToWait(Duration),
    /// Another variant for this time, if there is one.
    Avoid(Duration),
}

/// What to do about `cause` after `failures` failures in a row of the same stream before this one.
pub(crate) fn remedy(cause: &LoadFailure, failures: u32) -> Remedy {
    match cause {
        LoadFailure::Network => Remedy::Unreachable(backoff(failures)),
        LoadFailure::Status { code: 429 | 503, retry_after: Some(pause), .. } => {
            Remedy::AskedToWait((*pause).clamp(SHORTEST_REQUEST, LONGEST_REQUEST))
        }
        LoadFailure::Status { code: 408 | 425 | 429 | 500..=599, .. } if failures < 2 => {
            Remedy::RetryAfter(backoff(failures))
        }
        LoadFailure::Corrupt if failures == 0 => Remedy::RetryAfter(Duration::ZERO),
        LoadFailure::TimedOut | LoadFailure::Status { .. } | LoadFailure::Corrupt | LoadFailure::Refused(_) => {
            Remedy::Avoid(AVOID)
        }
    }
}

/// The wait before the next try: 0.5, 1, 2, 4, 8, 8, ... s.
pub(crate) fn backoff(failures: u32) -> Duration {
    FIRST_WAIT.saturating_mul(1 << failures.min(8)).min(LONGEST_WAIT)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16, retry_after_s: Option<u64>) -> LoadFailure {
        LoadFailure::Status { code, retry_after: retry_after_s.map(Duration::from_secs), problem: None }
    }

    #[test]
    fn every_failure_has_its_remedy() {
        let (ms, s) = (Duration::from_millis, Duration::from_secs);
        let table = [
            (LoadFailure::Network, 0, Remedy::Unreachable(ms(500))),
            (LoadFailure::Network, 3, Remedy::Unreachable(s(4))),
            (LoadFailure::Network, u32::MAX, Remedy::Unreachable(s(8))),
            (LoadFailure::TimedOut, 0, Remedy::Avoid(AVOID)),
            (status(503, Some(3)), 9, Remedy::AskedToWait(s(3))),
            (status(503, Some(0)), 0, Remedy::AskedToWait(ms(200))),
            (status(429, Some(9_999)), 0, Remedy::AskedToWait(s(60))),
            (status(503, None), 0, Remedy::RetryAfter(ms(500))),
            (status(500, None), 1, Remedy::RetryAfter(s(1))),
            (status(500, Some(5)), 2, Remedy::Avoid(AVOID)),
            (status(404, None), 0, Remedy::Avoid(AVOID)),
            (status(410, None), 0, Remedy::Avoid(AVOID)),
            (LoadFailure::Corrupt, 0, Remedy::RetryAfter(Duration::ZERO)),
            (LoadFailure::Corrupt, 1, Remedy::Avoid(AVOID)),
            (LoadFailure::Refused(String::new()), 0, Remedy::Avoid(AVOID)),
        ];
        for (cause, failures, expected) in table {
            assert_eq!(remedy(&cause, failures), expected, "{cause:?} after {failures}");
        }
    }
}
