//! What lies over the picture when asked for: the statistics, and the list of keys.

use leptos::prelude::*;
use server_api::SourceKind;

use crate::components::icon::{Glyph, Icon};
use crate::player::{Stage, source_name};
use crate::{download, i18n, shell};

/// Figures of the playback, the same as `window.matineeStats()` gives.
#[component]
pub(crate) fn StatsPanel(stage: Stage) -> impl IntoView {
    let rows = move || {
        stage.now.track();
        let (stats, source) = stage.stats().unwrap_or_default();
        let rendition = stats.shown.as_ref().map_or_else(
            || "–".to_owned(),
            |shown| {
                let size = format!("{}×{}", shown.resolution.width, shown.resolution.height);
                shown.label.as_ref().map_or(size.clone(), |label| format!("{label} ({size})"))
            },
        );
        let declared = stats.shown.as_ref().and_then(|shown| shown.bandwidth).map(|rate| i18n::rate(rate.get()));
        let dash = || "–".to_owned();
        let source_line =
            source.as_ref().map(|source| format!("{}, {}", source_name(source.kind), i18n::decision(source.decision)));
        let reasons =
            source.map(|source| source.reasons.into_iter().map(|reason| reason.detail).collect::<Vec<_>>().join(" "));
        [
            ("State", stats.state.name().to_owned()),
            ("Source", source_line.unwrap_or_else(dash)),
            ("Because", reasons.filter(|reasons| !reasons.is_empty()).unwrap_or_else(dash)),
            ("Rendition", rendition),
            ("Bitrate", declared.unwrap_or_else(dash)),
            ("Link", stats.throughput.map_or_else(dash, |rate| i18n::rate(rate.get()))),
            ("Buffer", format!("{:.1} s", stats.buffered_s)),
            ("Start", stats.startup.map_or_else(dash, |startup| i18n::millis(startup.as_secs_f64() * 1e3))),
            (
                "Stalls",
                format!("{}, {}", stats.counters.stalls, i18n::millis(stats.counters.stalled.as_secs_f64() * 1e3)),
            ),
            ("Switches", stats.counters.switches.to_string()),
            ("Dropped frames", stats.counters.dropped_frames.to_string()),
        ]
    };
    let is_recorded = Memo::new(move |_| {
        stage.now.track();
        let source = stage.stats().and_then(|(_, source)| source);
        source.is_some_and(|source| source.kind == SourceKind::Hls) && !shell::is_app()
    });
    let save = move |_| {
        if let Some(recording) = stage.recording() {
            download::offer(&recording, "watched.play");
        }
    };
    view! {
        <div class="stats" data-testid="stats">
            <dl>
                {move || rows().into_iter().map(|(name, value)| view! { <dt>{name}</dt><dd>{value}</dd> }).collect_view()}
            </dl>
            <Show when=move || is_recorded.get()>
                <button class="button" data-testid="save-recording" title=i18n::SAVE_RECORDING_HINT on:click=save>
                    {i18n::SAVE_RECORDING}
                </button>
            </Show>
        </div>
    }
}

/// The keys and what they do.
#[component]
pub(crate) fn HelpPanel(close: Callback<()>) -> impl IntoView {
    let row = |(keys, does): &'static (&'static [&'static str], &'static str)| {
        view! {
            <dt>{keys.iter().map(|key| view! { <kbd>{*key}</kbd> }).collect_view()}</dt>
            <dd>{*does}</dd>
        }
    };
    view! {
        <div class="help" role="dialog" aria-label=i18n::KEYS data-testid="help">
            <header class="help-head">
                <h2>{i18n::KEYS}</h2>
                <button class="button-bare" aria-label=i18n::CLOSE on:click=move |_| close.run(())>
                    <Glyph icon=Icon::Close />
                </button>
            </header>
            <dl>{i18n::KEY_HELP.iter().map(row).collect_view()}</dl>
        </div>
    }
}
