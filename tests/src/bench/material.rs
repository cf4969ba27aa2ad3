//! Films and addresses that the benches need.

use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, Result};

use super::run;
use crate::server::TestServer;

/// Makes a 24 s film of this size (such as `1280x720`) and constant rate with a keyframe every 2 s, unless it is there.
///
/// # Errors
/// When ffmpeg is missing or fails.
pub fn constant_rate_film(path: &Path, size: &str, kbps: u32) -> Result<()> {
    if path.exists() {
        return Ok(());
    }
    let rate = format!("{kbps}k");
    let part = path.with_extension("part.mp4");
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", &format!("testsrc2=s={size}:r=24,noise=alls=40:allf=t")])
        .args(["-f", "lavfi", "-i", "sine=frequency=440", "-t", "24", "-c:v", "libx264", "-preset", "ultrafast"])
        .args(["-b:v", &rate, "-minrate", &rate, "-maxrate", &rate, "-bufsize", &rate, "-nal-hrd", "cbr"])
        .args(["-g", "48", "-keyint_min", "48", "-sc_threshold", "0", "-pix_fmt", "yuv420p"])
        .args(["-c:a", "aac", "-ac", "2", "-b:a", "128k"])
        .arg(&part))?;
    std::fs::rename(&part, path)?;
    Ok(())
}

/// Makes a minute of 1080p24 and sound at 8 Mbit/s, with a keyframe every 2 s and pictures of all three kinds.
///
/// # Errors
/// When ffmpeg is missing or fails.
pub fn minute_of_1080p(path: &Path) -> Result<()> {
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1920x1080:r=24,noise=alls=12:allf=t"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440", "-t", "60", "-c:v", "libx264", "-preset", "superfast"])
        .args(["-b:v", "8M", "-maxrate", "8M", "-bufsize", "8M", "-g", "48", "-keyint_min", "48", "-bf", "2"])
        .args(["-pix_fmt", "yuv420p", "-c:a", "aac", "-ac", "2", "-b:a", "128k", "-movflags", "+faststart"])
        .arg(path))?;
    Ok(())
}

/// Makes a minute of moving picture and sound at about 3 Mbit/s, 720p, with a keyframe every 2 s; `encoders` are
/// ffmpeg's options for them.
///
/// # Errors
/// When ffmpeg is missing or fails.
pub fn film(path: &Path, encoders: &[&str]) -> Result<()> {
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc2=s=1280x720:r=24,noise=alls=12:allf=t"])
        .args(["-f", "lavfi", "-i", "sine=frequency=440", "-t", "60", "-b:v", "3M", "-maxrate", "3M", "-bufsize", "3M"])
        .args(["-g", "48", "-keyint_min", "48", "-sc_threshold", "0", "-pix_fmt", "yuv420p", "-ac", "2"])
        .args(encoders)
        .arg(path))?;
    Ok(())
}

/// Address of the folder of one stream of the adaptive source of a title, without a trailing slash.
///
/// # Errors
/// When the title has no such stream.
pub async fn stream_folder(server: &TestServer, id: &str, stream: &str) -> Result<String> {
    let playlist = server.hls_url(id).await?;
    let text = reqwest::get(&playlist).await?.error_for_status()?.text().await?;
    let line = text
        .lines()
        .find(|line| !line.starts_with('#') && line.contains(&format!("{stream}/")))
        .with_context(|| format!("no stream {stream} in {playlist}:\n{text}"))?;
    let media = reqwest::Url::parse(&playlist)?.join(line)?;
    let folder = media.as_str().rsplit_once('/').context("a playlist address without a folder")?.0.to_owned();
    Ok(folder)
}
