//! `GET /api/movies`, `/api/movies/{id}`, `/api/movies/search`

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use server_api as dto;

use super::convert;
use crate::app::App;
use crate::domain::title::sort_key;
use crate::http::Problem;
use crate::http::extract::{Id, Query};
use crate::store::Place;

/// Titles per page if the client does not say.
const DEFAULT_LIMIT: u32 = 50;
/// And at most.
const MOST: u32 = 200;

/// Which page of the list.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct PageQuery {
    /// Titles on the page; 1–200, default 50.
    limit: Option<u32>,
    /// `next` of the page before.
    cursor: Option<String>,
}

/// What to search for.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct SearchQuery {
    /// Beginnings of words of the title.
    q: String,
    /// Titles in the reply; 1–200, default 50.
    limit: Option<u32>,
}

fn bounded(limit: Option<u32>) -> Result<u32, Problem> {
    let limit = limit.unwrap_or(DEFAULT_LIMIT);
    if (1..=MOST).contains(&limit) {
        Ok(limit)
    } else {
        Err(Problem::invalid("bad_limit", format!("The limit must be from 1 to {MOST}.")))
    }
}

/// All titles, in order of their names.
#[utoipa::path(get, path = "/api/movies", params(PageQuery), responses(
    (status = 200, description = "One page", body = dto::Page<dto::Movie>),
    (status = "4XX", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn list(
    State(app): State<App>,
    Query(query): Query<PageQuery>,
) -> Result<Json<dto::Page<dto::Movie>>, Problem> {
    let limit = bounded(query.limit)?;
    let place = query.cursor.as_deref().map(read_cursor).transpose()?;
    // One more than asked for tells whether there is another page.
    let mut titles = app.store.page(place, limit + 1).await?;
    let more = titles.len() > usize::try_from(limit).unwrap_or(usize::MAX);
    if more {
        titles.pop();
    }
    let next = titles.last().filter(|_| more).map(|title| write_cursor(&sort_key(&title.name), title.id.as_str()));
    Ok(Json(dto::Page { items: titles.iter().map(convert::movie).collect(), next }))
}

/// Titles whose names have words that begin with all of the given ones.
#[utoipa::path(get, path = "/api/movies/search", params(SearchQuery), responses(
    (status = 200, description = "The best matches, best first", body = dto::Page<dto::Movie>),
    (status = "4XX", body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn search(
    State(app): State<App>,
    Query(query): Query<SearchQuery>,
) -> Result<Json<dto::Page<dto::Movie>>, Problem> {
    let titles = app.store.search(&query.q, bounded(query.limit)?).await?;
    Ok(Json(dto::Page { items: titles.iter().map(convert::movie).collect(), next: None }))
}

/// One title.
#[utoipa::path(get, path = "/api/movies/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = dto::Movie),
    (status = 404, body = dto::Problem, content_type = "application/problem+json"),
))]
pub(crate) async fn one(State(app): State<App>, Id(id): Id) -> Result<Json<dto::Movie>, Problem> {
    Ok(Json(convert::movie(&app.store.title(&id).await?)))
}

/// A cursor names the last title of a page by what it is sorted by, so that it holds when titles come and go.
fn write_cursor(sort_key: &str, id: &str) -> String {
    URL_SAFE_NO_PAD.encode(format!("{id}{sort_key}"))
}

fn read_cursor(cursor: &str) -> Result<Place, Problem> {
    let bad = || Problem::invalid("bad_cursor", "The cursor is not one of this list; begin again without it.");
    let bytes = URL_SAFE_NO_PAD.decode(cursor).map_err(|_| bad())?;
    let text = String::from_utf8(bytes).map_err(|_| bad())?;
    let (id, sort_key) = text.split_at_checked(22).ok_or_else(bad)?;
    let id = crate::domain::TitleId::parse(id).ok_or_else(bad)?;
    Ok(Place { sort_key: sort_key.to_owned(), id: id.as_str().to_owned() })
}
