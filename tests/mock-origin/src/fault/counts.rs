//! How often what was asked for: the only memory that rules have.

use std::collections::HashMap;

use super::{Rule, without_token};

/// Counts since the start or the last reset.
#[derive(Debug, Default)]
pub(crate) struct Counts {
    attempts: HashMap<String, u64>,
    /// Of each rule: requests that it is about.
    matched: Vec<u64>,
}

impl Counts {
    /// Counts a request; gives the attempt at its URL, and of each rule the how many-th of its requests it is.
    pub(crate) fn count(&mut self, rules: &[Rule], url: &str) -> (u64, Vec<u64>) {
        let path = url.split('?').next().unwrap_or_default();
        let attempt = self.attempts.entry(without_token(url)).or_default();
        *attempt += 1;
        self.matched.resize(rules.len(), 0);
        for (matched, _) in self.matched.iter_mut().zip(rules).filter(|(_, rule)| rule.is_about(path)) {
            *matched += 1;
        }
        (*attempt, self.matched.clone())
    }
}
