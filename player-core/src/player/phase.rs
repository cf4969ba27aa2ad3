//! The phases of a player and the ways between them.

/// Where a player is in its life.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing is open.
    #[default]
    Idle,
    /// The first playlist is being loaded.
    Opening,
    /// The presentation is known and playing, or about to.
    Running,
    /// Played to the end.
    Ended,
    /// Gave up; only `Retry`, `Open` and, without a network, `Online` lead on.
    Failed,
}

impl Phase {
    /// Whether a player may go from here to `next`.
    pub(crate) fn may_become(self, next: Self) -> bool {
        match (self, next) {
            // Open works everywhere.
            (_, Self::Opening) => true,
            (Self::Opening | Self::Ended | Self::Failed, Self::Running) => true,
            (Self::Running, Self::Ended) => true,
            (Self::Opening | Self::Running | Self::Ended, Self::Failed) => true,
            (from, to) => from == to,
        }
    }

    /// Whether anything is done in this phase.
    pub(crate) fn is_active(self) -> bool {
        match self {
            Self::Opening | Self::Running | Self::Ended => true,
            Self::Idle | Self::Failed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_open_leaves_idle() {
        for next in [Phase::Running, Phase::Ended, Phase::Failed] {
            assert!(!Phase::Idle.may_become(next), "{next:?}");
        }
        assert!(Phase::Idle.may_become(Phase::Opening));
        assert!(!Phase::Failed.may_become(Phase::Ended));
    }
}
