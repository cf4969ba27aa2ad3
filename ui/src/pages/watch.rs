//! The film, and what lies over it.

use leptos::html;
use leptos::prelude::*;
use leptos::task::spawn_local;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};
use leptos_router::hooks::{use_navigate, use_params_map, use_query_map};
use server_api::{Chapter, Video};

use crate::components::controls::Controls;
use crate::components::icon::{Glyph, Icon};
use crate::components::panels::{HelpPanel, StatsPanel};
use crate::player::{Stage, state_name};
use crate::state::keys::{self, Action, Target};
use crate::state::playback::{Autoplay, Panel};
use crate::{client, i18n};

/// `/watch/{id}`, with `?source=hls` to force the adaptive source and `?t=` seconds to begin at.
#[component]
pub(crate) fn WatchPage() -> impl IntoView {
    let (params, query) = (use_params_map(), use_query_map());
    let stage = Stage::begin();
    let playback = stage.playback;
    let video = NodeRef::<html::Video>::new();
    let room = NodeRef::<html::Main>::new();
    let about = RwSignal::new(None::<Video>);
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
    spawn_local(async move {
        if let Ok(found) = client::video(&id()).await {
            about.try_set(Some(found));
        }
    });
    let title = Memo::new(move |_| {
        about.with(|about| about.as_ref().map(|about| about.movie.title.clone())).unwrap_or_default()
    });
    Effect::new(move |_| {
        document().set_title(
            &title
                .with(|title| if title.is_empty() { i18n::APP.to_owned() } else { format!("{title} – {}", i18n::APP) }),
        )
    });
    let chapters: Signal<Vec<Chapter>> = Signal::derive(move || {
        about.with(|about| about.as_ref().map(|about| about.chapters.clone())).unwrap_or_default()
    });

    let fullscreen = RwSignal::new(document().fullscreen_element().is_some());
    let changed = window_event_listener_untyped("fullscreenchange", move |_| {
        fullscreen.set(document().fullscreen_element().is_some())
    });
    on_cleanup(move || changed.remove());
    let toggle_fullscreen = move || match room.get_untracked() {
        Some(_) if document().fullscreen_element().is_some() => document().exit_fullscreen(),
        Some(room) => {
            let _ = room.request_fullscreen();
        }
        None => {}
    };
    let navigate = use_navigate();
    let leave = move || navigate(&format!("/title/{}", id()), Default::default());
    let retry = move || {
        let at = playback.with_untracked(|playback| playback.snapshot.position_s);
        stage.asked_now();
        open(Some(at).filter(|at| *at > 0.0));
    };
    let leave_on_key = leave.clone();
    let keys = window_event_listener(leptos::ev::keydown, move |event: KeyboardEvent| {
        stage.touch();
        let modified = event.ctrl_key() || event.alt_key() || event.meta_key();
        let Some(action) = keys::action(&event.key(), modified, target(&event)) else { return };
        event.prevent_default();
        if stage.act(action) {
            return;
        }
        match action {
            Action::ToggleFullscreen => toggle_fullscreen(),
            Action::Back if playback.try_update(crate::state::playback::Playback::close) == Some(true) => {}
            Action::Back if document().fullscreen_element().is_some() => document().exit_fullscreen(),
            _ => leave_on_key(),
        }
    });
    on_cleanup(move || keys.remove());

    let controls = Memo::new(move |_| playback.with(|playback| playback.shows_controls(stage.now.get())));
    let ring = Memo::new(move |_| playback.with(|playback| playback.shows_ring(stage.now.get())));
    let wait = Memo::new(move |_| playback.with(|playback| playback.wait(stage.now.get())));
    let state = Memo::new(move |_| playback.with(|playback| playback.snapshot.state));
    let autoplay = Memo::new(move |_| playback.with(|playback| playback.autoplay));
    let trouble = Memo::new(move |_| playback.with(|playback| playback.trouble.clone()));
    let panel = Memo::new(move |_| playback.with(|playback| playback.panel));
    let sound_only = Memo::new(move |_| playback.with(|playback| playback.snapshot.has_picture == Some(false)));
    let paused = Memo::new(move |_| playback.with(crate::state::playback::Playback::shows_pause_card));
    let left = Memo::new(move |_| {
        playback.with(|playback| playback.snapshot.duration_s.map(|of| of - playback.snapshot.position_s))
    });
    let poster = move || about.with(|about| about.as_ref().and_then(|about| about.movie.poster.clone()));
    view! {
        <main class="watch" class:is-idle=move || !controls.get() node_ref=room tabindex="-1" data-testid="watch"
            data-state=move || state_name(state.get())
            on:pointermove=move |_| stage.touch() on:pointerdown=move |_| stage.touch()>
            <video class="screen" node_ref=video playsinline data-testid="video" aria-label=title
                on:click=move |_| {
                    if playback.try_update(crate::state::playback::Playback::close) != Some(true) {
                        stage.act(Action::TogglePlay);
                    }
                }
                on:dblclick=move |_| toggle_fullscreen()></video>
            <Show when=move || sound_only.get()>
                <div class="sound-only" aria-hidden="true">
                    {poster().map(|address| view! { <img src=address alt="" /> })}
                    <p>{title}</p>
                </div>
            </Show>
            <header class="watch-head">
                <button class="control" data-testid="back" aria-label=i18n::BACK title=i18n::BACK on:click=move |_| leave()>
                    <Glyph icon=Icon::Back />
                </button>
                <p class="watch-title" class:is-hidden=move || paused.get()>{title}</p>
            </header>
            <Show when=move || panel.get() == Some(Panel::Stats)><StatsPanel stage /></Show>
            <Show when=move || autoplay.get() == Autoplay::Muted>
                <button class="button unmute" data-testid="unmute" on:click=move |_| stage.set_volume(playback.with_untracked(|playback| playback.snapshot.volume), false)>
                    <Glyph icon=Icon::VolumeOff /><span>{i18n::SOUND_OFF}</span>
                </button>
            </Show>
            <Show when=move || autoplay.get() == Autoplay::Blocked>
                <button class="big-play" data-testid="big-play" aria-label=i18n::PLAY on:click=move |_| { stage.act(Action::TogglePlay); }>
                    <Glyph icon=Icon::Play />
                </button>
            </Show>
            <Show when=move || ring.get()>
                <div class="waiting" role="status">
                    <span class="ring" data-testid="ring" aria-label=i18n::LOADING></span>
                    <p class="wait" data-testid="wait">{move || wait.get().map(|wait| i18n::wait(&wait))}</p>
                </div>
            </Show>
            <footer class="watch-foot">
                <Show when=move || paused.get()>
                    <div class="pause-card" data-testid="pause-card">
                        <h1>{title}</h1>
                        <p>{move || left.get().map(i18n::left)}</p>
                    </div>
                </Show>
                <Controls stage chapters fullscreen=fullscreen.into()
                    toggle_fullscreen=Callback::new(move |()| toggle_fullscreen()) />
            </footer>
            <Show when=move || panel.get() == Some(Panel::Help)>
                <HelpPanel close=Callback::new(move |()| { stage.act(Action::ToggleHelp); }) />
            </Show>
            <Show when=move || trouble.with(Option::is_some)>
                <section class="error-card" role="alert" data-testid="error-card">
                    <Glyph icon=Icon::Alert />
                    <h1>{i18n::STOPPED}</h1>
                    <p data-testid="error-text">{move || trouble.get().map(|trouble| i18n::trouble(&trouble))}</p>
                    <div class="button-row">
                        <button class="button button-primary" data-testid="retry" on:click=move |_| retry()>
                            <Glyph icon=Icon::Retry /><span>{i18n::RETRY}</span>
                        </button>
                        <a class="button" href="/">{i18n::TO_LIBRARY}</a>
                    </div>
                </section>
            </Show>
        </main>
    }
}

/// What a key was pressed on.
fn target(event: &KeyboardEvent) -> Target {
    let element = event.target().and_then(|target| target.dyn_into::<Element>().ok());
    let Some(element) = element else { return Target::Elsewhere };
    let inside = |selector: &str| element.closest(selector).ok().flatten().is_some();
    match () {
        () if inside("[role=menu]") => Target::Menu,
        () if element.dyn_ref::<HtmlElement>().is_some_and(|it| it.tag_name() == "INPUT") => Target::Slider,
        () if inside("button, a") => Target::Button,
        () => Target::Elsewhere,
    }
}
