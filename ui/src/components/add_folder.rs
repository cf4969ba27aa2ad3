//! The way a folder comes into the library: the system's dialog in the app, a path elsewhere.

use leptos::html;
use leptos::prelude::*;
use leptos::web_sys::SubmitEvent;

use crate::components::icon::{Glyph, Icon};
use crate::i18n;

/// What [`AddFolder`] asks its page to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FolderWish {
    /// Show the system's dialog.
    Pick,
    /// Add this path.
    Path(String),
}

/// A button, and where there is no dialog the field it opens. `trouble` is what became of the last wish.
#[component]
pub(crate) fn AddFolder(
    #[prop(optional)] primary: bool,
    has_dialog: bool,
    trouble: RwSignal<Option<String>>,
    /// Counts the folders that were added: each closes the field.
    added: RwSignal<u32>,
    wish: Callback<FolderWish>,
) -> impl IntoView {
    let open = RwSignal::new(false);
    Effect::new(move |before: Option<u32>| {
        let count = added.get();
        if before.is_some_and(|before| before != count) {
            open.set(false);
        }
        count
    });
    let field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        if open.get()
            && let Some(field) = field.get()
        {
            let _ = field.focus();
        }
    });
    let press = move |_| {
        trouble.set(None);
        if has_dialog {
            wish.run(FolderWish::Pick);
        } else {
            open.update(|open| *open = !*open);
        }
    };
    let submit = move |event: SubmitEvent| {
        event.prevent_default();
        let path = field.get().map(|field| field.value().trim().to_owned()).unwrap_or_default();
        if !path.is_empty() {
            wish.run(FolderWish::Path(path));
        }
    };
    view! {
        <div class="add-folder">
            <button class="button" class:button-primary=primary data-testid="add-folder"
                aria-expanded=move || (!has_dialog).then(|| open.get().to_string()) on:click=press>
                <Glyph icon=Icon::FolderPlus />
                <span>{i18n::ADD_FOLDER}</span>
            </button>
            <Show when=move || open.get() || trouble.with(Option::is_some)>
                <div class="folder-popover">
                    <Show when=move || open.get()>
                        <form class="folder-form" on:submit=submit on:keydown=move |event| {
                            if event.key() == "Escape" {
                                trouble.set(None);
                                open.set(false);
                            }
                        }>
                            <label class="field">
                                <span class="visually-hidden">{i18n::FOLDER_PATH}</span>
                                <input type="text" node_ref=field data-testid="folder-path" placeholder=i18n::FOLDER_PATH
                                    spellcheck="false" autocomplete="off" autocapitalize="off" />
                            </label>
                            <button class="button" type="submit" data-testid="folder-submit">{i18n::ADD}</button>
                        </form>
                    </Show>
                    <Show when=move || trouble.with(Option::is_some)>
                        <p class="trouble" role="alert" data-testid="folder-trouble">{move || trouble.get()}</p>
                    </Show>
                </div>
            </Show>
        </div>
    }
}
