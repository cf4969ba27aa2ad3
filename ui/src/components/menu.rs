//! A menu that opens upwards from its button: one choice out of a few, the present one ticked.

use leptos::html;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use leptos::web_sys::{HtmlElement, KeyboardEvent};

use crate::components::icon::{Glyph, Icon};

/// One line of a menu.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Choice<T> {
    pub(crate) value: T,
    pub(crate) label: String,
    /// Quiet words behind the label.
    pub(crate) hint: String,
    pub(crate) chosen: bool,
}

/// What a menu is called, by people and by tests.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MenuName {
    pub(crate) label: &'static str,
    pub(crate) menu: &'static str,
    pub(crate) option: &'static str,
    pub(crate) icon: Icon,
}

/// A button and its menu.
#[component]
pub(crate) fn ChoiceMenu<T: Clone + PartialEq + Send + Sync + 'static>(
    name: MenuName,
    open: Signal<bool>,
    toggle: Callback<()>,
    #[prop(into)] choices: Signal<Vec<Choice<T>>>,
    choose: Callback<T>,
) -> impl IntoView {
    let list = NodeRef::<html::Div>::new();
    let button = NodeRef::<html::Button>::new();
    // Keys go to the menu when it opens and back to its button when it closes.
    Effect::new(move |was_open: Option<bool>| {
        let is_open = open.get();
        if is_open && let Some(list) = list.get() {
            let chosen = list.query_selector("[aria-checked=true]").ok().flatten();
            focus(chosen.or_else(|| list.first_element_child()));
        } else if was_open == Some(true)
            && let Some(button) = button.get_untracked()
        {
            let _ = button.focus();
        }
        is_open
    });
    let walk = move |event: KeyboardEvent| {
        let step = match event.key().as_str() {
            "ArrowDown" => 1,
            "ArrowUp" => -1,
            _ => return,
        };
        event.prevent_default();
        let active = document().active_element();
        let next =
            active.and_then(
                |active| if step > 0 { active.next_element_sibling() } else { active.previous_element_sibling() },
            );
        focus(next);
    };
    view! {
        <div class="menu-anchor">
            <button class="control" node_ref=button aria-haspopup="menu" aria-expanded=move || open.get().to_string()
                aria-label=name.label title=name.label data-testid=name.menu on:click=move |_| toggle.run(())>
                <Glyph icon=name.icon />
            </button>
            <Show when=move || open.get()>
                <div class="menu" role="menu" aria-label=name.label node_ref=list on:keydown=walk>
                    {move || choices.get().into_iter().map(|choice| {
                        let value = choice.value.clone();
                        view! {
                            <button class="menu-option" role="menuitemradio" aria-checked=choice.chosen.to_string()
                                data-testid=name.option data-label=choice.label.clone()
                                on:click=move |_| choose.run(value.clone())>
                                <span class="menu-tick">{choice.chosen.then(|| view! { <Glyph icon=Icon::Check /> })}</span>
                                <span class="menu-label">{choice.label.clone()}</span>
                                <span class="menu-hint">{choice.hint.clone()}</span>
                            </button>
                        }
                    }).collect_view()}
                </div>
            </Show>
        </div>
    }
}

fn focus(element: Option<web_sys::Element>) {
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        let _ = element.focus();
    }
}
