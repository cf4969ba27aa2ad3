//! What links carried, kept in a file of the user's, so that the next start need not guess. A link is a server and the
//! network that this machine is in, which its router is known by: what home carried says nothing of a hotel.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use media_model::BitsPerSecond;
use serde::{Deserialize, Serialize};
use url::{Host, Url};

/// What is older says little of the link today.
const KEPT: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// The newest are kept.
const MOST: usize = 64;
/// A file larger than this is none of ours.
const LARGEST: u64 = 1 << 20;

/// One link.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct Link {
    bits_per_second: u64,
    /// Since 1970.
    seen_s: u64,
}

/// The file with what links carried.
#[derive(Clone, Debug)]
pub struct LinkMemory {
    file: PathBuf,
    /// Asked each time: people take their machines along.
    network: fn() -> Option<u64>,
}

impl LinkMemory {
    /// In the user's cache; `None` where there is no such place.
    pub fn of_user() -> Option<Self> {
        let file = dirs::cache_dir()?.join("matinee").join("links.json");
        Some(Self { file, network: present_network })
    }

    /// The way to a server on this machine is the same in every network.
    fn key(&self, server: &Url) -> String {
        let is_here = match server.host() {
            Some(Host::Domain(name)) => name == "localhost",
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            None => false,
        };
        let server = server.origin().ascii_serialization();
        let network = if is_here { None } else { (self.network)() };
        network.map_or_else(|| server.clone(), |network| format!("{server} {network:016x}"))
    }

    /// What the link to this server carried when it was used last from this network, in the last seven days.
    pub fn known(&self, server: &Url, now: SystemTime) -> Option<BitsPerSecond> {
        let link = *self.links().get(&self.key(server))?;
        let is_recent = age(link, now).is_some_and(|age| age < KEPT);
        (is_recent && link.bits_per_second > 0).then(|| BitsPerSecond::new(link.bits_per_second))
    }

    /// Remembers.
    ///
    /// # Errors
    /// When the file cannot be written. What it held is still there then.
    pub fn remember(&self, server: &Url, rate: BitsPerSecond, now: SystemTime) -> std::io::Result<()> {
        let seen_s = now.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
        let mut links = self.links();
        links.retain(|_, link| age(*link, now).is_some_and(|age| age < KEPT));
        links.insert(self.key(server), Link { bits_per_second: rate.get(), seen_s });
        while links.len() > MOST
            && let Some(oldest) = links.iter().min_by_key(|(_, link)| link.seen_s).map(|(key, _)| key.clone())
        {
            links.remove(&oldest);
        }
        let folder = self.file.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        // As a whole or not at all: another player may write at the same time.
        let mut fresh = tempfile::NamedTempFile::new_in(folder)?;
        fresh.write_all(&serde_json::to_vec_pretty(&links)?)?;
        fresh.persist(&self.file)?;
        Ok(())
    }

    /// None if the file is missing or cannot be read: then the next start guesses.
    fn links(&self) -> BTreeMap<String, Link> {
        let is_ours = std::fs::metadata(&self.file).is_ok_and(|found| found.len() <= LARGEST);
        let text = std::fs::read(&self.file).ok().filter(|_| is_ours);
        text.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default()
    }
}

/// A number for the network that this machine is in: of its router's hardware address, which is nobody else's. `None` where
/// there is no router, or no way to know it.
fn present_network() -> Option<u64> {
    let router = netdev::get_default_gateway().ok()?.mac_addr;
    let mut hasher = DefaultHasher::new();
    router.octets().hash(&mut hasher);
    (router.octets() != [0; 6]).then(|| hasher.finish())
}

/// `None` if it was seen in the future: the clock was set back.
fn age(link: Link, now: SystemTime) -> Option<Duration> {
    now.duration_since(UNIX_EPOCH + Duration::from_secs(link.seen_s)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 60 * 60);

    fn at(file: PathBuf) -> LinkMemory {
        LinkMemory { file, network: || None }
    }

    fn server(name: &str) -> Url {
        Url::parse(&format!("https://{name}.test/film/main.m3u8")).unwrap()
    }

    #[test]
    fn what_was_seen_is_known_for_a_week_for_the_same_server() {
        let folder = tempfile::tempdir().unwrap();
        let memory = at(folder.path().join("deep").join("links.json"));
        let (rate, then) = (BitsPerSecond::from_kbps(17_000), UNIX_EPOCH + DAY * 20_000);
        assert_eq!(memory.known(&server("box"), then), None);
        memory.remember(&server("box"), rate, then).unwrap();
        let elsewhere = Url::parse("https://box.test/other/list.m3u8?x=1").unwrap();
        assert_eq!(memory.known(&elsewhere, then + DAY * 6), Some(rate));
        assert_eq!(memory.known(&server("box"), then + DAY * 8), None);
        assert_eq!(memory.known(&server("box"), then - DAY), None, "the clock was set back");
        assert_eq!(memory.known(&server("cloud"), then), None);
        memory.remember(&server("box"), BitsPerSecond::from_kbps(2_000), then + DAY).unwrap();
        assert_eq!(memory.known(&server("box"), then + DAY), Some(BitsPerSecond::from_kbps(2_000)));
    }

    #[test]
    fn what_one_network_carried_says_nothing_of_another() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("links.json");
        let home = LinkMemory { network: || Some(1), ..at(file.clone()) };
        let hotel = LinkMemory { network: || Some(2), ..at(file) };
        let (rate, then) = (BitsPerSecond::from_kbps(17_000), UNIX_EPOCH + DAY);
        home.remember(&server("box"), rate, then).unwrap();
        assert_eq!((home.known(&server("box"), then), hotel.known(&server("box"), then)), (Some(rate), None));
        for here in ["http://127.0.0.1:8484", "http://[::1]:8484", "http://localhost:8484"] {
            let here = Url::parse(here).unwrap();
            home.remember(&here, rate, then).unwrap();
            assert_eq!(hotel.known(&here, then), Some(rate), "{here} is this machine, wherever it is");
        }
    }

    #[test]
    fn a_file_that_is_not_ours_is_nothing_known_and_is_written_anew() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("links.json");
        let memory = at(file.clone());
        for nonsense in ["", "[]", "{\"https://box.test\": {\"bits_per_second\": -1}}"] {
            std::fs::write(&file, nonsense).unwrap();
            assert_eq!(memory.known(&server("box"), UNIX_EPOCH + DAY), None, "{nonsense}");
        }
        memory.remember(&server("box"), BitsPerSecond::from_kbps(9), UNIX_EPOCH + DAY).unwrap();
        assert!(memory.known(&server("box"), UNIX_EPOCH + DAY).is_some());
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is left beside it");
    }

    #[test]
    fn the_newest_are_kept() {
        let folder = tempfile::tempdir().unwrap();
        let memory = at(folder.path().join("links.json"));
        let at = |number: u32| UNIX_EPOCH + Duration::from_secs(u64::from(number));
        for number in 0..70 {
            memory.remember(&server(&format!("s{number}")), BitsPerSecond::from_kbps(1_000), at(number)).unwrap();
        }
        let known = |number: u32| memory.known(&server(&format!("s{number}")), at(70)).is_some();
        assert!(!known(5) && known(6) && known(69));
    }
}
