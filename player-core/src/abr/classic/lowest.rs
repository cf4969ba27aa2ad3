//! Always the lowest rung: the floor that other rules are measured against.

use super::{Answer, Rule, View};

#[derive(Clone, Debug)]
pub(super) struct Lowest;

impl Rule for Lowest {
    fn choose(&mut self, _view: &View<'_>) -> Answer {
        Answer::now(0)
    }

    fn copy(&self) -> Box<dyn Rule> {
        Box::new(self.clone())
    }
}
