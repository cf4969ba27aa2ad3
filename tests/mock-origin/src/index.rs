//! The page at `/` and `/_index`: what there is to play, with addresses to paste into any player.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Html;

use crate::content::Role;
use crate::origin::Shared;

const STYLE: &str = "body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:3rem auto;padding:0 1rem;\
    color-scheme:light dark}input{font:inherit;width:100%;padding:.4rem;box-sizing:border-box}\
    code{background:#8882;padding:.1rem .3rem;border-radius:.2rem}table{border-collapse:collapse}\
    td,th{text-align:left;padding:.2rem 1rem .2rem 0}";

pub(crate) async fn page(State(shared): State<Arc<Shared>>, uri: Uri, headers: HeaderMap) -> Html<String> {
    let plan = shared.plan();
    let base = shared.base_for(&uri, &headers);
    let mut page = format!(
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
         <title>mock-origin</title><style>{STYLE}</style><h1>mock-origin</h1><p>{}</p>",
        escaped(&plan.description)
    );
    for presentation in plan.presentations.iter() {
        let url = format!("{base}{}", presentation.path());
        let kind = if presentation.live.is_some() { "live" } else { "on demand" };
        add(
            &mut page,
            format_args!(
                "<h2>{}</h2><p>{kind}</p><input readonly aria-label='address of {0}' value='{}' onfocus='this.select()'>",
                escaped(&presentation.name),
                escaped(&url)
            ),
        );
        if let Some(mpd) = presentation.mpd_path() {
            add(
                &mut page,
                format_args!("<p>For players of MPEG-DASH: <code>{}</code></p>", escaped(&format!("{base}{mpd}"))),
            );
        }
        page += "<table><tr><th>stream<th>what</tr>";
        for stream in &presentation.streams {
            let what = match &stream.role {
                Role::Video { size: Some(size), codec, .. } => format!("{}x{} {codec}", size.width, size.height),
                Role::Video { size: None, codec, .. } => format!("video {codec}"),
                Role::Audio { language, codec, .. } => format!("audio {language} {codec}"),
                Role::Subtitles { language } => format!("subtitles {language}"),
            };
            add(&mut page, format_args!("<tr><td>{}<td>{}</tr>", escaped(&stream.folder), escaped(&what)));
        }
        page += "</table>";
    }
    if let Some(upstream) = &shared.upstream {
        add(
            &mut page,
            format_args!("<p>Everything else is passed on to <code>{}</code>.</p>", escaped(upstream.origin())),
        );
    }
    if !plan.faults.is_empty() {
        page += "<h2>What goes wrong</h2><ul>";
        for rule in &plan.faults {
            add(
                &mut page,
                format_args!("<li>{}: <code>{}</code>", escaped(&rule.name), escaped(&format!("{:?}", rule.fault))),
            );
        }
        page += "</ul>";
    }
    page += "<h2>Control</h2><ul><li><a href='/_control/log'>GET /_control/log</a> (NDJSON), \
             <a href='/_control/log.har'>GET /_control/log.har</a>\
             <li><code>POST /_control/reset</code> starts the network's time, the faults' counts and the log anew\
             <li><code>PUT /_control/scenario</code> plays another scenario (TOML)\
             <li><code>PUT /_control/rate</code> changes the link: <code>{\"rate_kbps\": 1000}</code></ul>";
    Html(page)
}

pub(crate) fn add(page: &mut String, part: std::fmt::Arguments<'_>) {
    page.write_fmt(part).expect("a string takes all text");
}

/// Text that stands in a page as it is: names come from a file that anybody may have written.
pub(crate) fn escaped(text: &str) -> String {
    let escape = |letter| match letter {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '"' => "&quot;".to_owned(),
        '\'' => "&#39;".to_owned(),
        other => String::from(other),
    };
    text.chars().map(escape).collect()
}
