//! One title: what it is, and the button that plays it.

use leptos::html;
use leptos::prelude::*;
use leptos_router::hooks::use_params_map;
use server_api::{AudioStream, MovieStatus, SubtitleStream, Video};
use std::sync::Arc;

use crate::client::{self, CallError};
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::Notice;
use crate::components::poster::Artwork;
use crate::i18n;
use crate::library::library;
use crate::player::expect_play;

/// `/title/{id}`
#[component]
pub(crate) fn TitlePage() -> impl IntoView {
    let params = use_params_map();
    let id = Memo::new(move |_| params.with(|params| params.get("id").unwrap_or_default()));
    let last = library().last;
    Effect::new(move |_| last.set(Some(id.get())));
    let video = LocalResource::new(move || {
        let id = id.get();
        async move { client::video(&id).await }
    });
    view! {
        <main class="title-page" data-testid="title-page">
            <a class="button-bare back" href="/" data-testid="back" aria-label=i18n::TO_LIBRARY title=i18n::TO_LIBRARY>
                <Glyph icon=Icon::Back />
            </a>
            {move || video.get().map(|video| match video {
                Ok(video) => view! { <Title video /> }.into_any(),
                Err(error) => view! { <Missing error /> }.into_any(),
            })}
        </main>
    }
}

#[component]
fn Missing(error: CallError) -> impl IntoView {
    view! {
        <Notice trouble=true sentence=error.sentence()>
            <a class="button" href="/">{i18n::TO_LIBRARY}</a>
        </Notice>
    }
}

#[component]
fn Title(video: Video) -> impl IntoView {
    let movie = Arc::new(video.movie.clone());
    document().set_title(&i18n::page_title(&movie.title));
    let play = NodeRef::<html::A>::new();
    Effect::new(move |_| {
        if let Some(play) = play.get() {
            let _ = play.focus();
        }
    });
    let expect = {
        let id = movie.id.clone();
        move || expect_play(id.clone())
    };
    let expect_too = expect.clone();
    let action = match (&movie.problem, movie.status) {
        (problem, MovieStatus::Unplayable) => {
            let reason = problem.as_ref().map(|problem| problem.detail.clone()).unwrap_or_default();
            view! {
                <p class="trouble" role="alert"><Glyph icon=Icon::Alert /><span>{format!("{}. {reason}", i18n::CANNOT_PLAY)}</span></p>
            }
            .into_any()
        }
        (_, MovieStatus::Ready | MovieStatus::Pending) => view! {
            <a class="button button-primary button-large" node_ref=play href=format!("/watch/{}", movie.id) data-testid="play-title"
                on:focus=move |_| expect() on:pointerenter=move |_| expect_too()>
                <Glyph icon=Icon::Play />
                <span>{i18n::PLAY}</span>
            </a>
        }
        .into_any(),
    };
    let backdrop = movie.poster.clone().map(|address| view! { <img class="backdrop" src=address alt="" /> });
    view! {
        <div class="backdrop-frame" aria-hidden="true">{backdrop}</div>
        <article class="title-sheet">
            <div class="title-poster"><Artwork movie=Arc::clone(&movie) /></div>
            <div class="title-words">
                <h1>{movie.title.clone()}</h1>
                <p class="title-facts">{facts(&video)}</p>
                {action}
                <Details video />
            </div>
        </article>
    }
}

#[component]
fn Details(video: Video) -> impl IntoView {
    let id = video.movie.id.clone();
    let chapters = video.chapters.clone();
    let rows: Vec<(&str, Vec<String>)> = vec![
        (
            i18n::VIDEO,
            video
                .video
                .iter()
                .map(|stream| {
                    let rate = stream.bitrate_bps.map(i18n::rate);
                    let frames = stream.frame_rate.map(i18n::frame_rate);
                    let depth = stream.bit_depth.filter(|&depth| depth > 8).map(|depth| format!("{depth} bit"));
                    let size = format!("{}×{}", stream.width, stream.height);
                    joined([Some(i18n::codec(&stream.codec)), Some(size), depth, frames, rate])
                })
                .collect(),
        ),
        (i18n::AUDIO, video.audio.iter().enumerate().map(|(index, stream)| audio_line(index, stream)).collect()),
        (
            i18n::SUBTITLES,
            video.subtitles.iter().enumerate().map(|(index, stream)| subtitle_line(index, stream)).collect(),
        ),
        (i18n::FILE, vec![joined([Some(i18n::container(&video.container)), Some(i18n::size(video.size_bytes))])]),
    ];
    let rows = rows.into_iter().filter(|(_, lines)| !lines.is_empty());
    view! {
        <dl class="details">
            {rows.map(|(name, lines)| view! {
                <dt>{name}</dt>
                <dd>{lines.into_iter().map(|line| view! { <span>{line}</span> }).collect_view()}</dd>
            }).collect_view()}
        </dl>
        {(!chapters.is_empty()).then(|| view! {
            <section class="chapters">
                <h2>{i18n::CHAPTERS}</h2>
                <ol>
                    {chapters.into_iter().enumerate().map(|(index, chapter)| view! {
                        <li>
                            <a href=format!("/watch/{id}?t={:.3}", chapter.start_s)>
                                <span class="chapter-time">{i18n::clock(chapter.start_s)}</span>
                                <span>{chapter.title.unwrap_or_else(|| i18n::chapter(index + 1))}</span>
                            </a>
                        </li>
                    }).collect_view()}
                </ol>
            </section>
        })}
    }
}

/// Year, length, size and languages in one line.
fn facts(video: &Video) -> String {
    let movie = &video.movie;
    let picture = video.video.first().map(|stream| i18n::picture(stream.width, stream.height));
    let mut languages: Vec<String> =
        video.audio.iter().filter_map(|stream| stream.language.as_deref()).map(i18n::language).collect();
    languages.dedup();
    let languages = Some(languages.join(", ")).filter(|languages| !languages.is_empty());
    joined([movie.year.map(|year| year.to_string()), movie.duration_s.map(i18n::running_time), picture, languages])
}

fn audio_line(index: usize, stream: &AudioStream) -> String {
    let name = i18n::track_name(stream.title.as_deref(), stream.language.as_deref(), index + 1);
    joined([Some(name), Some(i18n::codec(&stream.codec)), Some(i18n::channels(stream.channels))])
}

fn subtitle_line(index: usize, stream: &SubtitleStream) -> String {
    let name = i18n::track_name(stream.title.as_deref(), stream.language.as_deref(), index + 1);
    joined([Some(name), Some(i18n::codec(&stream.codec))])
}

fn joined<const N: usize>(parts: [Option<String>; N]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" · ")
}
