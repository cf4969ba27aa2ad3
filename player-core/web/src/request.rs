//! What a page may say about each request that is made for it: headers, credentials, another address.

use std::rc::Rc;

use player_core::message::LoadKind;
use url::Url;

use crate::surroundings::PageLimits;
use crate::{Languages, LocalBoxFuture};

/// A request that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PageRequest {
    /// Where it goes.
    pub url: Url,
    /// What it brings.
    pub kind: LoadKind,
}

/// What a page wants otherwise.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RequestChanges {
    /// Another address. Addresses in a playlist are relative to the one it came from.
    pub url: Option<Url>,
    /// Headers, by name.
    pub headers: Vec<(String, String)>,
    /// Whether cookies and the like go along; absent, as `fetch` has it: to the page's own server.
    pub credentials: Option<Credentials>,
}

/// Where cookies and the like go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Credentials {
    /// Nowhere.
    Omit,
    /// To the page's own server.
    SameOrigin,
    /// Everywhere.
    Include,
}

/// Asked before each request of an adaptive source (a file is fetched by the media element alone). An error is a sentence
/// for people: the request is not made.
pub type RequestHook = Rc<dyn Fn(PageRequest) -> LocalBoxFuture<Result<RequestChanges, String>>>;

/// What a page said before something is opened.
#[derive(Clone, Default)]
pub(crate) struct PageWishes {
    pub(crate) languages: Languages,
    pub(crate) on_request: Option<RequestHook>,
    /// What is played is written down.
    pub(crate) records: bool,
    /// These may change at any time.
    pub(crate) limits: Rc<PageLimits>,
}

impl Credentials {
    /// By the name that `fetch` gives it.
    pub fn by_name(name: &str) -> Option<Self> {
        match name {
            "omit" => Some(Self::Omit),
            "same-origin" => Some(Self::SameOrigin),
            "include" => Some(Self::Include),
            _ => None,
        }
    }

    pub(crate) fn for_fetch(self) -> web_sys::RequestCredentials {
        match self {
            Self::Omit => web_sys::RequestCredentials::Omit,
            Self::SameOrigin => web_sys::RequestCredentials::SameOrigin,
            Self::Include => web_sys::RequestCredentials::Include,
        }
    }
}
