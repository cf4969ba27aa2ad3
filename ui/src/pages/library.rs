//! The library: every title as a poster.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{Element, HtmlElement, KeyboardEvent};
use server_api::MovieStatus;

use crate::components::add_folder::AddFolder;
use crate::components::banner::OpenToLan;
use crate::components::icon::{Glyph, Icon};
use crate::components::notice::Notice;
use crate::components::poster::{MovieCard, Skeletons, UnplayableRow};
use crate::library::{BATCH, Library, library};
use crate::state::focus::{self, Direction};
use crate::state::library::{Look, Shelf};
use crate::{i18n, shell};

/// `/`
#[component]
pub(crate) fn LibraryPage() -> impl IntoView {
    let library = library();
    library.attend();
    let look = Memo::new(move |_| library.shelf.with(Shelf::look));
    document().set_title(i18n::APP);
    let add = Callback::new(move |wish| library.add_folder(wish));
    let add_folder = move |primary| {
        view! { <AddFolder primary has_dialog=shell::is_app() trouble=library.folder_trouble added=library.folders_added wish=add /> }
    };
    view! {
        <OpenToLan open=library.open_to_lan.into() />
        <Head library look />
        <main class="page">
            <Troubles library />
            {move || match look.get() {
                Look::Loading if library.trouble.with(Option::is_none) => view! { <Skeletons count=14 /> }.into_any(),
                Look::Loading => ().into_any(),
                Look::FirstScan => view! { <Skeletons count=14 /> }.into_any(),
                Look::NoFolder => view! {
                    <Notice sentence=i18n::EMPTY_NO_FOLDER.to_owned()>{add_folder(true)}</Notice>
                }.into_any(),
                Look::NoFilms => view! {
                    <Notice sentence=i18n::EMPTY_NO_FILMS.to_owned()>{add_folder(true)}</Notice>
                }.into_any(),
                Look::Posters => view! { <Posters library /> }.into_any(),
            }}
        </main>
    }
}

/// Name, progress, search, and what can be done with the whole library.
#[component]
fn Head(library: Library, look: Memo<Look>) -> impl IntoView {
    let progress = Memo::new(move |_| library.shelf.with(Shelf::progress));
    let has_posters = move || look.get() == Look::Posters;
    view! {
        <header class="head">
            <a class="brand" href="/" aria-label=i18n::APP>
                <BrandMark />
                <span>{i18n::APP}</span>
            </a>
            <p class="progress" role="status" data-testid="scan-progress">{move || progress.get().map(i18n::progress)}</p>
            <Show when=has_posters>
                <label class="field field-search">
                    <span class="visually-hidden">{i18n::SEARCH}</span>
                    <Glyph icon=Icon::Search />
                    <input type="search" data-testid="search" placeholder=i18n::SEARCH autocomplete="off" spellcheck="false"
                        prop:value=library.query on:input=move |event| library.query.set(event_target_value(&event)) />
                </label>
                <button class="button-bare" data-testid="scan-button" title=i18n::SCAN_AGAIN aria-label=i18n::SCAN_AGAIN
                    disabled=move || progress.get().is_some() on:click=move |_| library.start_scan()>
                    <Glyph icon=Icon::Refresh />
                </button>
                <AddFolder has_dialog=shell::is_app() trouble=library.folder_trouble added=library.folders_added wish=Callback::new(move |wish| library.add_folder(wish)) />
            </Show>
        </header>
    }
}

/// The ticket of the app's icon.
#[component]
fn BrandMark() -> impl IntoView {
    view! {
        <svg class="brand-mark" viewBox="0 0 40 28" aria-hidden="true">
            <path d="M4 2h32a2 2 0 0 1 2 2v6a4 4 0 0 0 0 8v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2v-6a4 4 0 0 0 0-8V4a2 2 0 0 1 2-2zM15 8.7v10.6a1 1 0 0 0 1.5.86l9-5.3a1 1 0 0 0 0-1.72l-9-5.3A1 1 0 0 0 15 8.7z" />
        </svg>
    }
}

/// What is wrong with the server or with folders.
#[component]
fn Troubles(library: Library) -> impl IntoView {
    let folders = Memo::new(move |_| library.shelf.with(Shelf::folder_problems));
    let scan = Memo::new(move |_| library.shelf.with(Shelf::scan_problem));
    view! {
        <Show when=move || library.trouble.with(Option::is_some)>
            <Notice trouble=true sentence=Signal::derive(move || library.trouble.get().unwrap_or_default())>
                <button class="button button-primary" data-testid="retry" on:click=move |_| library.reload()>
                    <Glyph icon=Icon::Retry />
                    <span>{i18n::RETRY}</span>
                </button>
            </Notice>
        </Show>
        <Show when=move || scan.with(Option::is_some)>
            <p class="trouble" role="alert" data-testid="scan-problem"><Glyph icon=Icon::Alert />{move || scan.get()}</p>
        </Show>
        <Show when=move || folders.with(|folders| !folders.is_empty())>
            <ul class="folder-problems" data-testid="folder-problems">
                {move || folders.get().into_iter().map(|folder| view! {
                    <li>
                        <Glyph icon=Icon::Alert />
                        <code>{folder.path}</code>
                        <span>{folder.sentence}</span>
                    </li>
                }).collect_view()}
            </ul>
        </Show>
        // One button for all folders, because that is what it acts on.
        <Show when=move || folders.with(|folders| folders.iter().any(|folder| folder.may_forget))>
            <p><button class="button" data-testid="forget-missing" on:click=move |_| library.forget_missing()>{i18n::FORGET_MISSING}</button></p>
        </Show>
    }
}

/// The grid, and below it what cannot be played.
#[component]
fn Posters(library: Library) -> impl IntoView {
    let (shown, query) = (library.shown, library.query);
    let playable = Memo::new(move |_| library.shelf.with(|shelf| query.with(|query| shelf.playable(query))));
    let unplayable = Memo::new(move |_| library.shelf.with(|shelf| query.with(|query| shelf.unplayable(query))));
    let cards = move || playable.with(|movies| movies.iter().take(shown.get()).cloned().collect::<Vec<_>>());
    let more = move || shown.update(|shown| *shown += BATCH);
    let scroll = window_event_listener(leptos::ev::scroll, move |_| {
        if is_near_the_end() && shown.get_untracked() < playable.with_untracked(Vec::len) {
            more();
        }
    });
    let keys = window_event_listener(leptos::ev::keydown, enter_grid);
    on_cleanup(move || {
        scroll.remove();
        keys.remove();
    });
    let grid = NodeRef::<html::Ul>::new();
    Effect::new(move |_| {
        if let (Some(grid), Some(last)) = (grid.get(), library.last.get_untracked()) {
            focus_on(grid.query_selector(&format!(".card-link[data-id=\"{last}\"]")).ok().flatten());
        }
    });
    let nothing = move || playable.with(Vec::is_empty) && unplayable.with(Vec::is_empty);
    view! {
        <ul class="grid" node_ref=grid data-testid="grid" on:keydown=walk_grid>
            <For each=cards
                key=|movie| (movie.id.clone(), movie.status == MovieStatus::Pending, movie.poster.clone(), movie.title.clone(), movie.duration_s.map(f64::to_bits))
                children=|movie| view! { <MovieCard movie /> } />
        </ul>
        <Show when=nothing>
            <Notice sentence=i18n::NOTHING_FOUND.to_owned()>
                <button class="button" on:click=move |_| query.set(String::new())>{i18n::CLEAR_SEARCH}</button>
            </Notice>
        </Show>
        <Show when=move || unplayable.with(|movies| !movies.is_empty())>
            <section class="unplayable-titles">
                <h2>{i18n::UNPLAYABLE}<span class="count">{move || i18n::titles(unplayable.with(Vec::len))}</span></h2>
                <ul>
                    <For each=move || unplayable.get()
                        key=|movie| (movie.id.clone(), movie.problem.as_ref().map(|problem| problem.detail.clone()))
                        children=|movie| view! { <UnplayableRow movie /> } />
                </ul>
            </section>
        </Show>
    }
}

fn is_near_the_end() -> bool {
    let Some(root) = document().document_element() else { return false };
    let height = window().inner_height().ok().and_then(|height| height.as_f64()).unwrap_or(0.0);
    let below = f64::from(root.scroll_height()) - f64::from(root.scroll_top()) - height;
    below < 2.0 * height
}

/// An arrow key with nothing focused goes to the first poster, and a slash to the search field.
fn enter_grid(event: KeyboardEvent) {
    let nothing = document().active_element().is_none_or(|active| active.tag_name() == "BODY");
    let target = match event.key().as_str() {
        "/" => "[data-testid=search]",
        key if Direction::of_key(key).is_some() => ".card-link",
        _ => return,
    };
    if nothing && let Some(element) = document().query_selector(target).ok().flatten() {
        event.prevent_default();
        focus_on(Some(element));
    }
}

fn focus_on(element: Option<Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}

/// Arrow keys move between posters.
fn walk_grid(event: KeyboardEvent) {
    let Some(direction) = Direction::of_key(&event.key()) else { return };
    let grid = event.current_target().and_then(|target| target.dyn_into::<HtmlElement>().ok());
    let Some(links) = grid.and_then(|grid| grid.query_selector_all(".card-link").ok()) else { return };
    let links: Vec<HtmlElement> =
        (0..links.length()).filter_map(|index| links.get(index)?.dyn_into::<HtmlElement>().ok()).collect();
    let active = document().active_element();
    let at = links.iter().position(|link| active.as_ref().is_some_and(|active| link.is_same_node(Some(active))));
    let tops: Vec<f64> = links.iter().map(|link| link.get_bounding_client_rect().top()).collect();
    let next = at.and_then(|at| focus::step(at, links.len(), focus::columns(&tops), direction));
    if let Some(link) = next.and_then(|next| links.get(next)) {
        event.prevent_default();
        let _ = link.focus();
    }
}
