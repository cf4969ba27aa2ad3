//! What is measured, in the format that Prometheus reads (requirements N01 and N02).

mod playback;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use std::time::Duration;

use axum::extract::State;
use axum::http::{Method, StatusCode, header};
use axum::response::IntoResponse;
use media_engine::Engine;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::{DescriptorEncoder, EncodeLabelSet, EncodeMetric as _};
use prometheus_client::metrics::counter::{ConstCounter, Counter};
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::{ConstGauge, Gauge};
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::{MetricType, TypedMetric as _};
use prometheus_client::registry::Registry;

use crate::app::App;
use playback::Playbacks;

/// Upper bounds in seconds: a page should take milliseconds, an encoded segment may take seconds.
const BUCKETS: [f64; 12] = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0];

/// What a request was about. Routes are templates, so that the number of series is bounded.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RequestLabels {
    method: &'static str,
    route: String,
    status_code: u16,
}

/// Everything that is measured. Cheap to clone.
#[derive(Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    requests: Family<RequestLabels, Counter>,
    durations: Family<RequestLabels, Histogram>,
    connections: Gauge<i64, AtomicI64>,
    playbacks: Playbacks,
}

impl Metrics {
    /// Starts at zero; the engine's figures are read when asked for.
    pub fn new(engine: Engine) -> Self {
        let requests = Family::<RequestLabels, Counter>::default();
        let durations = Family::<RequestLabels, Histogram>::new_with_constructor(|| Histogram::new(BUCKETS));
        let connections = Gauge::default();
        let mut registry = Registry::default();
        // The library appends `_total` to the names of counters.
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register(
            "http_request_duration_seconds",
            "Time until the head of the reply was ready",
            durations.clone(),
        );
        registry.register("active_connections", "Connections of clients", connections.clone());
        let playbacks = Playbacks::register(&mut registry);
        registry.register_collector(Box::new(EngineFigures(engine)));
        Self { registry: Arc::new(registry), requests, durations, connections, playbacks }
    }

    /// Counts one request.
    pub(super) fn request(&self, method: &Method, route: &str, status: StatusCode, took: Duration) {
        let labels = RequestLabels { method: known(method), route: route.to_owned(), status_code: status.as_u16() };
        self.durations.get_or_create(&labels).observe(took.as_secs_f64());
        self.requests.get_or_create(&labels).inc();
    }

    /// Counts what a player told.
    pub(super) fn playback(&self, report: &server_api::PlaybackReport) {
        self.playbacks.add(report);
    }

    /// Counts a connection for as long as the result lives.
    pub(super) fn connection(&self) -> ActiveConnection {
        self.connections.inc();
        ActiveConnection(self.connections.clone())
    }

    fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        prometheus_client::encoding::text::encode(&mut text, &self.registry)?;
        Ok(text)
    }
}

/// A connection that is counted.
pub(super) struct ActiveConnection(Gauge<i64, AtomicI64>);

impl Drop for ActiveConnection {
    fn drop(&mut self) {
        self.0.dec();
    }
}

/// Methods by name; one that somebody made up must not make a series.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

/// `GET /metrics`
pub(super) async fn scrape(State(app): State<App>) -> Result<impl IntoResponse, super::Problem> {
    let text = app.metrics.text().map_err(|fmt::Error| super::Problem::opaque())?;
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text))
}

struct EngineFigures(Engine);

impl fmt::Debug for EngineFigures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("EngineFigures")
    }
}

impl Collector for EngineFigures {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let figures = self.0.counters();
        let segment = [("cache_type", "segment")];
        for (name, help, value) in [
            ("cache_hits", "Segments that were there", figures.cache_hits),
            ("cache_misses", "Encoded segments that had to be made", figures.cache_misses),
        ] {
            let mut family = encoder.encode_descriptor(name, help, None, MetricType::Counter)?;
            ConstCounter::new(value).encode(family.encode_family(&segment)?)?;
        }
        // Of segments asked for, those that were there; all, while none was asked for.
        let asked = figures.cache_hits.saturating_add(figures.cache_misses);
        let ratio = if asked == 0 { 1.0 } else { figures.cache_hits as f64 / asked as f64 };
        let gauge = ConstGauge::new(ratio);
        let help = "Share of segments that did not have to be made first";
        gauge.encode(encoder.encode_descriptor("cdn_cache_hit_ratio", help, None, MetricType::Gauge)?)?;
        let mut family = encoder.encode_descriptor("encoder_starts", "Encoders started", None, MetricType::Counter)?;
        for (stream, starts) in &figures.encoder_starts {
            ConstCounter::new(*starts).encode(family.encode_family(&[("stream", stream.as_str())])?)?;
        }
        for (name, help, value) in [
            ("worker_failures", "Media workers that crashed or hung", figures.worker_failures),
            ("encodes_refused", "Requests turned away because all encoders were busy", figures.refused),
            ("segments_encoded", "Segments encoded", figures.segments_encoded),
            ("segments_copied", "Segments cut out of the original", figures.segments_copied),
        ] {
            let counter = ConstCounter::new(value);
            counter.encode(encoder.encode_descriptor(name, help, None, ConstCounter::<u64>::TYPE)?)?;
        }
        for (name, help, value) in [
            ("encoder_heads", "Encoders at work", u64::try_from(figures.running_heads).unwrap_or(u64::MAX)),
            ("segment_cache_bytes", "Size of the finished segments that are kept", figures.cache_bytes),
        ] {
            let gauge = ConstGauge::new(i64::try_from(value).unwrap_or(i64::MAX));
            gauge.encode(encoder.encode_descriptor(name, help, None, MetricType::Gauge)?)?;
        }
        Ok(())
    }
}
