//! What viewers, pages and devices let through: bounds, data saving, a page in the background, a weak decoder.

use media_model::BitsPerSecond;
use player_core::Command;
use player_core::message::Ease;

use super::Scenario;
use super::table::{edited, ms, on_link, plain, s};

pub(super) fn limits() -> Vec<Scenario> {
    let mbps = |rate: u64| Some(BitsPerSecond::from_kbps(rate * 1_000));
    let from_the_start = |name, command: Command| edited(plain(name), |one| one.actions = vec![(ms(0), command)]);
    vec![
        from_the_start("at-most", Command::LimitBandwidth { least: None, most: mbps(2) }),
        edited(on_link("at-least", ms(20), &[(0, 20_000), (30, 1_000), (90, 20_000)]), |one| {
            one.actions = vec![(ms(0), Command::LimitBandwidth { least: mbps(3), most: None })];
        }),
        from_the_start("data-saver", Command::SaveData(true)),
        edited(plain("background"), |one| {
            one.actions = vec![(s(20), Command::SetVisible(false)), (s(70), Command::SetVisible(true))];
        }),
        // Loses half of all frames of more than 720 lines.
        edited(plain("weak-device"), |one| one.device.smooth_lines = Some(720)),
        edited(plain("rough-decoder"), |one| one.device.says = Some((720, Ease::Rough))),
        edited(plain("lacking-decoder"), |one| one.device.says = Some((720, Ease::Never))),
        // Before the first byte nothing but memory tells it from a slow one.
        edited(on_link("known-network", ms(100), &[(0, 30_000)]), |one| one.config.known_throughput = mbps(24)),
    ]
}
