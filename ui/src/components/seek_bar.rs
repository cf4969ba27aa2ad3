//! Where the film is, what is buffered, where chapters begin; and the way to go elsewhere.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::PointerEvent;
use server_api::Chapter;

use crate::i18n;
use crate::player::Stage;
use crate::state::playback::chapter_at;

/// The seek bar of a stage.
#[component]
pub(crate) fn SeekBar(stage: Stage, chapters: Signal<Vec<Chapter>>) -> impl IntoView {
    let bar = NodeRef::<html::Div>::new();
    let hover = RwSignal::new(None::<f64>);
    let playback = stage.playback;
    let part = Memo::new(move |_| playback.with(|playback| playback.part(playback.shown_position_s())));
    let buffered = Memo::new(move |_| playback.with(crate::state::playback::Playback::buffered_parts));
    let duration = Memo::new(move |_| playback.with(|playback| playback.snapshot.duration_s));
    let whole_seconds = Memo::new(move |_| playback.with(|playback| playback.shown_position_s().floor()));
    let marks = Memo::new(move |_| {
        let starts = chapters.with(|chapters| chapters.iter().map(|chapter| chapter.start_s).collect::<Vec<_>>());
        let of = duration.get().unwrap_or(0.0);
        starts.into_iter().filter(|&start| start > 0.5 && start < of).map(|start| start / of).collect::<Vec<_>>()
    });
    let seconds_under = move |event: &PointerEvent| {
        let place = bar.get_untracked()?.get_bounding_client_rect();
        let part = (f64::from(event.client_x()) - place.left()) / place.width().max(1.0);
        playback.with_untracked(|playback| playback.seconds_at(part))
    };
    let press = move |event: PointerEvent| {
        if event.button() != 0 {
            return;
        }
        if let (Some(bar), Some(seconds)) = (bar.get_untracked(), seconds_under(&event)) {
            // Without capture a drag would end at the edge of the bar; where it is refused the click still works.
            let _ = bar.set_pointer_capture(event.pointer_id());
            playback.update(|playback| playback.dragging = Some(seconds));
        }
    };
    let drag = move |event: PointerEvent| {
        let seconds = seconds_under(&event);
        hover.set(seconds);
        if playback.with_untracked(|playback| playback.dragging.is_some()) {
            playback.update(|playback| playback.dragging = seconds);
        }
    };
    let release = move |_: PointerEvent| {
        let target = playback.try_update(|playback| playback.dragging.take()).flatten();
        if let Some(seconds) = target {
            stage.seek(seconds);
        }
    };
    let tip = move || {
        let seconds = hover.get()?;
        let part = playback.with_untracked(|playback| playback.part(seconds));
        let name = chapters.with(|chapters| {
            let (number, chapter) = chapter_at(chapters, seconds)?;
            Some(chapter.title.clone().unwrap_or_else(|| i18n::chapter(number)))
        });
        Some(view! {
            <span class="seek-tip" style:left=percent(part)>
                {name.map(|name| view! { <span class="seek-tip-chapter">{name}</span> })}
                <span class="seek-tip-time">{i18n::clock(seconds)}</span>
            </span>
        })
    };
    view! {
        <div class="seek" node_ref=bar role="slider" tabindex="0" data-testid="seek-bar" aria-label=i18n::SEEK
            aria-valuemin="0" aria-valuemax=move || duration.get().unwrap_or(0.0).floor().to_string()
            aria-valuenow=move || whole_seconds.get().to_string()
            aria-valuetext=move || i18n::position(whole_seconds.get(), duration.get())
            on:pointerdown=press on:pointermove=drag on:pointerup=release
            on:pointercancel=move |_| playback.update(|playback| playback.dragging = None)
            on:pointerleave=move |_| hover.set(None)>
            <div class="seek-track">
                {move || buffered.get().into_iter().map(|(start, length)| view! {
                    <span class="seek-buffered" style:left=percent(start) style:width=percent(length)></span>
                }).collect_view()}
                <span class="seek-played" style:width=move || percent(part.get())></span>
                {move || marks.get().into_iter().map(|at| view! {
                    <span class="seek-mark" data-testid="chapter-mark" style:left=percent(at)></span>
                }).collect_view()}
            </div>
            <span class="seek-thumb" style:left=move || percent(part.get())></span>
            {tip}
        </div>
    }
}

fn percent(part: f64) -> String {
    format!("{:.3}%", part * 100.0)
}
