//! `GET /api/events`: server-sent events.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::{Stream, StreamExt as _, stream};
use server_api as dto;
use tokio::sync::{broadcast, watch};
use tokio::time::Instant;

use super::convert;
use crate::app::App;
use crate::library::{Happening, Progress};

/// Progress is told at most this often: a scan of small files moves faster than anybody can see.
const PACE: Duration = Duration::from_millis(200);

/// Scan progress and titles that come, change and go. Begins with the state of the scan.
#[utoipa::path(get, path = "/api/events", responses(
    (status = 200, description = "Server-sent events; the data of each is one of these", body = dto::LibraryEvent, content_type = "text/event-stream"),
))]
pub(crate) async fn stream(State(app): State<App>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let (happenings, progress) = (app.library.happenings(), app.library.progress());
    let feed = Feed { happenings, progress, moved: true, next: Instant::now() };
    let closing = app.closing.clone();
    let events = stream::unfold((app, feed), |(app, mut feed)| async move {
        let event = feed.next(&app).await?;
        Some((event, (app, feed)))
    });
    let events = events.take_until(closing.cancelled_owned()).filter_map(|event| {
        let name = match &event {
            dto::LibraryEvent::Scan(_) => "scan",
            dto::LibraryEvent::Movie(_) => "movie",
            dto::LibraryEvent::MovieRemoved { .. } => "movie_removed",
        };
        std::future::ready(Event::default().event(name).json_data(&event).ok().map(Ok))
    });
    Sse::new(events).keep_alive(KeepAlive::default())
}

struct Feed {
    happenings: broadcast::Receiver<Happening>,
    progress: watch::Receiver<Progress>,
    /// Whether there is progress that was not told.
    moved: bool,
    /// When progress may be told again.
    next: Instant,
}

impl Feed {
    /// The next event; `None` when the library is gone, or when the client is so slow that events were lost: it is cut
    /// off, connects again as event sources do, and sees the present state.
    async fn next(&mut self, app: &App) -> Option<dto::LibraryEvent> {
        loop {
            tokio::select! {
                happening = self.happenings.recv() => if let Some(event) = tell(app, happening.ok()?).await {
                    return Some(event);
                },
                changed = self.progress.changed(), if !self.moved => {
                    changed.ok()?;
                    self.moved = true;
                }
                () = tokio::time::sleep_until(self.next), if self.moved => {
                    self.moved = false;
                    self.next = Instant::now() + PACE;
                    return Some(dto::LibraryEvent::Scan(convert::scan(&self.progress.borrow_and_update())));
                }
            }
        }
    }
}

/// A title that is gone by now is told as gone, later.
async fn tell(app: &App, happening: Happening) -> Option<dto::LibraryEvent> {
    match happening {
        Happening::Changed(id) => {
            let title = app.store.title(&id).await.ok()?;
            Some(dto::LibraryEvent::Movie(convert::movie(&title)))
        }
        Happening::Removed(id) => Some(dto::LibraryEvent::MovieRemoved { id: id.to_string() }),
    }
}
