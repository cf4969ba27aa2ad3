//! `[http]`: where the server listens and whom it answers.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};

use serde::{Deserialize, Deserializer};

use super::Faults;

/// Section `[http]`.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpConfig {
    /// Address and port; default `127.0.0.1:8484`. Port 0 takes any free one.
    #[serde(deserialize_with = "listen")]
    pub listen: SocketAddr,
    /// Names by which this server may be asked for, besides those of this machine: for a reverse proxy or a name of
    /// one's own. Default none.
    pub allowed_hosts: Vec<String>,
    /// Seconds that requests in flight get to finish at shutdown; 0–300, default 10.
    pub drain_s: u64,
    /// Connections at one time; 16–65,536, default 4,096. One more waits until another ends.
    pub max_connections: usize,
}

impl Default for HttpConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 8484),
            allowed_hosts: Vec::new(),
            drain_s: 10,
            max_connections: 4_096,
        }
    }
}

impl HttpConfig {
    pub(super) fn validate(&self, faults: &mut Faults) {
        if self.drain_s > 300 {
            faults.range("http.drain_s", self.drain_s, "0..=300");
        }
        if !(16..=65_536).contains(&self.max_connections) {
            faults.range("http.max_connections", self.max_connections, "16..=65536");
        }
        for host in &self.allowed_hosts {
            if host.is_empty() || !host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-._".contains(&byte)) {
                faults.push("http.allowed_hosts", format!("{host:?} is not a host name (no scheme, no port)"));
            }
        }
    }
}

/// Reads an address with a port; `localhost` stands for the loopback.
///
/// # Errors
/// In words.
pub(super) fn parse_listen(text: &str) -> Result<SocketAddr, String> {
    let spelt = text.strip_prefix("localhost:").map(|port| format!("127.0.0.1:{port}"));
    let address = spelt.as_deref().unwrap_or(text);
    address.parse().map_err(|_| format!("{text:?} is not an address and a port, such as 127.0.0.1:8484"))
}

fn listen<'de, D: Deserializer<'de>>(deserializer: D) -> Result<SocketAddr, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_listen(&text).map_err(serde::de::Error::custom)
}
