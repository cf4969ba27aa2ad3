//! What the tests of the driver share: a small film on an origin, and playing until something has come about.

#![allow(dead_code, reason = "each test uses some of it")]
#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]
use std::path::Path;
use std::time::Duration;

use mock_origin::{Origin, OriginConfig, Scenario};
use player_core::message::Event;
use player_native::NativePlayer;

/// Beyond this something is broken, however busy the machine is.
const LIMIT: Duration = Duration::from_secs(120);

/// Whether these tests run: they play in real time, and the film is encoded once by GStreamer's program.
#[expect(clippy::print_stderr, reason = "a skip must be seen")]
pub(crate) fn plays(test: &str) -> bool {
    let runs = std::env::var_os("RUN_SLOW").is_some_and(|value| value == "1");
    if !runs {
        eprintln!("SKIPPED {test}: slow, set RUN_SLOW=1");
    }
    runs
}

/// An origin with a film of 40 s in one small rung, with sound, over a link of this rate.
pub(crate) async fn origin(rate_kbps: u32, tls: bool) -> Origin {
    let scenario = format!(
        "[network]\nrate_kbps = {rate_kbps}\n\
         [[presentations]]\nname = \"film\"\nduration_s = 40\naudio = [\"en\"]\n\
         ladder = [{{ kbps = 900, width = 480, height = 270 }}]\n"
    );
    let scenario = Scenario::read(&scenario, Path::new(".")).unwrap();
    Origin::start(OriginConfig { tls, ..OriginConfig::of(scenario) }).await.unwrap()
}

/// Plays until `enough` finds something, looking at every piece of news and some fifty times a second. All news goes into
/// `events`.
pub(crate) async fn until<T>(
    player: &mut NativePlayer,
    events: &mut Vec<Event>,
    what: &str,
    mut enough: impl FnMut(&mut NativePlayer, &[Event]) -> Option<T>,
) -> T {
    let mut look = tokio::time::interval(Duration::from_millis(20));
    let playing = async {
        loop {
            tokio::select! {
                event = player.next_event() => events.push(event),
                _ = look.tick() => {}
            }
            if let Some(found) = enough(player, events) {
                return found;
            }
        }
    };
    match tokio::time::timeout(LIMIT, playing).await {
        Ok(found) => found,
        Err(_) => panic!("{what} did not come about; {:?}, {events:?}", player.stats()),
    }
}

/// Plays to the end.
pub(crate) async fn until_the_end(player: &mut NativePlayer, events: &mut Vec<Event>) {
    until(player, events, "the end", |_, events| events.contains(&Event::Ended).then_some(())).await;
}

/// Whether the first frame is on screen.
pub(crate) fn has_started(events: &[Event]) -> Option<()> {
    events.iter().any(|event| matches!(event, Event::Started { .. })).then_some(())
}
