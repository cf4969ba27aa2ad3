//! The product in Debian's Chromium: every kind of film is played, sought in, heard and controlled through the page,
//! on links good and bad.
//!
//! Slow: only where `RUN_SLOW=1`. Each test has a server and a browser of its own, and runs alone (`.config/nextest.toml`),
//! because frames and stalls are looked at.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod controls;
mod films;
mod harness;
mod library;
mod link;
mod screenshots;
mod trouble;

use std::path::Path;

use system_tests::browser::Browser;
use system_tests::server::{TestServer, slow_tests_run};

/// A server over the films, and a browser.
struct Cinema {
    server: TestServer,
    browser: Browser,
}

impl Cinema {
    /// `None` where the test is skipped.
    async fn open(test: &str) -> Option<Self> {
        if !slow_tests_run(test) || !Browser::is_here(test) {
            return None;
        }
        Some(Self::over(&test_films::films().unwrap()).await)
    }

    /// Over a folder of films.
    async fn over(films: &Path) -> Self {
        let server = TestServer::start(&[films]).await.unwrap();
        Self { server, browser: Browser::start().await.unwrap() }
    }

    /// Ends both as a person would; what has been played must not keep either alive.
    async fn close(self) {
        self.browser.close().await.unwrap();
        self.server.stop().await.unwrap();
    }
}
