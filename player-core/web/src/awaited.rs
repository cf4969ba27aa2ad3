//! Stands in for the core's player until it is there: says so and plays nothing.

use player_core::message::{Command, Event, Input, Output};
use player_core::{Now, Step};

#[derive(Default)]
pub(crate) struct PlayerConfig;

pub(crate) struct Player;

impl Player {
    pub(crate) fn new(_: PlayerConfig) -> Self {
        Self
    }

    pub(crate) fn step(&mut self, _: Now, input: Input) -> Step {
        let outputs = match input {
            Input::Command(Command::Open { .. }) => {
                vec![Output::Event(Event::Failed("The adaptive player is not built in yet.".into()))]
            }
            _ => Vec::new(),
        };
        Step { outputs, wake_at: None }
    }
}
