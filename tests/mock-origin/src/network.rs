//! The network between the origin and its clients: who shares a link, how long a first byte takes, how many may come.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::time::Instant;

use crate::bucket::Bucket;
use crate::hash::Seed;
use crate::profile::Profile;

/// Who shares one link.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Scope {
    /// All connections, as behind one home router.
    #[default]
    All,
    /// All connections from one address.
    Client,
    /// Nobody: each connection has a link of its own.
    Connection,
}

/// What happens to a connection beyond the limit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OverLimit {
    /// It waits until another one ends, as in a listen queue.
    #[default]
    Wait,
    /// It is reset.
    Refuse,
}

/// Which versions of HTTP are spoken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HttpVersions {
    /// HTTP/1.1 and HTTP/2, as the client likes.
    #[default]
    Any,
    /// HTTP/1.1 only.
    One,
    /// HTTP/2 only; without TLS the client has to know.
    Two,
}

/// A network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NetworkPlan {
    /// Who shares one link.
    pub scope: Scope,
    /// How fast a link is; its time starts with the origin and with each reset.
    pub profile: Profile,
    /// From request to first byte, beside what the profile says.
    pub latency: Duration,
    /// Up to so much more, by a hash of the URL and the attempt.
    pub jitter: Duration,
    /// From a connection to its first request.
    pub connect: Duration,
    /// Connections that may be open at once.
    pub max_connections: Option<usize>,
    /// What happens to more.
    pub over_limit: OverLimit,
    /// Which versions of HTTP are spoken.
    pub http: HttpVersions,
}

impl NetworkPlan {
    /// One link for all, with this profile and latency.
    pub fn shared(profile: Profile, latency: Duration) -> Self {
        Self {
            scope: Scope::All,
            profile,
            latency,
            jitter: Duration::ZERO,
            connect: Duration::ZERO,
            max_connections: None,
            over_limit: OverLimit::Wait,
            http: HttpVersions::Any,
        }
    }

    /// From request to first byte, at this time of the profile.
    pub(crate) fn first_byte(&self, seed: Seed, at: Duration, url: &str, attempt: u64) -> Duration {
        let part = seed.fraction(&[b"jitter", url.as_bytes(), &attempt.to_be_bytes()]);
        self.latency + self.profile.latency(at) + self.jitter.mul_f64(part)
    }
}

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Peer {
    /// Its address.
    pub(crate) client: IpAddr,
    /// Number of the connection, from 1.
    pub(crate) connection: u64,
}

/// The links that are in use.
#[derive(Debug)]
pub(crate) struct Links {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    scope: Scope,
    profile: Profile,
    origin: Instant,
    buckets: HashMap<Key, Arc<Bucket>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Key {
    All,
    Client(IpAddr),
    Connection(u64),
}

impl Links {
    pub(crate) fn new(scope: Scope, profile: Profile, origin: Instant) -> Self {
        Self { state: Mutex::new(State { scope, profile, origin, buckets: HashMap::new() }) }
    }

    /// The link that this client's bytes go through.
    pub(crate) fn of(&self, peer: Peer) -> Arc<Bucket> {
        let mut state = self.lock();
        let key = match state.scope {
            Scope::All => Key::All,
            Scope::Client => Key::Client(peer.client),
            Scope::Connection => Key::Connection(peer.connection),
        };
        let (profile, origin) = (&state.profile.clone(), state.origin);
        Arc::clone(state.buckets.entry(key).or_insert_with(|| Arc::new(Bucket::new(profile.clone(), origin))))
    }

    /// A connection has ended.
    pub(crate) fn forget(&self, connection: u64) {
        self.lock().buckets.remove(&Key::Connection(connection));
    }

    /// Changes all links, those in use too; the profile's time starts at `origin`.
    pub(crate) fn set(&self, scope: Scope, profile: &Profile, origin: Instant) {
        let mut state = self.lock();
        (state.scope, state.profile, state.origin) = (scope, profile.clone(), origin);
        for bucket in state.buckets.values() {
            bucket.set(profile.clone(), origin);
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().expect("nothing panics while it holds the lock")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn peer(client: [u8; 4], connection: u64) -> Peer {
        Peer { client: client.into(), connection }
    }

    #[tokio::test(start_paused = true)]
    async fn a_link_is_shared_by_whom_the_scope_says() {
        let (one, again, other) = (peer([127, 0, 0, 1], 1), peer([127, 0, 0, 1], 2), peer([127, 0, 0, 2], 3));
        let same = |scope, a, b| {
            let links = Links::new(scope, Profile::steady(1), Instant::now());
            Arc::ptr_eq(&links.of(a), &links.of(b))
        };
        assert!(same(Scope::All, one, other) && same(Scope::Client, one, again) && same(Scope::Connection, one, one));
        assert!(!same(Scope::Client, one, other) && !same(Scope::Connection, one, again));
    }

    #[test]
    fn jitter_depends_on_what_is_asked_for_and_on_nothing_else() {
        let mut plan = NetworkPlan::shared(Profile::steady(1), Duration::from_millis(20));
        plan.jitter = Duration::from_millis(10);
        let wait = |url, attempt| plan.first_byte(Seed::new(1), Duration::ZERO, url, attempt);
        assert_eq!(wait("/a", 1), wait("/a", 1));
        assert!(wait("/a", 1) != wait("/a", 2) && wait("/a", 1) != wait("/b", 1));
        assert!((0..100).all(|attempt| (20..=30).contains(&wait("/a", attempt).as_millis())));
    }
}
