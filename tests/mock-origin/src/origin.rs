//! A running origin: the socket, the routes, and the handles a test holds.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, RwLock};
use std::time::Duration;

use axum::Router;
use axum::http::uri::{Authority, Uri};
use axum::http::{HeaderMap, Method, header};
use axum::routing::{get, post, put};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use url::Url;

use crate::connection::{self, Places};
use crate::content::{LoadError, Presentation, load};
use crate::fault::{Counts, Rule};
use crate::hash::Seed;
use crate::log::{Entry, Log};
use crate::network::{Links, NetworkPlan};
use crate::playlist::Versions;
use crate::profile::Profile;
use crate::scenario::Scenario;
use crate::tls::{self, Certificate, TlsError};
use crate::upstream::{self, Upstream};
use crate::{answer, cache, control, index};

/// What an origin is started with.
#[derive(Clone, Debug)]
pub struct OriginConfig {
    /// Content, network and faults.
    pub scenario: Scenario,
    /// Where requests are passed on to that are not for content of our own; its path must not be that of such content.
    pub upstream: Option<Url>,
    /// Certificates in PEM that the upstream may have, beside those that everybody trusts.
    pub upstream_trusted: Vec<u8>,
    /// Where it listens; port 0 takes any.
    pub listen: SocketAddr,
    /// Whether it speaks TLS, with a certificate of its own.
    pub tls: bool,
}

impl OriginConfig {
    /// A scenario on any port of the loopback.
    pub fn of(scenario: Scenario) -> Self {
        Self {
            scenario,
            upstream: None,
            upstream_trusted: Vec::new(),
            listen: SocketAddr::from(([127, 0, 0, 1], 0)),
            tls: false,
        }
    }

    /// One link for all before a real server, on any port of the loopback.
    pub fn before(upstream: Url, profile: Profile, latency: Duration) -> Self {
        let scenario = Scenario::network(NetworkPlan::shared(profile, latency));
        Self { upstream: Some(upstream), ..Self::of(scenario) }
    }
}

/// Why an origin did not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The address is not one to pass requests on to.
    #[error("the upstream {0} is no http or https address with a host")]
    Upstream(Url),
    /// What its certificate is to be checked with is none.
    #[error("what the upstream is to be trusted for holds no certificate in PEM")]
    UpstreamTrust,
    /// What is to be played of the upstream is hidden behind content of our own.
    #[error(
        "the presentation {name} has the path of the upstream's {path}, which would never be asked for; \
         give it another name in the scenario"
    )]
    Hidden {
        /// Of the presentation.
        name: String,
        /// What is to be played of the upstream.
        path: String,
    },
    /// The socket could not be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// The system's reason.
        source: std::io::Error,
    },
    /// A presentation could not be had.
    #[error("presentation {name}")]
    Content {
        /// Which one.
        name: String,
        /// What is wrong.
        source: LoadError,
    },
    /// There is no TLS.
    #[error("no TLS")]
    Tls(#[from] TlsError),
}

/// The page with the addresses to play, also where `/` is an upstream's.
pub const INDEX: &str = "/_index";

/// A running origin; it ends when this is dropped.
#[derive(Debug)]
pub struct Origin {
    address: SocketAddr,
    shared: Arc<Shared>,
    serving: JoinHandle<()>,
}

/// What is played now.
#[derive(Clone, Debug)]
pub(crate) struct Playing {
    pub(crate) description: String,
    pub(crate) seed: Seed,
    pub(crate) network: NetworkPlan,
    pub(crate) presentations: Arc<Vec<Presentation>>,
    pub(crate) faults: Vec<Rule>,
}

#[derive(Debug)]
pub(crate) struct Shared {
    /// `http://host:port`, as we listen.
    pub(crate) base: String,
    pub(crate) links: Links,
    pub(crate) log: Log,
    pub(crate) places: Places,
    pub(crate) closing: Notify,
    pub(crate) upstream: Option<Upstream>,
    /// If there is TLS.
    pub(crate) certificate: Option<Certificate>,
    playing: RwLock<Arc<Playing>>,
    past: Mutex<Past>,
}

/// What was since the start or the last reset.
#[derive(Debug)]
pub(crate) struct Past {
    origin: Instant,
    counts: Counts,
    /// Of HEAD: who looks first must not use up what is to happen to who loads.
    head_counts: Counts,
    pub(crate) versions: Versions,
}

impl Past {
    fn from(origin: Instant) -> Self {
        Self { origin, counts: Counts::default(), head_counts: Counts::default(), versions: Versions::default() }
    }

    /// The counts that requests with this method are among.
    pub(crate) fn counts_of(&mut self, method: &Method) -> &mut Counts {
        if *method == Method::HEAD { &mut self.head_counts } else { &mut self.counts }
    }
}

impl Shared {
    pub(crate) fn plan(&self) -> Arc<Playing> {
        Arc::clone(&self.playing.read().expect("nothing panics while it holds the lock"))
    }

    pub(crate) fn past(&self) -> MutexGuard<'_, Past> {
        self.past.lock().expect("nothing panics while it holds the lock")
    }

    /// Since the start or the last reset.
    pub(crate) fn now(&self) -> Duration {
        self.past().origin.elapsed()
    }

    /// The base of addresses for whoever makes this request: as they reached us, which where we listen on all addresses is
    /// none of them.
    pub(crate) fn base_for(&self, uri: &Uri, headers: &HeaderMap) -> String {
        let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
        let asked = uri.authority().map(Authority::as_str).or(host);
        match (asked, self.base.split_once("://")) {
            (Some(asked), Some((scheme, _))) => format!("{scheme}://{asked}"),
            (Some(_) | None, _) => self.base.clone(),
        }
    }

    /// Changes what is played, and keeps the past.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Playing)) {
        let mut playing = self.playing.write().expect("nothing panics while it holds the lock");
        let mut changed = Playing::clone(&playing);
        change(&mut changed);
        *playing = Arc::new(changed);
    }

    /// Changes the link from now on.
    pub(crate) fn set_profile(&self, profile: Profile) {
        self.change(|playing| playing.network.profile = profile.clone());
        self.links.set(self.plan().network.scope, &profile, Instant::now());
    }

    /// Starts the network's time, the rules' counts and the log anew.
    pub(crate) fn reset(&self) {
        let origin = Instant::now();
        let network = self.plan().network.clone();
        self.links.set(network.scope, &network.profile, origin);
        *self.past() = Past::from(origin);
        self.log.reset(origin);
    }

    /// Plays another scenario, from its beginning.
    pub(crate) async fn play(&self, scenario: Scenario) -> Result<(), StartError> {
        let playing = playing(scenario, self.upstream.is_some()).await?;
        self.change(|now| *now = playing);
        self.reset();
        Ok(())
    }
}

/// Makes a scenario's presentations ready. Before an upstream none is needed.
async fn playing(scenario: Scenario, has_upstream: bool) -> Result<Playing, StartError> {
    let scenario = if has_upstream { scenario } else { scenario.with_content() };
    let Scenario { description, seed, network, presentations, faults } = scenario;
    let loading = tokio::task::spawn_blocking(move || {
        let load = |plan: &crate::content::PresentationPlan| {
            let failed = |source| StartError::Content { name: plan.name.clone(), source };
            load::presentation(plan, seed, &say).map_err(failed)
        };
        presentations.iter().map(load).collect::<Result<Vec<_>, _>>()
    });
    let presentations = loading.await.expect("loading does not panic, and nobody cancels it")?;
    Ok(Playing { description, seed, network, presentations: Arc::new(presentations), faults })
}

/// Encoding takes a while: whoever waits should know why.
#[expect(clippy::print_stderr, reason = "progress of the tool, for the person who started it")]
fn say(what: &str) {
    eprintln!("mock-origin: {what}");
}

impl Origin {
    /// Makes the content ready and starts to listen; needs a Tokio runtime.
    ///
    /// # Errors
    /// The upstream is not usable, the address is taken, or content cannot be had.
    pub async fn start(config: OriginConfig) -> Result<Self, StartError> {
        if let Some(path) = config.upstream.as_ref().map(Url::path) {
            let mut own = config.scenario.presentations.iter().map(|plan| &plan.name);
            if let Some(name) =
                own.find(|name| path.strip_prefix('/').and_then(|path| path.split('/').next()) == Some(name))
            {
                return Err(StartError::Hidden { name: name.clone(), path: path.to_owned() });
            }
        }
        let upstream = match config.upstream {
            Some(url) => {
                let trusted = upstream::certificates(&config.upstream_trusted).ok_or(StartError::UpstreamTrust)?;
                Some(Upstream::new(&url, trusted).ok_or(StartError::Upstream(url))?)
            }
            None => None,
        };
        let failed = |source| StartError::Listen { address: config.listen, source };
        // Before content is made: a taken port should not cost a minute of encoding.
        let listener = TcpListener::bind(config.listen).await.map_err(failed)?;
        let address = listener.local_addr().map_err(failed)?;
        let (tls, certificate) = if config.tls {
            let (tls, certificate) = tls::prepare(&address.ip().to_string(), &cache::folder())?;
            (Some(tls), Some(certificate))
        } else {
            (None, None)
        };
        let playing = playing(config.scenario, upstream.is_some()).await?;
        let origin = Instant::now();
        let shared = Arc::new(Shared {
            base: format!("{}://{address}", if tls.is_some() { "https" } else { "http" }),
            links: Links::new(playing.network.scope, playing.network.profile.clone(), origin),
            log: Log::default(),
            places: Places::default(),
            closing: Notify::new(),
            upstream,
            certificate,
            playing: RwLock::new(Arc::new(playing)),
            past: Mutex::new(Past::from(origin)),
        });
        let serving = tokio::spawn(connection::accept(listener, Arc::clone(&shared), routes(&shared), tls));
        Ok(Self { address, shared, serving })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address as a URL without a path.
    pub fn url(&self) -> &str {
        &self.shared.base
    }

    /// The addresses to play.
    pub fn play_urls(&self) -> Vec<String> {
        let plan = self.shared.plan();
        plan.presentations.iter().map(|presentation| format!("{}{}", self.shared.base, presentation.path())).collect()
    }

    /// Changes the link from now on.
    pub fn set_profile(&self, profile: Profile) {
        self.shared.set_profile(profile);
    }

    /// Changes the latency of requests that are still to come.
    pub fn set_latency(&self, latency: Duration) {
        self.shared.change(|playing| playing.network.latency = latency);
    }

    /// Plays another scenario from its beginning; content that is not there yet is made.
    ///
    /// # Errors
    /// Content cannot be had; what was played before goes on.
    pub async fn set_scenario(&self, scenario: Scenario) -> Result<(), StartError> {
        self.shared.play(scenario).await
    }

    /// Starts the network's time, the rules' counts and the log anew.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// The requests that have ended since the start or the last reset.
    pub fn log(&self) -> Vec<Entry> {
        self.shared.log.entries()
    }

    /// The certificate in PEM, if it speaks TLS.
    pub fn certificate(&self) -> Option<&str> {
        self.shared.certificate.as_ref().map(|certificate| certificate.pem.as_str())
    }

    /// The file with the certificate, if it speaks TLS; the same at each start.
    pub fn certificate_file(&self) -> Option<&Path> {
        self.shared.certificate.as_ref().map(|certificate| certificate.path.as_path())
    }
}

impl Drop for Origin {
    fn drop(&mut self) {
        self.serving.abort();
        self.shared.closing.notify_waiters();
    }
}

fn routes(shared: &Arc<Shared>) -> Router {
    let routes = Router::new()
        .route("/_control/rate", put(control::rate))
        .route("/_control/reset", post(control::reset))
        .route("/_control/scenario", put(control::scenario))
        .route("/_control/log", get(control::log))
        .route("/_control/log.har", get(control::archive))
        .route("/_control/certificate.pem", get(control::certificate))
        .route("/_control/", get(index::page))
        .route(INDEX, get(index::page));
    // The upstream's own first page is the upstream's.
    let routes = if shared.upstream.is_some() { routes } else { routes.route("/", get(index::page)) };
    routes.fallback(answer::answer).with_state(Arc::clone(shared))
}
