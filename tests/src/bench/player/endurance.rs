//! What the core keeps in memory while a live stream goes on for hours and days.

use std::time::Duration;

use anyhow::{Result, ensure};
use peak_alloc::PeakAlloc;
use player_lab::{play_out, scenario};

use super::{Depth, Verdict};

const HOUR: Duration = Duration::from_secs(3_600);
/// What a player of ten hours may hold, bytes.
const MOST: usize = 2_000_000;
/// After days it holds no more than after hours, but for what depends on the moment: this share, in percent.
const MOMENT: usize = 10;

pub(super) fn measure(depth: Depth, note: &dyn Fn(&str)) -> Result<Vec<Verdict>> {
    let days: u32 = match depth {
        Depth::Quick => 1,
        Depth::Full => 7,
    };
    note("ten hours of live ...");
    let hours = weight_after(HOUR * 10)?;
    note(if days == 1 { "a day of live ..." } else { "a week of live ..." });
    let later = weight_after(HOUR * 24 * days)?;
    let kilobytes = |bytes: usize| format!("{} kB", bytes / 1_000);
    Ok(vec![
        Verdict {
            figure: "memory of the core after 10 h of live".to_owned(),
            goal: format!("<= {}", kilobytes(MOST)),
            is: kilobytes(hours),
            beside: "-".to_owned(),
            met: Some(hours <= MOST),
        },
        Verdict {
            figure: format!("the same after {} h", 24 * days),
            goal: format!("within {MOMENT} %"),
            is: kilobytes(later),
            beside: kilobytes(hours),
            met: Some(later <= hours + hours * MOMENT / 100),
        },
    ])
}

/// What dropping a player gives back that has watched a live stream for so long, bytes.
fn weight_after(watched: Duration) -> Result<usize> {
    let (report, player) = play_out(&scenario::sliding_window(watched));
    ensure!(report.failed.is_none(), "the player gave up: {report}");
    drop(report);
    let before = PeakAlloc.current_usage();
    ensure!(before > 0, "the program does not count what it allocates");
    drop(player);
    Ok(before.saturating_sub(PeakAlloc.current_usage()))
}
