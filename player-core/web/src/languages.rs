//! The viewer's languages, as the browser knows them.

/// Languages to hear and to read, the dearest first (BCP 47).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Languages {
    /// To hear.
    pub audio: Vec<String>,
    /// To read.
    pub text: Vec<String>,
}

impl Languages {
    /// Those that the browser was set to.
    pub fn of_browser() -> Self {
        let told = web_sys::window().map(|window| window.navigator().languages()).unwrap_or_default();
        let languages: Vec<String> = told.iter().filter_map(|language| language.as_string()).collect();
        Self { audio: languages.clone(), text: languages }
    }
}
