//! Tokens in addresses that are good for a while only, as those of content delivery networks.

use std::time::Duration;

use super::{Asked, Fault, Rule};
use crate::hash::Seed;

/// The parameter that carries a token.
const PARAMETER: &str = "token";

/// The URL without its token: fresh tokens make no other resource of it.
pub(crate) fn without_token(url: &str) -> String {
    let Some((path, query)) = url.split_once('?') else { return url.to_owned() };
    let others: Vec<&str> = query
        .split('&')
        .filter(|pair| !pair.strip_prefix(PARAMETER).is_some_and(|rest| rest.starts_with('=')))
        .collect();
    if others.is_empty() { path.to_owned() } else { format!("{path}?{}", others.join("&")) }
}

/// Makes and checks the tokens of one rule.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Tokens<'a> {
    seed: Seed,
    rule: &'a Rule,
}

impl<'a> Tokens<'a> {
    pub(crate) fn of(seed: Seed, rule: &'a Rule) -> Self {
        Self { seed, rule }
    }

    /// Whether the token in the URL is this path's and has not expired.
    pub(super) fn accepts(self, asked: Asked<'_>) -> bool {
        let query = asked.url.split_once('?').map_or("", |(_, query)| query);
        let token = query.split('&').find_map(|pair| pair.strip_prefix(PARAMETER)?.strip_prefix('='));
        let Some((expiry, signature)) = token.and_then(|token| token.split_once('-')) else { return false };
        let Ok(expiry) = u64::from_str_radix(expiry, 16) else { return false };
        let signed = self.signature(asked.path(), expiry) == signature;
        signed && asked.at < Duration::from_millis(expiry)
    }

    /// The address with a token, if the rule is about this path. `now` is when the playlist goes out.
    pub(crate) fn sign(self, uri: &str, path: &str, now: Duration) -> Option<String> {
        let Fault::Expire(valid) = self.rule.fault else { return None };
        if !self.rule.is_about(path) {
            return None;
        }
        let expiry = u64::try_from((now + valid).as_millis()).unwrap_or(u64::MAX);
        let separator = if uri.contains('?') { '&' } else { '?' };
        Some(format!("{uri}{separator}{PARAMETER}={expiry:x}-{}", self.signature(path, expiry)))
    }

    fn signature(self, path: &str, expiry: u64) -> String {
        let parts: [&[u8]; 4] = [b"token", self.rule.name.as_bytes(), path.as_bytes(), &expiry.to_be_bytes()];
        format!("{:016x}", self.seed.hash(&parts))
    }
}
