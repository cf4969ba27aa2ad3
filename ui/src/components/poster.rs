//! A title on the shelf: its poster, or a card made from its name.

use std::sync::Arc;

use leptos::prelude::*;
use server_api::{Movie, MovieStatus};

use crate::components::icon::{Glyph, Icon};
use crate::i18n;

/// Tints of made cards; `tokens.css` has as many.
const TINTS: u32 = 6;

/// A card of the grid. Reserves its place before the picture comes.
#[component]
pub(crate) fn MovieCard(movie: Arc<Movie>) -> impl IntoView {
    let pending = movie.status == MovieStatus::Pending;
    let facts = match movie.status {
        MovieStatus::Pending => i18n::PENDING.to_owned(),
        MovieStatus::Ready | MovieStatus::Unplayable => facts(&movie),
    };
    view! {
        <li class="card" class:card-pending=pending>
            <a class="card-link" href=format!("/title/{}", movie.id) data-testid="movie-card" data-id=movie.id.clone()
                data-status=status_name(movie.status)>
                <Artwork movie=Arc::clone(&movie) />
                <span class="card-title">{movie.title.clone()}</span>
                <span class="card-facts">{facts}</span>
            </a>
        </li>
    }
}

/// A title that cannot be played, in one line with the reason.
#[component]
pub(crate) fn UnplayableRow(movie: Arc<Movie>) -> impl IntoView {
    let reason = movie.problem.as_ref().map(|problem| problem.detail.clone()).unwrap_or_default();
    view! {
        <li class="unplayable" data-testid="unplayable">
            <Glyph icon=Icon::Alert />
            <span class="unplayable-title">{movie.title.clone()}</span>
            <span class="unplayable-reason">{reason}</span>
        </li>
    }
}

/// The poster in its frame.
#[component]
pub(crate) fn Artwork(movie: Arc<Movie>) -> impl IntoView {
    let loaded = RwSignal::new(false);
    let broken = RwSignal::new(false);
    let tint = format!("made made-{}", tint(&movie.title));
    let title = movie.title.clone();
    let poster = movie.poster.clone();
    view! {
        <span class="artwork">
            <span class=tint aria-hidden="true"><span class="made-title">{title}</span></span>
            {poster.map(|address| view! {
                <img class="poster" class:is-loaded=move || loaded.get() class:is-broken=move || broken.get()
                    src=address alt="" loading="lazy" decoding="async" draggable="false"
                    on:load=move |_| loaded.set(true) on:error=move |_| broken.set(true) />
            })}
        </span>
    }
}

/// Frames of the coming grid.
#[component]
pub(crate) fn Skeletons(count: usize) -> impl IntoView {
    let frame = || view! { <li class="card" aria-hidden="true"><span class="artwork skeleton"></span></li> };
    view! { <ul class="grid skeletons" data-testid="skeletons" aria-label=i18n::LOADING>{(0..count).map(|_| frame()).collect_view()}</ul> }
}

/// Year and running time in one line.
pub(crate) fn facts(movie: &Movie) -> String {
    let year = movie.year.map(|year| year.to_string());
    let time = movie.duration_s.map(i18n::running_time);
    [year, time].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn status_name(status: MovieStatus) -> &'static str {
    match status {
        MovieStatus::Pending => "pending",
        MovieStatus::Ready => "ready",
        MovieStatus::Unplayable => "unplayable",
    }
}

/// One of the tints, the same for a name every time.
fn tint(title: &str) -> u32 {
    title.bytes().fold(0u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte))) % TINTS
}
