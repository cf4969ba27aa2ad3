//! Speed of encoding, through the product's own path and HTTP, against one ffmpeg command with the same x264 settings.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::report::{Figure, Goal, Samples, Yardstick};
use super::{material, ready_with_posters, run};
use crate::server::TestServer;

const ROUNDS: usize = 5;
/// Four rungs take minutes, and are there for information.
const ROUNDS_OF_FOUR: usize = 3;

/// Encodes a whole film in one rung, and one of 1080p in the four rungs of the ladder; ffmpeg in turn.
///
/// # Errors
/// When ffmpeg is missing, or the server does not serve a segment.
pub async fn measure(scratch: &Path, film: &Path) -> Result<Vec<Figure>> {
    let large = scratch.join("Four Rungs (2024).mp4");
    material::constant_rate_film(&large, "1920x1080", 8_000)?;
    let (one, rung) = race(scratch, film, "The Long Take", 1, ROUNDS).await?;
    let (four, rungs) = race(scratch, &large, "Four Rungs", 4, ROUNDS_OF_FOUR).await?;
    ensure!(rungs.len() == 4, "only {rungs:?} are offered of a film of 1080p");
    let figure = |name: String, (ours, theirs): (Samples, Samples), yardstick: &str, goal, note: &str| Figure {
        name,
        unit: "x real time",
        ours,
        yardstick: Some(Yardstick { name: yardstick.into(), samples: theirs }),
        goal,
        note: note.into(),
    };
    Ok(vec![
        figure(
            format!("transcode speed of one rung ({}) through HTTP", rung.join(", ")),
            one,
            "ffmpeg, same x264 settings",
            Goal::RatioAtLeast(0.95),
            "segments asked for in order over one connection, empty cache each round",
        ),
        figure(
            format!("transcode speed of the four rungs ({})", rungs.join(", ")),
            four,
            "ffmpeg, one decode for all",
            Goal::None,
            "ours one rung after the other; ffmpeg decodes once for all",
        ),
    ])
}

/// Encodes a film in its best `most` rungs, one after the other, asking for one segment after the other as a player does;
/// then with ffmpeg. Speeds of both, in times of real time, and the rungs.
async fn race(
    scratch: &Path,
    film: &Path,
    title: &str,
    most: usize,
    rounds: usize,
) -> Result<((Samples, Samples), Vec<String>)> {
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let mut rungs = Vec::new();
    let library = scratch.join(format!("transcode {title}"));
    std::fs::create_dir_all(&library)?;
    std::fs::copy(film, library.join(film.file_name().unwrap_or_default()))?;
    for _ in 0..rounds {
        // A server with an empty cache for each round: nothing is made beforehand.
        let server = TestServer::start(&[&library]).await?;
        ready_with_posters(&server).await?;
        let id = server.ready_movie(title).await?;
        let seconds = server.duration_s(&id).await?;
        rungs = offered_rungs(&server, &id).await?;
        ensure!(!rungs.is_empty(), "no rung is offered for {}", film.display());
        rungs.truncate(most);
        let started = Instant::now();
        for rung in &rungs {
            fetch_stream(&server, &id, rung).await?;
        }
        ours.0.push(seconds / started.elapsed().as_secs_f64());
        theirs.0.push(seconds / ffmpeg(scratch, film, &rungs)?);
        server.stop().await?;
    }
    Ok(((ours, theirs), rungs))
}

async fn offered_rungs(server: &TestServer, id: &str) -> Result<Vec<String>> {
    let text = reqwest::get(server.hls_url(id).await?).await?.error_for_status()?.text().await?;
    Ok(text
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            line.split('/').find(|part| part.ends_with('p') && part[..part.len() - 1].parse::<u32>().is_ok())
        })
        .map(str::to_owned)
        .collect())
}

async fn fetch_stream(server: &TestServer, id: &str, rung: &str) -> Result<()> {
    let folder = material::stream_folder(server, id, rung).await?;
    let playlist = reqwest::get(format!("{folder}/playlist.m3u8")).await?.error_for_status()?.text().await?;
    let client = reqwest::Client::new();
    for line in playlist.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        loop {
            let reply = client.get(format!("{folder}/{line}")).send().await?;
            if reply.status().as_u16() == 503 {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                continue;
            }
            reply.error_for_status()?.bytes().await?;
            break;
        }
    }
    Ok(())
}

/// Seconds that ffmpeg takes for the same rungs, reading once.
fn ffmpeg(scratch: &Path, film: &Path, rungs: &[String]) -> Result<f64> {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-y", "-i"]).arg(film);
    for rung in rungs {
        let (height, rate) = match rung.as_str() {
            "1080p" => (1080, 4_500),
            "720p" => (720, 2_500),
            "480p" => (480, 1_200),
            _ => (360, 700),
        };
        command
            .args(["-map", "0:v:0", "-an", "-vf", &format!("scale=-2:{height}:flags=lanczos")])
            .args(["-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-pix_fmt", "yuv420p", "-crf", "23"])
            .args(["-maxrate", &format!("{rate}k"), "-bufsize", &format!("{}k", rate * 12 / 10)])
            .args(["-force_key_frames", "expr:gte(t,n_forced*2)", "-sc_threshold", "0", "-flags", "+cgop"])
            .args(["-movflags", "+frag_keyframe+empty_moov", "-f", "mp4"])
            .arg(scratch.join(format!("ffmpeg-{rung}.mp4")));
    }
    let started = Instant::now();
    run(&mut command)?;
    Ok(started.elapsed().as_secs_f64())
}
