//! A sentence in the middle of the page, with something to do about it.

use leptos::prelude::*;

use crate::components::icon::{Glyph, Icon};
use crate::i18n;

/// Says that there is nothing, or what went wrong; `children` is what can be done.
#[component]
pub(crate) fn Notice(
    #[prop(into)] sentence: Signal<String>,
    #[prop(optional)] trouble: bool,
    children: Children,
) -> impl IntoView {
    view! {
        <section class="notice" role=if trouble { "alert" } else { "status" } data-testid="notice">
            {trouble.then(|| view! { <Glyph icon=Icon::Alert /> })}
            <p>{sentence}</p>
            {children()}
        </section>
    }
}

/// Nothing at this address.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <main class="page">
            <Notice sentence=i18n::NOT_FOUND.to_owned()>
                <a class="button" href="/">{i18n::TO_LIBRARY}</a>
            </Notice>
        </main>
    }
}
