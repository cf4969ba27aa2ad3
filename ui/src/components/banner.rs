//! A band across the top that says something about the whole server.

use leptos::prelude::*;

use crate::components::icon::{Glyph, Icon};
use crate::i18n;

/// Says that everyone on the network can watch, until it is dismissed.
#[component]
pub(crate) fn OpenToLan(open: Signal<bool>) -> impl IntoView {
    let dismissed = RwSignal::new(false);
    view! {
        <Show when=move || open.get() && !dismissed.get()>
            <div class="banner" role="status" data-testid="lan-banner">
                <Glyph icon=Icon::Alert />
                <p>{i18n::OPEN_TO_LAN}</p>
                <button class="button-bare" aria-label=i18n::DISMISS on:click=move |_| dismissed.set(true)>
                    <Glyph icon=Icon::Close />
                </button>
            </div>
        </Show>
    }
}
