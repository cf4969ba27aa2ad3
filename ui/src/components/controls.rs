//! The foot of the watch page: seek bar, buttons, menus.

use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::HtmlInputElement;
use player_web::{AudioId, PlaybackState, Speed, TextId, VariantId, VariantInfo};
use server_api::Chapter;

use crate::components::icon::{Glyph, Icon};
use crate::components::menu::{Choice, ChoiceMenu, MenuName};
use crate::components::seek_bar::SeekBar;
use crate::i18n;
use crate::player::Stage;
use crate::state::keys::Action;
use crate::state::playback::{Menu, Playback, SPEEDS};

/// One entry of the quality menu.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Quality {
    /// The file that plays already.
    Stay,
    /// Another source.
    Source(usize),
    /// The player picks.
    Auto,
    /// It picks of what costs few bytes.
    Saver,
    Variant(VariantId),
}

/// Everything below the picture.
#[component]
pub(crate) fn Controls(
    stage: Stage,
    chapters: Signal<Vec<Chapter>>,
    fullscreen: Signal<bool>,
    toggle_fullscreen: Callback<()>,
) -> impl IntoView {
    let playback = stage.playback;
    let plays = Memo::new(move |_| {
        playback.with(|playback| !playback.snapshot.paused && playback.snapshot.state != PlaybackState::Ended)
    });
    let position = Memo::new(move |_| playback.with(|playback| playback.shown_position_s().floor()));
    let duration = Memo::new(move |_| playback.with(|playback| playback.snapshot.duration_s));
    let choose_quality = Callback::new(move |quality| {
        stage.save_data(quality == Quality::Saver);
        match quality {
            Quality::Saver => {}
            Quality::Stay => playback.update(|playback| playback.menu = None),
            Quality::Source(index) => stage.change_source(index),
            Quality::Auto => stage.lock_variant(None),
            Quality::Variant(variant) => stage.lock_variant(Some(variant)),
        }
    });
    let audio_choices = Memo::new(move |_| playback.with(audio_choices));
    let speed_choices = Memo::new(move |_| playback.with(|playback| speed_choices(playback.snapshot.speed)));
    let text_choices = Memo::new(move |_| playback.with(text_choices));
    view! {
        <div class="controls" data-testid="controls">
            <SeekBar stage chapters />
            <div class="control-row">
                <button class="control" data-testid="play-button" title=move || if plays.get() { i18n::PAUSE } else { i18n::PLAY }
                    aria-label=move || if plays.get() { i18n::PAUSE } else { i18n::PLAY }
                    on:click=move |_| { stage.act(Action::TogglePlay); }>
                    <Glyph icon=Signal::derive(move || if plays.get() { Icon::Pause } else { Icon::Play }) />
                </button>
                <Volume stage />
                <p class="times" data-testid="times">
                    <span data-testid="position">{move || i18n::clock(position.get())}</span>
                    <span class="times-of">{move || duration.get().map(|of| format!(" / {}", i18n::clock(of)))}</span>
                </p>
                <span class="control-gap"></span>
                <Show when=move || audio_choices.with(|choices| choices.len() > 1)>
                    <ChoiceMenu
                        name=MenuName { label: i18n::AUDIO, menu: "audio-menu", option: "audio-option", icon: Icon::Audio }
                        open=Signal::derive(move || playback.with(|playback| playback.menu == Some(Menu::Audio)))
                        toggle=Callback::new(move |()| stage.toggle_menu(Menu::Audio))
                        choices=audio_choices
                        choose=Callback::new(move |audio: AudioId| stage.select_audio(audio)) />
                </Show>
                <Show when=move || text_choices.with(|choices| choices.len() > 1)>
                    <ChoiceMenu
                        name=MenuName { label: i18n::SUBTITLES, menu: "subtitles-menu", option: "subtitles-option", icon: Icon::Subtitles }
                        open=Signal::derive(move || playback.with(|playback| playback.menu == Some(Menu::Subtitles)))
                        toggle=Callback::new(move |()| stage.toggle_menu(Menu::Subtitles))
                        choices=text_choices
                        choose=Callback::new(move |text: Option<TextId>| stage.select_text(text)) />
                </Show>
                <ChoiceMenu
                    name=MenuName { label: i18n::SPEED, menu: "speed-menu", option: "speed-option", icon: Icon::Speed }
                    open=Signal::derive(move || playback.with(|playback| playback.menu == Some(Menu::Speed)))
                    toggle=Callback::new(move |()| stage.toggle_menu(Menu::Speed))
                    choices=speed_choices
                    choose=Callback::new(move |speed: Speed| stage.set_speed(speed)) />
                <ChoiceMenu
                    name=MenuName { label: i18n::QUALITY, menu: "quality-menu", option: "quality-option", icon: Icon::Quality }
                    open=Signal::derive(move || playback.with(|playback| playback.menu == Some(Menu::Quality)))
                    toggle=Callback::new(move |()| stage.toggle_menu(Menu::Quality))
                    choices=Memo::new(move |_| {
                        let shown = stage.stats().and_then(|(stats, _)| stats.shown).and_then(|shown| shown.label);
                        playback.with(|playback| quality_choices(playback, shown.as_deref()))
                    })
                    choose=choose_quality />
                <button class="control" data-testid="fullscreen"
                    title=move || if fullscreen.get() { i18n::LEAVE_FULLSCREEN } else { i18n::FULLSCREEN }
                    aria-label=move || if fullscreen.get() { i18n::LEAVE_FULLSCREEN } else { i18n::FULLSCREEN }
                    on:click=move |_| toggle_fullscreen.run(())>
                    <Glyph icon=Signal::derive(move || if fullscreen.get() { Icon::Minimize } else { Icon::Maximize }) />
                </button>
            </div>
        </div>
    }
}

/// The loudspeaker and its slider.
#[component]
fn Volume(stage: Stage) -> impl IntoView {
    let loudness = Memo::new(move |_| {
        stage
            .playback
            .with(|playback| (playback.snapshot.volume, playback.snapshot.muted || playback.snapshot.volume <= 0.0))
    });
    let silent = move || loudness.get().1;
    let icon = Signal::derive(move || match loudness.get() {
        (_, true) => Icon::VolumeOff,
        (volume, false) if volume < 0.5 => Icon::VolumeLow,
        (_, false) => Icon::VolumeHigh,
    });
    let level = move || if silent() { 0.0 } else { loudness.get().0 };
    let slide = move |event: web_sys::Event| {
        let value = event
            .target()
            .and_then(|target| target.dyn_into::<HtmlInputElement>().ok())
            .map(|input| input.value_as_number());
        if let Some(volume) = value.filter(|volume| volume.is_finite()) {
            stage.set_volume(volume, volume <= 0.0);
        }
    };
    view! {
        <div class="volume">
            <button class="control" data-testid="mute" title=move || if silent() { i18n::UNMUTE } else { i18n::MUTE }
                aria-label=move || if silent() { i18n::UNMUTE } else { i18n::MUTE }
                on:click=move |_| {
                    let (volume, silent) = loudness.get_untracked();
                    stage.set_volume(if silent && volume <= 0.0 { 0.5 } else { volume }, !silent);
                }>
                <Glyph icon />
            </button>
            <input class="volume-slider" type="range" min="0" max="1" step="0.05" data-testid="volume" aria-label=i18n::VOLUME
                prop:value=move || level().to_string() style=move || format!("--level:{:.0}%", level() * 100.0)
                on:input=slide />
        </div>
    }
}

fn quality_choices(playback: &Playback, shown: Option<&str>) -> Vec<Choice<Quality>> {
    let adaptive = |index| Choice {
        value: Quality::Source(index),
        label: i18n::ADAPTIVE.to_owned(),
        hint: String::new(),
        chosen: false,
    };
    if playback.variants.is_empty() {
        let stay =
            Choice { value: Quality::Stay, label: i18n::ORIGINAL_FILE.to_owned(), hint: String::new(), chosen: true };
        let instead = playback.adaptive_instead().map(adaptive);
        let saver = instead.is_some().then(|| saver(playback));
        return [stay].into_iter().chain(instead).chain(saver).collect();
    }
    let auto = playback.locked.is_none() && !playback.saves_data;
    let hint = shown.filter(|_| auto).map(str::to_owned).unwrap_or_default();
    let variant = |variant: &VariantInfo| Choice {
        value: Quality::Variant(variant.id),
        label: variant.label.clone(),
        hint: i18n::rate(variant.bandwidth.get()),
        chosen: playback.locked == Some(variant.id),
    };
    let first = Choice { value: Quality::Auto, label: i18n::AUTO.to_owned(), hint, chosen: auto };
    [first, saver(playback)].into_iter().chain(playback.variants.iter().rev().map(variant)).collect()
}

fn saver(playback: &Playback) -> Choice<Quality> {
    Choice {
        value: Quality::Saver,
        label: i18n::SAVE_DATA.to_owned(),
        hint: i18n::SAVE_DATA_HINT.to_owned(),
        chosen: playback.saves_data && playback.locked.is_none(),
    }
}

fn audio_choices(playback: &Playback) -> Vec<Choice<AudioId>> {
    playback
        .audio
        .iter()
        .map(|audio| Choice {
            value: audio.id,
            label: audio.name.clone(),
            hint: audio.language.as_deref().map(i18n::language).filter(|name| *name != audio.name).unwrap_or_default(),
            chosen: playback.audio_chosen == Some(audio.id),
        })
        .collect()
}

fn speed_choices(now: Speed) -> Vec<Choice<Speed>> {
    let choice = |speed: Speed| Choice {
        value: speed,
        label: if speed == Speed::NORMAL { i18n::NORMAL.to_owned() } else { i18n::speed(speed.factor()) },
        hint: String::new(),
        chosen: speed == now,
    };
    SPEEDS.into_iter().rev().map(Speed::thousandths).map(choice).collect()
}

/// Off, then all that there are.
fn text_choices(playback: &Playback) -> Vec<Choice<Option<TextId>>> {
    let chosen = playback.text_chosen;
    let off = Choice { value: None, label: i18n::OFF.to_owned(), hint: String::new(), chosen: chosen.is_none() };
    let texts = playback.text.iter().map(|text| Choice {
        value: Some(text.id),
        label: text.name.clone(),
        hint: text.language.as_deref().map(i18n::language).filter(|name| *name != text.name).unwrap_or_default(),
        chosen: chosen == Some(text.id),
    });
    [off].into_iter().chain(texts).collect()
}

#[cfg(test)]
mod tests;
