//! Speed of encoding, through the product's own path and HTTP, against one ffmpeg command with the same x264 settings.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::report::{Figure, Goal, Samples, Yardstick};
use super::{material, ready_with_posters, run};
use crate::server::TestServer;

const ROUNDS: usize = 5;

/// Encodes a whole film in one rung (asking for one segment after the other, as a player does), and the four rungs at
/// once; ffmpeg in turn.
///
/// # Errors
/// When ffmpeg is missing, or the server does not serve a segment.
pub async fn measure(scratch: &Path, film: &Path) -> Result<Vec<Figure>> {
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    let (mut ours_all, mut theirs_all) = (Samples::default(), Samples::default());
    let mut rungs = Vec::new();
    let library = scratch.join("transcode-library");
    std::fs::create_dir_all(&library)?;
    std::fs::copy(film, library.join(film.file_name().unwrap_or_default()))?;
    for _ in 0..ROUNDS {
        // A server with an empty cache for each round: nothing is made beforehand.
        let server = TestServer::start(&[&library]).await?;
        ready_with_posters(&server).await?;
        let id = server.ready_movie("The Long Take").await?;
        let seconds = server.duration_s(&id).await?;
        rungs = offered_rungs(&server, &id).await?;
        ensure!(!rungs.is_empty(), "no rung is offered for {}", film.display());
        let first = rungs[0].clone();
        let started = Instant::now();
        fetch_stream(&server, &id, &first).await?;
        ours.0.push(seconds / started.elapsed().as_secs_f64());
        theirs.0.push(seconds / ffmpeg(scratch, film, &rungs[..1])?);
        server.stop().await?;

        let server = TestServer::start(&[&library]).await?;
        ready_with_posters(&server).await?;
        let id = server.ready_movie("The Long Take").await?;
        let started = Instant::now();
        for rung in &rungs {
            fetch_stream(&server, &id, rung).await?;
        }
        ours_all.0.push(seconds / started.elapsed().as_secs_f64());
        theirs_all.0.push(seconds / ffmpeg(scratch, film, &rungs)?);
        server.stop().await?;
    }
    let name = rungs.first().cloned().unwrap_or_default();
    Ok(vec![
        Figure {
            name: format!("transcode speed of one rung ({name}) through HTTP"),
            unit: "x real time",
            ours,
            yardstick: Some(Yardstick { name: "ffmpeg, same x264 settings".into(), samples: theirs }),
            goal: Goal::RatioAtLeast(0.95),
            note: "segments asked for in order over one connection, empty cache each round".into(),
        },
        Figure {
            name: format!("transcode speed of all rungs offered ({})", rungs.join(", ")),
            unit: "x real time",
            ours: ours_all,
            yardstick: Some(Yardstick { name: "ffmpeg, one decode for all".into(), samples: theirs_all }),
            goal: Goal::None,
            note: "ours one rung after the other; ffmpeg decodes once for all".into(),
        },
    ])
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
