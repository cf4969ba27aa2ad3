//! The film, and what lies over it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, KeyboardEvent, PageTransitionEvent};
use leptos_router::NavigateOptions;
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use server_api::{Chapter, Video};

use crate::components::controls::Controls;
use crate::components::icon::{Glyph, Icon};
use crate::components::overlays::{ErrorCard, PauseCard, Permission, SoundOnly, Waiting};
use crate::components::panels::{HelpPanel, StatsPanel};
use crate::library::library;
use crate::player::Stage;
use crate::state::keys::{self, Action, Target};
use crate::state::playback::{Panel, Playback};
use crate::{client, i18n};

/// `/watch/{id}`, with `?source=hls` to force the adaptive source and `?t=` seconds to begin at.
#[component]
pub(crate) fn WatchPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let stage = Stage::begin();
    let video = NodeRef::<html::Video>::new();
    let room = NodeRef::<html::Main>::new();
    let id = move || params.with_untracked(|params| params.get("id").unwrap_or_default());
    let open = move |start_s: Option<f64>| {
        if let Some(video) = video.get_untracked() {
            let adaptive_only = query.with_untracked(|query| query.get("source").is_some_and(|source| source == "hls"));
            stage.open(video, id(), start_s, adaptive_only);
        }
    };
    Effect::new(move |_| {
        if video.get().is_some() {
            open(query.with_untracked(|query| query.get("t").and_then(|seconds| seconds.parse().ok())));
        }
        if let Some(room) = room.get() {
            let _ = room.focus();
        }
    });
    let retry = Callback::new(move |()| {
        let at = stage.playback.with_untracked(|playback| playback.snapshot.position_s);
        stage.asked_now();
        open(Some(at).filter(|at| *at > 0.0));
    });

    // A page that the browser keeps for the way back must not keep the connections of its film.
    let hidden = window_event_listener(leptos::ev::pagehide, move |_| stage.rest());
    let shown = window_event_listener(leptos::ev::pageshow, move |event: PageTransitionEvent| {
        if event.persisted() {
            retry.run(());
        }
    });
    on_cleanup(move || {
        hidden.remove();
        shown.remove();
    });

    let about = about(id());
    let title =
        Memo::new(move |_| about.with(|about| about.as_ref().map(|it| it.movie.title.clone())).unwrap_or_default());
    let poster = Signal::derive(move || about.with(|about| about.as_ref()?.movie.poster.clone()));
    let chapters: Signal<Vec<Chapter>> =
        Signal::derive(move || about.with(|about| about.as_ref().map(|it| it.chapters.clone())).unwrap_or_default());
    Effect::new(move |_| document().set_title(&i18n::page_title(&title.get())));

    let (navigate, last) = (use_navigate(), library().last);
    let leave = Callback::new(move |()| {
        // Back to the title's page; who came straight here gets it in place of this one.
        let came_from_title = last.with_untracked(|last| last.as_deref() == Some(id().as_str()));
        if !came_from_title || window().history().and_then(|history| history.back()).is_err() {
            navigate(&format!("/title/{}", id()), NavigateOptions { replace: true, ..NavigateOptions::default() });
        }
    });
    let (fullscreen, toggle_fullscreen) = fullscreen_of(room);
    listen_to_keys(stage, toggle_fullscreen, leave);

    let playback = stage.playback;
    let controls = Memo::new(move |_| playback.with(|playback| playback.shows_controls(stage.now.get())));
    let state = Memo::new(move |_| playback.with(|playback| playback.snapshot.state));
    let paused = Memo::new(move |_| playback.with(Playback::shows_pause_card));
    let panel = Memo::new(move |_| playback.with(|playback| playback.panel));
    let was_idle = StoredValue::new(false);
    let press = move |_| {
        was_idle.set_value(!controls.get_untracked());
        stage.touch();
    };
    let click = move |_| {
        // On a touch screen the first tap only brings the controls.
        let only_controls = was_idle.get_value() && is_touch_screen();
        if !only_controls && playback.try_update(Playback::close) != Some(true) {
            stage.act(Action::TogglePlay);
        }
    };
    view! {
        <main class="watch" class:is-idle=move || !controls.get() node_ref=room tabindex="-1" data-testid="watch"
            data-state=move || state.get().name()
            on:pointermove=move |_| stage.touch() on:pointerdown=press>
            <video class="screen" node_ref=video playsinline data-testid="video" aria-label=title
                on:click=click on:dblclick=move |_| toggle_fullscreen.run(())></video>
            <SoundOnly stage title poster />
            <header class="watch-head">
                <button class="control" data-testid="back" aria-label=i18n::BACK title=i18n::BACK
                    on:click=move |_| leave.run(())>
                    <Glyph icon=Icon::Back />
                </button>
                <p class="watch-title" class:is-hidden=move || paused.get()>{title}</p>
            </header>
            <Show when=move || panel.get() == Some(Panel::Stats)><StatsPanel stage /></Show>
            <Permission stage />
            <Waiting stage />
            <footer class="watch-foot">
                <PauseCard stage title />
                <Controls stage chapters fullscreen toggle_fullscreen />
            </footer>
            <Show when=move || panel.get() == Some(Panel::Help)>
                <HelpPanel close=Callback::new(move |()| { stage.act(Action::ToggleHelp); }) />
            </Show>
            <ErrorCard stage retry />
        </main>
    }
}

/// What the film is called and where its chapters begin; asked beside the playback, which does not wait for it.
fn about(id: String) -> RwSignal<Option<Video>> {
    let about = RwSignal::new(None::<Video>);
    spawn_local(async move {
        if let Ok(found) = client::video(&id).await {
            about.try_set(Some(found));
        }
    });
    about
}

/// Whether the page fills the screen, and the way in and out.
fn fullscreen_of(room: NodeRef<html::Main>) -> (Signal<bool>, Callback<()>) {
    let is_full = || document().fullscreen_element().is_some();
    let fullscreen = RwSignal::new(is_full());
    let changed = window_event_listener_untyped("fullscreenchange", move |_| fullscreen.set(is_full()));
    on_cleanup(move || changed.remove());
    let toggle = Callback::new(move |()| {
        if is_full() {
            document().exit_fullscreen();
        } else if let Some(room) = room.get_untracked() {
            // Where the system refuses, the page stays as it is, which is no trouble worth words.
            let _ = room.request_fullscreen();
        }
    });
    (fullscreen.into(), toggle)
}

fn listen_to_keys(stage: Stage, toggle_fullscreen: Callback<()>, leave: Callback<()>) {
    let keys = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        stage.touch();
        let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
        let Some(action) = keys::action(&event.key(), modified, target(&event)) else { return };
        event.prevent_default();
        if stage.act(action) {
            return;
        }
        if action == Action::ToggleFullscreen || (action == Action::Back && document().fullscreen_element().is_some()) {
            toggle_fullscreen.run(());
        } else if stage.playback.try_update(Playback::close) != Some(true) {
            leave.run(());
        }
    });
    on_cleanup(move || keys.remove());
}

fn is_touch_screen() -> bool {
    window().match_media("(hover: none)").ok().flatten().is_some_and(|query| query.matches())
}

/// What a key was pressed on.
fn target(event: &KeyboardEvent) -> Target {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(element) = element else { return Target::Elsewhere };
    let inside = |selector: &str| element.closest(selector).ok().flatten().is_some();
    match () {
        () if inside("[role=menu]") => Target::Menu,
        () if inside("input") => Target::Slider,
        () if inside("button, a") => Target::Button,
        () => Target::Elsewhere,
    }
}
