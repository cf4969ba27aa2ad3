//! What comes over the picture by itself: the wait, the browser's refusal to play with sound, the error, and, where
//! there is only sound, the poster.

use leptos::prelude::*;

use crate::components::icon::{Glyph, Icon};
use crate::i18n;
use crate::player::Stage;
use crate::state::keys::Action;
use crate::state::playback::{Autoplay, Playback};

/// A ring, and after a while the reason.
#[component]
pub(crate) fn Waiting(stage: Stage) -> impl IntoView {
    let ring = Memo::new(move |_| stage.playback.with(|playback| playback.shows_ring(stage.now.get())));
    let wait = Memo::new(move |_| stage.playback.with(|playback| playback.wait(stage.now.get())));
    view! {
        <Show when=move || ring.get()>
            <div class="waiting" role="status">
                <span class="ring" data-testid="ring" aria-label=i18n::LOADING></span>
                <p class="wait" data-testid="wait">{move || wait.get().map(|wait| i18n::wait(&wait))}</p>
            </div>
        </Show>
    }
}

/// The button for sound, or for playing at all, where the browser wants the viewer to ask for it.
#[component]
pub(crate) fn Permission(stage: Stage) -> impl IntoView {
    let autoplay = Memo::new(move |_| stage.playback.with(|playback| playback.autoplay));
    let unmute = move |_| {
        let volume = stage.playback.with_untracked(|playback| playback.snapshot.volume);
        stage.set_volume(volume, false);
    };
    view! {
        <Show when=move || autoplay.get() == Autoplay::Muted>
            <button class="button unmute" data-testid="unmute" on:click=unmute>
                <Glyph icon=Icon::VolumeOff />
                <span>{i18n::SOUND_OFF}</span>
            </button>
        </Show>
        <Show when=move || autoplay.get() == Autoplay::Blocked>
            <button class="big-play" data-testid="big-play" aria-label=i18n::PLAY
                on:click=move |_| { stage.act(Action::TogglePlay); }>
                <Glyph icon=Icon::Play />
            </button>
        </Show>
    }
}

/// What happened, what to do, and the button that tries again.
#[component]
pub(crate) fn ErrorCard(stage: Stage, retry: Callback<()>) -> impl IntoView {
    let trouble = Memo::new(move |_| stage.playback.with(|playback| playback.trouble.clone()));
    view! {
        <Show when=move || trouble.with(Option::is_some)>
            <section class="error-card" role="alert" data-testid="error-card">
                <Glyph icon=Icon::Alert />
                <h1>{i18n::STOPPED}</h1>
                <p data-testid="error-text">{move || trouble.get().map(|trouble| i18n::trouble(&trouble))}</p>
                <div class="button-row">
                    <button class="button button-primary" data-testid="retry" on:click=move |_| retry.run(())>
                        <Glyph icon=Icon::Retry />
                        <span>{i18n::RETRY}</span>
                    </button>
                    <a class="button" href="/">{i18n::TO_LIBRARY}</a>
                </div>
            </section>
        </Show>
    }
}

/// Title and remaining time, while it is paused.
#[component]
pub(crate) fn PauseCard(stage: Stage, title: Memo<String>) -> impl IntoView {
    let paused = Memo::new(move |_| stage.playback.with(Playback::shows_pause_card));
    let left = Memo::new(move |_| {
        stage.playback.with(|playback| playback.snapshot.duration_s.map(|of| of - playback.snapshot.position_s))
    });
    view! {
        <Show when=move || paused.get()>
            <div class="pause-card" data-testid="pause-card">
                <h1>{title}</h1>
                <p>{move || left.get().map(i18n::left)}</p>
            </div>
        </Show>
    }
}

/// The poster, where there is no picture.
#[component]
pub(crate) fn SoundOnly(stage: Stage, title: Memo<String>, poster: Signal<Option<String>>) -> impl IntoView {
    let sound_only = Memo::new(move |_| stage.playback.with(|playback| playback.snapshot.has_picture == Some(false)));
    view! {
        <Show when=move || sound_only.get()>
            <div class="sound-only" aria-hidden="true">
                {move || poster.get().map(|address| view! { <img src=address alt="" /> })}
                <p>{title}</p>
            </div>
        </Show>
    }
}
