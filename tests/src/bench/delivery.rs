//! How fast segments leave the box: ours against nginx on the same bytes, with wrk.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context as _, Result, ensure};

use super::report::{Figure, Goal, Samples, Yardstick};
use super::{free_port, material, run, wait_for_http};
use crate::server::TestServer;

const CONNECTIONS: u32 = 64;
const SECONDS: u32 = 6;
const ROUNDS: usize = 5;

/// Measures delivery of segments of about 1.5 MB over 64 keep-alive connections, ours and nginx in turn.
///
/// # Errors
/// When a program is missing or a server does not start.
pub async fn measure(scratch: &Path) -> Result<Vec<Figure>> {
    let library = scratch.join("delivery-library");
    std::fs::create_dir_all(&library)?;
    material::constant_rate_film(&library.join("Delivery (2024).mp4"), "1280x720", 6_000)?;
    let server = TestServer::start(&[&library]).await?;
    let id = server.ready_movie("Delivery").await?;
    let stream = material::stream_folder(&server, &id, "original").await?;
    let copies = scratch.join("nginx-files");
    let segments = save_segments(&stream, &copies).await?;
    ensure!(segments.len() > 4, "only {} segments near 1.5 MB", segments.len());

    let nginx = Nginx::start(scratch, &copies).await?;
    let ours_script = rotate_script(scratch, "ours", url_path(&stream), &segments)?;
    let nginx_script = rotate_script(scratch, "nginx", "", &segments)?;
    let origin = server.origin();
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    wrk(&origin, &ours_script, 2)?;
    wrk(&nginx.origin, &nginx_script, 2)?;
    for _ in 0..ROUNDS {
        ours.0.push(wrk(&origin, &ours_script, SECONDS)?);
        theirs.0.push(wrk(&nginx.origin, &nginx_script, SECONDS)?);
    }
    server.stop().await?;
    Ok(vec![Figure {
        name: "delivery of 1.5 MB segments, 64 keep-alive connections".into(),
        unit: "MB/s",
        ours,
        yardstick: Some(Yardstick { name: "nginx (sendfile)".into(), samples: theirs }),
        goal: Goal::RatioAtLeast(0.9),
        note: format!("{} segments in turn, wrk on the same two cores, {SECONDS} s a round", segments.len()),
    }])
}

/// Downloads the segments of about 1.5 MB into a folder for nginx; returns their file names. The first seconds of load ask
/// for them again, which makes the server keep them, as it keeps what two people watch.
async fn save_segments(stream: &str, folder: &Path) -> Result<Vec<String>> {
    std::fs::create_dir_all(folder)?;
    let mut names = Vec::new();
    for number in 0..64 {
        let name = format!("{number}.m4s");
        let reply = reqwest::get(format!("{stream}/{name}")).await?;
        if !reply.status().is_success() {
            break;
        }
        let body = reply.bytes().await?;
        if (1_200_000..1_800_000).contains(&body.len()) {
            std::fs::write(folder.join(&name), &body)?;
            names.push(name);
        }
    }
    Ok(names)
}

fn url_path(url: &str) -> &str {
    url.splitn(4, '/').nth(3).unwrap_or_default()
}

/// A wrk script that asks for one segment after the other.
fn rotate_script(scratch: &Path, name: &str, prefix: &str, segments: &[String]) -> Result<PathBuf> {
    let path = scratch.join(format!("{name}.lua"));
    let slash = if prefix.is_empty() { String::new() } else { format!("/{prefix}") };
    let list: Vec<String> = segments.iter().map(|segment| format!("\"{slash}/{segment}\"")).collect();
    let mut file = std::fs::File::create(&path)?;
    writeln!(file, "local paths = {{ {} }}", list.join(", "))?;
    writeln!(file, "local turn = 0")?;
    writeln!(file, "request = function() turn = turn + 1; return wrk.format(\"GET\", paths[turn % #paths + 1]) end")?;
    Ok(path)
}

/// One run of wrk; MB (10^6 bytes) a second.
fn wrk(origin: &str, script: &Path, seconds: u32) -> Result<f64> {
    let output = run(Command::new("wrk")
        .args(["-t1", &format!("-c{CONNECTIONS}"), &format!("-d{seconds}s"), "-s"])
        .arg(script)
        .arg(origin))?;
    ensure!(!output.contains("Non-2xx"), "wrk got errors from {origin}: {output}");
    ensure!(!output.contains("Socket errors"), "wrk lost connections to {origin}: {output}");
    let figure = output
        .lines()
        .find_map(|line| line.trim().strip_prefix("Transfer/sec:"))
        .context("wrk printed no transfer rate")?
        .trim()
        .to_owned();
    let split = figure.find(|c: char| c.is_ascii_alphabetic()).context("wrk's rate has no unit")?;
    let (number, unit) = figure.split_at(split);
    let factor = match unit {
        "KB" => 1024.0,
        "MB" => 1024.0 * 1024.0,
        "GB" => 1024.0 * 1024.0 * 1024.0,
        other => anyhow::bail!("unknown unit {other} from wrk"),
    };
    Ok(number.parse::<f64>()? * factor / 1e6)
}

/// nginx by hand, on the loopback, ended with this value.
struct Nginx {
    process: Child,
    origin: String,
}

impl Nginx {
    async fn start(scratch: &Path, root: &Path) -> Result<Self> {
        let port = free_port()?;
        let folder = scratch.join("nginx");
        std::fs::create_dir_all(&folder)?;
        let config = folder.join("nginx.conf");
        std::fs::write(
            &config,
            format!(
                "daemon off; master_process on; worker_processes 2; pid {folder}/pid; error_log {folder}/error.log;\n\
                 user root;\n\
                 events {{ worker_connections 1024; }}\n\
                 http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 100000; default_type video/iso.segment;\n\
                 client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;\n\
                 uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n\
                 server {{ listen 127.0.0.1:{port}; root {root}; }} }}\n",
                folder = folder.display(),
                root = root.display(),
            ),
        )?;
        let process = Command::new("nginx").arg("-c").arg(&config).stderr(Stdio::null()).spawn().context("nginx")?;
        let nginx = Self { process, origin: format!("http://127.0.0.1:{port}") };
        wait_for_http(&format!("{}/0.m4s", nginx.origin)).await?;
        Ok(nginx)
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // SIGTERM, so that the master ends its workers; a kill would leave them behind.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let _ = self.process.wait();
    }
}
