//! What drivers step: a presentation, or several one after the other.

use player_core::abr::why::Account;
use player_core::{Input, Now, Player, PlayerConfig, Sequence, Stats, Step};
use serde::{Deserialize, Serialize};

/// Which part of the core a driver steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Driven {
    /// A [`Player`].
    Player,
    /// A [`Sequence`].
    Sequence,
}

/// The part itself.
#[derive(Clone, Debug)]
pub enum Core {
    /// Plays one presentation.
    Player(Box<Player>),
    /// Plays one after the other.
    Sequence(Box<Sequence>),
}

impl Core {
    pub(crate) fn new(driven: Driven, config: PlayerConfig) -> Self {
        match driven {
            Driven::Player => Self::Player(Box::new(Player::new(config))),
            Driven::Sequence => Self::Sequence(Box::new(Sequence::new(config))),
        }
    }

    pub(crate) fn step(&mut self, now: Now, input: Input) -> Step {
        match self {
            Self::Player(player) => player.step(now, input),
            Self::Sequence(sequence) => sequence.step(now, input),
        }
    }

    /// Of what plays now.
    pub fn stats(&self) -> Stats {
        match self {
            Self::Player(player) => player.stats(),
            Self::Sequence(sequence) => sequence.stats(),
        }
    }

    /// What was decided about variants in the last step, and why.
    pub fn accounts(&self) -> &[Account] {
        match self {
            Self::Player(player) => player.accounts(),
            Self::Sequence(sequence) => sequence.accounts(),
        }
    }
}
