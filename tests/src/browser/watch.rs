//! The watch page as a test sees it: what it says of itself, what is on screen, what is heard, and its controls.

use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{Browser, until, until_within};
use test_films::timecode::READ_IN_BROWSER;

/// What `window.matineeStats()` returns, as far as tests look at it.
#[derive(Clone, Debug, Deserialize)]
pub struct Stats {
    /// `loading`, `playing`, `paused`, `stalled`, `ended` or `failed`.
    pub state: String,
    /// Playhead.
    pub position_s: f64,
    /// Media ahead of the playhead.
    pub buffered_s: f64,
    /// What is on screen.
    pub rendition: Option<Rendition>,
    /// Throughput estimate.
    pub throughput_bps: Option<f64>,
    /// From the press to the first frame.
    pub startup_ms: Option<f64>,
    /// How often the buffer ran dry.
    pub stalls: u64,
    /// For how long altogether.
    pub stalled_ms: f64,
    /// Changes of the variant.
    pub switches: u64,
    /// `direct`, `remux` or `transcode`.
    pub decision: Option<String>,
    /// What is played.
    pub source: Option<String>,
}

/// A rendition in [`Stats`].
#[derive(Clone, Debug, Deserialize)]
pub struct Rendition {
    /// Such as `720p`.
    pub id: String,
    /// Picture width.
    pub width: Option<u32>,
}

/// The media element as the browser sees it.
#[derive(Clone, Debug, Deserialize)]
pub struct Look {
    /// `currentTime`.
    pub position_s: f64,
    /// `duration`, if it is known.
    pub duration_s: Option<f64>,
    /// Whether a seek is under way.
    pub seeking: bool,
    /// Whether it is paused.
    pub paused: bool,
    /// Whether it is at its end.
    pub ended: bool,
    /// `readyState`, 0 to 4.
    pub ready: u8,
    /// Size of the picture.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Frames decoded since the start.
    pub total_frames: u64,
    /// Frames that were late.
    pub dropped_frames: u64,
    /// Bytes of audio decoded since the start.
    pub audio_bytes: u64,
    /// The clock in the picture, if one can be read.
    pub code_ms: Option<f64>,
    /// The element's error.
    pub error: Option<String>,
    /// Whether it is muted.
    pub muted: bool,
    /// Loudness, 0 to 1.
    pub volume: f64,
    /// Address of what it plays.
    pub source: String,
}

/// A frame that came on screen.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Frame {
    /// When, on the page's clock.
    pub at_ms: f64,
    /// Its time on the presentation timeline.
    pub media_s: f64,
    /// Its width.
    pub width: u32,
    /// Its height.
    pub height: u32,
    /// The clock in it, while [`WatchPage::read_codes`] is on.
    pub code_ms: Option<f64>,
}

/// The loudest pitch that is heard.
#[derive(Clone, Copy, Debug, Deserialize)]
pub struct Heard {
    /// Its frequency, to about 3 Hz.
    pub hertz: f64,
    /// Its level; a silence is far below -100.
    pub level_db: f64,
}

/// The watch page in a browser.
#[derive(Clone, Copy, Debug)]
pub struct WatchPage<'a> {
    /// Where it is open.
    pub browser: &'a Browser,
}

impl<'a> WatchPage<'a> {
    /// Opens `/watch/{id}` with `query` (with its question mark, or empty), and starts to note frames.
    ///
    /// # Errors
    /// When the page has no media element within a minute.
    pub async fn open(browser: &'a Browser, origin: &str, id: &str, query: &str) -> Result<Self> {
        browser.open(&format!("{origin}/watch/{id}{query}")).await?;
        let page = Self { browser };
        page.attach().await?;
        Ok(page)
    }

    /// Starts to note frames on a watch page that is open.
    ///
    /// # Errors
    /// When the page has no media element within a minute.
    pub async fn attach(&self) -> Result<()> {
        let has_video = "return !!document.querySelector('video') && !!window.matineeStats";
        until("a media element", async || Ok(self.browser.js::<bool>(has_video, vec![]).await?.then_some(()))).await?;
        let probe = include_str!("probe.js");
        let install = format!("const readTimecode = {READ_IN_BROWSER};\n{probe}\nwindow.__probe.watch(); return true");
        self.browser.js::<bool>(&install, vec![]).await.map(drop)
    }

    /// The page's own statistics.
    ///
    /// # Errors
    /// When there are none, or of another shape.
    pub async fn stats(&self) -> Result<Stats> {
        self.browser.js("return window.matineeStats()", vec![]).await
    }

    /// The media element.
    ///
    /// # Errors
    /// When there is none.
    pub async fn look(&self) -> Result<Look> {
        self.browser.js("return window.__probe.look()", vec![]).await
    }

    /// The frames noted so far.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn frames(&self) -> Result<Vec<Frame>> {
        self.browser.js("return window.__probe.frames", vec![]).await
    }

    /// Forgets the frames noted so far, and from now on reads the clock in each, or not.
    ///
    /// # Errors
    /// When the page is gone.
    pub async fn read_codes(&self, on: bool) -> Result<()> {
        let switch = "window.__probe.frames.length = 0; window.__probe.readCodes = arguments[0]; return null";
        self.browser.js::<Option<()>>(switch, vec![on.into()]).await.map(drop)
    }

    /// Waits until the page says that it is in this state.
    ///
    /// # Errors
    /// When it fails or takes longer than a minute; with all that is known.
    pub async fn state(&self, wanted: &str) -> Result<Stats> {
        let reached = until(wanted, async || {
            let stats = self.stats().await?;
            ensure!(stats.state != "failed" || wanted == "failed", "the page failed: {stats:?}");
            Ok((stats.state == wanted).then_some(stats))
        });
        match reached.await {
            Ok(stats) => Ok(stats),
            Err(error) => Err(error.context(self.everything().await)),
        }
    }

    /// Waits until the film plays and its position moves.
    ///
    /// # Errors
    /// See [`WatchPage::state`].
    pub async fn plays(&self) -> Result<Stats> {
        let stats = self.state("playing").await?;
        let from = self.look().await?.position_s;
        until("the position to move", async || {
            let now = self.look().await?;
            Ok((now.position_s > from + 0.2 || now.ended).then_some(()))
        })
        .await
        .map(|()| stats)
    }

    /// Presses the seek bar at a part of its length, with the pointer; gives the seconds that this means.
    ///
    /// # Errors
    /// When there is no seek bar.
    pub async fn seek_to_part(&self, part: f64) -> Result<f64> {
        /// Where the seek bar is.
        #[derive(Deserialize)]
        struct Bar {
            left: f64,
            width: f64,
            middle: f64,
            duration_s: f64,
        }
        // The controls go when nothing moves; they are wanted first.
        self.browser.point_at(300.0, 300.0).await?;
        let bar: Bar = self
            .browser
            .js(
                "const bar = document.querySelector('[data-testid=seek-bar]').getBoundingClientRect();
                 return { left: bar.left, width: bar.width, middle: bar.top + bar.height / 2,
                          duration_s: document.querySelector('video').duration }",
                vec![],
            )
            .await?;
        // Pointers stand on whole pixels, and the page counts from there.
        let x = (bar.left + part * bar.width).round();
        self.browser.press_at(x, bar.middle.round()).await?;
        Ok((x - bar.left) / bar.width * bar.duration_s)
    }

    /// Waits until a seek is done and there is a picture again, or sound where there is none.
    ///
    /// # Errors
    /// When it takes longer than `limit`; with all that is known.
    pub async fn settled(&self, near_s: f64, limit: Duration) -> Result<Look> {
        let settled = until_within(limit, "the seek to end", async || {
            let look = self.look().await?;
            let there = !look.seeking && look.ready >= 2 && look.position_s > near_s - 0.1;
            ensure!(look.error.is_none(), "the media element failed: {look:?}");
            Ok(there.then_some(look))
        });
        match settled.await {
            Ok(look) => Ok(look),
            Err(error) => Err(error.context(format!("seek to {near_s}")).context(self.everything().await)),
        }
    }

    /// Listens to the element's sound until the loudest pitch is within 4 Hz of `hertz` and not silent.
    ///
    /// # Errors
    /// When it is not heard within twenty seconds; with what was heard instead.
    pub async fn hears(&self, hertz: u32) -> Result<Heard> {
        let state: String = self.browser.js("return window.__probe.listen()", vec![]).await?;
        ensure!(state == "running", "the audio context is {state}");
        let mut last = None;
        let heard = until_within(Duration::from_secs(20), "the tone", async || {
            let heard: Heard = self.browser.js("return window.__probe.tone()", vec![]).await?;
            last = Some(heard);
            Ok((heard.level_db > -60.0 && (heard.hertz - f64::from(hertz)).abs() < 4.0).then_some(heard))
        })
        .await;
        match heard {
            Ok(heard) => Ok(heard),
            Err(error) => {
                Err(error.context(format!("{hertz} Hz wanted, {last:?} heard")).context(self.everything().await))
            }
        }
    }

    /// Opens a menu and presses the option with this label.
    ///
    /// # Errors
    /// When there is no such option.
    pub async fn choose(&self, menu: &str, option: &str, label: &str) -> Result<()> {
        self.browser.point_at(301.0, 301.0).await?;
        self.browser.click(menu).await?;
        let selector = format!("[data-testid={option}][data-label={}]", json!(label));
        self.browser.click_on(&selector).await.with_context(|| format!("{menu} has no {label}"))
    }

    /// The labels of a menu's options, the chosen one marked with a star; the menu is closed again.
    ///
    /// # Errors
    /// When there is no such menu.
    pub async fn options(&self, menu: &str, option: &str) -> Result<Vec<String>> {
        self.browser.point_at(302.0, 302.0).await?;
        self.browser.click(menu).await?;
        self.browser.wait_for(option).await?;
        let list = "return [...document.querySelectorAll(`[data-testid=${arguments[0]}]`)]
            .map(one => one.dataset.label + (one.getAttribute('aria-checked') === 'true' ? '*' : ''))";
        let labels = self.browser.js(list, vec![option.into()]).await?;
        self.browser.click(menu).await?;
        Ok(labels)
    }

    /// Everything that helps to see why a test failed.
    pub async fn everything(&self) -> String {
        let stats = self.browser.js::<Value>("return window.matineeStats?.()", vec![]).await;
        let look = self.browser.js::<Value>("return window.__probe?.look()", vec![]).await;
        let show = |value: Result<Value>| value.map_or_else(|error| format!("{error:#}"), |value| value.to_string());
        format!("stats {}\nelement {}\nconsole {}", show(stats), show(look), self.browser.console().await)
    }
}
