//! Which page is at which address, and what all pages share.

use leptos::prelude::*;
use leptos_router::components::{Route, Router, Routes};
use leptos_router::path;

use crate::components::notice::NotFound;
use crate::library::Library;
use crate::pages::library::LibraryPage;
use crate::pages::title::TitlePage;
use crate::pages::watch::WatchPage;

/// The whole app.
#[component]
pub(crate) fn App() -> impl IntoView {
    provide_context(Library::open());
    view! {
        <Router>
            <Routes fallback=NotFound>
                <Route path=path!("/") view=LibraryPage />
                <Route path=path!("/title/:id") view=TitlePage />
                <Route path=path!("/watch/:id") view=WatchPage />
            </Routes>
        </Router>
    }
}
