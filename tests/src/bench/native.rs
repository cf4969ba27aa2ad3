//! What a minute of 1080p costs in the native player.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context as _, Result, ensure};
use mock_origin::{Origin, OriginConfig, Scenario};

use super::material;
use super::report::{Figure, Goal, Samples, Yardstick};
use crate::server::built;

const RUNS: usize = 3;

/// Plays a minute of 1080p with `matinee-play --headless`, from an origin in this process, and the same file with
/// `gst-play-1.0` into the same sinks, in turn: processor time, user and system.
///
/// # Errors
/// When a program is missing, or does not play the whole minute.
pub async fn measure(folder: &Path) -> Result<Vec<Figure>> {
    let clip = folder.join("minute.mp4");
    material::minute_of_1080p(&clip)?;
    let scenario = Scenario::read("", folder)?.with_clip(&clip);
    let origin = Origin::start(OriginConfig::of(scenario)).await?;
    let url = origin.play_urls().into_iter().next().context("the origin plays nothing")?;
    let player = built("matinee-play", "player-native")?;
    let (mut ours, mut theirs) = (Samples::default(), Samples::default());
    for _ in 0..RUNS {
        let mut matinee = timed();
        matinee.arg(&player).args(["--headless", "--fresh", "--json", &url]);
        let (said, seconds) = run(matinee).await?;
        let summary: serde_json::Value = serde_json::from_str(said.lines().last().context("no summary")?)?;
        let pictures = summary["summary"]["shown_frames"].as_u64().zip(summary["dropped_frames"].as_u64());
        ensure!(
            summary["state"] == "ended"
                && pictures.is_some_and(|(shown, late)| shown + late >= FRAMES && late < FRAMES / 50),
            "too many pictures came late (the machine is busy?) or were lost: {summary}"
        );
        ours.0.push(seconds);

        let mut gst_play = timed();
        gst_play.args(["gst-play-1.0", "--no-interactive", "-q", "--videosink=fakevideosink sync=true"]);
        gst_play.arg("--audiosink=fakeaudiosink sync=true").arg(&clip);
        theirs.0.push(run(gst_play).await?.1);
    }
    Ok(vec![Figure {
        name: "CPU of a minute of 1080p, native".into(),
        unit: "s",
        ours,
        yardstick: Some(Yardstick { name: "gst-play-1.0, the same file".into(), samples: theirs }),
        goal: Goal::RatioAtMost(1.1),
        note: "user and system; sinks that show nothing at the pace of a clock; ours loads it as HLS".into(),
    }])
}

/// A minute at 24 frames a second, less one at either end.
const FRAMES: u64 = 24 * 60 - 2;

/// A shell that runs the program in its arguments and then tells what it has cost.
fn timed() -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", "\"$@\" && times >&2", "sh"]);
    shell
}

/// What the program printed, and the processor seconds it took.
async fn run(mut command: Command) -> Result<(String, f64)> {
    let output = tokio::task::spawn_blocking(move || command.stdin(Stdio::null()).output()).await??;
    let complained = String::from_utf8_lossy(&output.stderr).into_owned();
    ensure!(output.status.success(), "it does not play: {complained}");
    // POSIX: the shell's own times, then those of its children, as `0m4.162s 0m0.223s`.
    let seconds = complained.lines().last().and_then(|line| line.split_whitespace().map(seconds).sum::<Option<f64>>());
    Ok((String::from_utf8(output.stdout)?, seconds.with_context(|| format!("no times in {complained}"))?))
}

fn seconds(text: &str) -> Option<f64> {
    let (minutes, seconds) = text.strip_suffix('s')?.split_once('m')?;
    Some(minutes.parse::<f64>().ok()? * 60.0 + seconds.parse::<f64>().ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn work_of_a_program_is_seen_and_its_sleep_is_not() {
        let mut busy = timed();
        busy.args(["sh", "-c", "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo done"]);
        let (said, cost) = run(busy).await.unwrap();
        assert_eq!(said, "done\n");
        let mut idle = timed();
        idle.arg("true");
        let (_, nothing) = run(idle).await.unwrap();
        assert!(cost > nothing, "{cost} s of work, {nothing} s of nothing");
        assert_eq!(seconds("1m2.5s"), Some(62.5));
    }
}
