//! Keeps the shelf true: loads it, listens to the server's news, and passes on what the viewer wants of it.

use std::time::Duration;

use leptos::leptos_dom::helpers::WindowListenerHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use server_api::LibraryEvent;

use crate::client::events::{Connection, Events};
use crate::client::{self, CallError};
use crate::components::add_folder::FolderWish;
use crate::shell;
use crate::state::library::Shelf;

/// News are put on the shelf together, this often: a scan tells of hundreds of titles a second.
const GATHER: Duration = Duration::from_millis(250);

/// Cards made at once; more come as the viewer scrolls, so that a shelf of thousands opens at once.
pub(crate) const BATCH: usize = 150;

/// Pause before news are asked for again after the server refused them.
const LISTEN_AGAIN: Duration = Duration::from_secs(5);

/// The library as signals, shared by all pages.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    pub(crate) shelf: RwSignal<Shelf>,
    /// What is in the search field; kept while the viewer looks at a title.
    pub(crate) query: RwSignal<String>,
    /// How many cards are made; kept for the way back.
    pub(crate) shown: RwSignal<usize>,
    /// The title the viewer looked at last, which has the focus on the way back.
    pub(crate) last: RwSignal<Option<String>>,
    /// Why the shelf could not be loaded.
    pub(crate) trouble: RwSignal<Option<String>>,
    /// What became of the last wish for a folder.
    pub(crate) folder_trouble: RwSignal<Option<String>>,
    /// How many folders were added.
    pub(crate) folders_added: RwSignal<u32>,
    /// Whether others on the network can watch.
    pub(crate) open_to_lan: RwSignal<bool>,
    news: StoredValue<Vec<LibraryEvent>>,
    events: StoredValue<Option<Events>, LocalStorage>,
    /// Whether the shelf is as the server had it when the connection was made.
    current: StoredValue<bool>,
}

impl Library {
    /// Opens the library for as long as the app lives.
    pub(crate) fn open() -> Self {
        let library = Self {
            shelf: RwSignal::default(),
            query: RwSignal::default(),
            shown: RwSignal::new(BATCH),
            last: RwSignal::default(),
            trouble: RwSignal::default(),
            folder_trouble: RwSignal::default(),
            folders_added: RwSignal::default(),
            open_to_lan: RwSignal::new(false),
            news: StoredValue::default(),
            events: StoredValue::new_local(None),
            current: StoredValue::new(true),
        };
        spawn_local(async move {
            if let Ok(health) = client::health().await {
                library.open_to_lan.set(health.open_to_lan);
            }
        });
        library
    }

    /// Keeps the shelf true for as long as the calling page is there and seen.
    ///
    /// A browser has six connections to a server over HTTP/1.1, for all its tabs and for pages it keeps for the way
    /// back. News hold one, so pages that nobody sees, and films, do without.
    pub(crate) fn attend(self) {
        self.resume();
        let seen = move |_| match document().hidden() {
            true => self.rest(),
            false => self.resume(),
        };
        let listeners = [
            window_event_listener_untyped("visibilitychange", seen),
            window_event_listener_untyped("pagehide", move |_| self.rest()),
            window_event_listener_untyped("pageshow", move |_| self.resume()),
        ];
        on_cleanup(move || {
            listeners.into_iter().for_each(WindowListenerHandle::remove);
            self.rest();
        });
    }

    fn rest(self) {
        self.events.set_value(None);
    }

    fn resume(self) {
        if self.events.with_value(Option::is_none) {
            self.current.set_value(true);
            self.listen();
            self.reload();
        }
    }

    fn listen(self) {
        let connection = move |connection| match connection {
            // The first load runs beside the first connection; after a break everything may be different.
            Connection::Open if self.current.get_value() => self.current.set_value(false),
            Connection::Open => self.reload(),
            Connection::Refused => {
                self.current.set_value(false);
                let again = move || {
                    if self.events.with_value(Option::is_some) {
                        self.listen();
                    }
                };
                set_timeout(again, LISTEN_AGAIN);
            }
        };
        self.events.set_value(Events::listen(move |event| self.hear(event), connection));
    }

    /// Loads everything anew.
    pub(crate) fn reload(self) {
        spawn_local(async move {
            if let Ok(scan) = client::scan().await {
                self.shelf.update(|shelf| shelf.set_scan(scan));
            }
            let loaded = self.load_all().await;
            self.trouble.set(loaded.err().map(|error| error.sentence()));
        });
    }

    async fn load_all(self) -> Result<(), CallError> {
        let mut all = Vec::new();
        let mut cursor: Option<String> = None;
        loop {
            let page = client::movies(cursor.as_deref()).await?;
            // The first page is shown while the others come.
            self.shelf.update(|shelf| shelf.add(page.items.clone()));
            all.extend(page.items);
            match page.next {
                Some(next) if Some(&next) != cursor.as_ref() => cursor = Some(next),
                Some(_) | None => break,
            }
        }
        self.shelf.update(|shelf| shelf.replace(all));
        Ok(())
    }

    fn hear(self, event: LibraryEvent) {
        let first = self.news.with_value(Vec::is_empty);
        self.news.update_value(|news| news.push(event));
        if first {
            set_timeout(
                move || {
                    let news = self.news.try_update_value(std::mem::take).unwrap_or_default();
                    self.shelf.update(|shelf| news.into_iter().for_each(|event| shelf.apply(event)));
                },
                GATHER,
            );
        }
    }

    /// Looks for new films.
    pub(crate) fn start_scan(self) {
        self.scan(false);
    }

    /// Takes films that are missing out of the library for good.
    pub(crate) fn forget_missing(self) {
        self.scan(true);
    }

    fn scan(self, forget_missing: bool) {
        spawn_local(async move {
            if let Err(error) = client::start_scan(forget_missing).await {
                self.folder_trouble.set(Some(error.sentence()));
            }
        });
    }

    /// Adds a folder the way the viewer wants.
    pub(crate) fn add_folder(self, wish: FolderWish) {
        spawn_local(async move {
            let done = match wish {
                FolderWish::Pick => shell::add_folder().await.map(drop),
                FolderWish::Path(path) => client::add_folder(path).await.map_err(|error| error.sentence()),
            };
            if done.is_ok() {
                self.folders_added.update(|count| *count += 1);
            }
            self.folder_trouble.set(done.err());
            if let Ok(scan) = client::scan().await {
                self.shelf.update(|shelf| shelf.set_scan(scan));
            }
        });
    }
}

/// The library of this app.
pub(crate) fn library() -> Library {
    use_context::<Library>().expect("the app provides it before any page")
}
