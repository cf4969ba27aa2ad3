//! Which crates and which modules a source file may name.

use std::path::Path;

use super::Finding;
use super::source::{ModulePath, Source};

/// A crate that belongs to one corner of the code base.
struct Reserved {
    /// Its name, which stands for `name_something` too.
    name: &'static str,
    /// Where the rule holds: files below one of these.
    within: &'static [&'static str],
    /// Where the crate may be named all the same: a file, or everything below a folder.
    but: &'static [&'static str],
    why: &'static str,
}

const RESERVED: &[Reserved] = &[
    Reserved {
        name: "gstreamer",
        within: &[""],
        but: &["local-server/engine/src/gst", "player-core/native", "tests/films"],
        why: "GStreamer stays in media-engine's gst folder, the native player and the maker of test films",
    },
    Reserved {
        name: "tauri",
        within: &[""],
        but: &["src-tauri", "ui/src/shell"],
        why: "only the shell, and ui/src/shell.rs, know Tauri",
    },
    Reserved {
        name: "rusqlite",
        within: &["local-server"],
        but: &["local-server/src/store"],
        why: "SQL stays in store/",
    },
    Reserved { name: "serde", within: &["local-server/src/domain"], but: &[], why: "wire types are not domain types" },
    Reserved {
        name: "axum",
        within: &[
            "local-server/src/domain",
            "local-server/src/library",
            "local-server/src/store",
            "local-server/engine",
        ],
        but: &[],
        why: "only http/ knows HTTP",
    },
];

/// Beginnings of SQL statements.
const SQL: [&str; 6] = ["SELECT ", "INSERT ", "UPDATE ", "DELETE FROM ", "CREATE TABLE ", "PRAGMA "];

/// A module and the modules of its own crate that it must not name.
struct Layer {
    crate_source: &'static str,
    modules: &'static [&'static str],
    must_not_name: &'static [&'static str],
}

/// Arrows inside a crate point one way, and siblings never call each other: their parent does.
const LAYERS: &[Layer] = &[
    Layer {
        crate_source: "local-server/src",
        modules: &["domain"],
        must_not_name: &["app", "config", "http", "library", "jobs", "discovery", "store", "blob", "bus", "cache"],
    },
    Layer {
        crate_source: "local-server/src",
        modules: &["store", "blob", "bus", "cache"],
        must_not_name: &["app", "http", "library", "jobs", "discovery"],
    },
    Layer {
        crate_source: "local-server/src",
        modules: &["library", "jobs", "discovery"],
        must_not_name: &["app", "http"],
    },
    Layer {
        crate_source: "local-server/engine/src",
        modules: &["grid", "plan"],
        must_not_name: &["playback", "probe", "decide", "heads", "segment", "manifest", "worker", "gst", "store"],
    },
    Layer {
        crate_source: "local-server/engine/src",
        modules: &["probe", "decide", "segment", "manifest"],
        must_not_name: &["playback", "heads", "gst"],
    },
    Layer {
        crate_source: "player-core/src",
        modules: &["clock"],
        must_not_name: &["config", "player", "playlist", "load", "abr", "live", "retry", "buffer", "qoe"],
    },
    Layer {
        crate_source: "player-core/src",
        modules: &["config", "playlist", "load", "abr", "live", "retry", "buffer", "qoe"],
        must_not_name: &["player"],
    },
    Layer {
        crate_source: "ui/src",
        modules: &["state"],
        must_not_name: &["app", "pages", "components", "client", "player", "shell"],
    },
    Layer { crate_source: "ui/src", modules: &["components"], must_not_name: &["app", "pages", "client"] },
];

/// Finds crates and modules named in the wrong place.
pub(super) fn check(source: &Source) -> Vec<Finding> {
    let finding = |line, message| Finding { file: source.file.clone(), line, message };
    let mut findings = Vec::new();
    for rule in RESERVED.iter().filter(|rule| rule.holds_for(&source.file)) {
        let used =
            source.words.iter().filter(|word| word.after.as_deref() == Some("use")).map(|word| (&word.text, word.line));
        let in_paths = source.paths.iter().filter_map(|path| Some((path.segments.first()?, path.line)));
        if let Some((name, line)) = used.chain(in_paths).find(|(name, _)| rule.names(name)) {
            findings.push(finding(line, format!("names `{name}`: {}", rule.why)));
        }
    }
    if lies_in(&source.file, "local-server/src") && !lies_in(&source.file, "local-server/src/store") {
        let is_sql = |text: &str| {
            SQL.iter().any(|start| text.trim_start_matches(['r', '#', '"']).trim_start().starts_with(start))
        };
        for string in source.strings.iter().filter(|string| is_sql(&string.text)) {
            findings.push(finding(string.line, "SQL stays in store/".to_owned()));
        }
    }
    for layer in LAYERS {
        let Some(module) = source.file.strip_prefix(layer.crate_source).ok().map(module_of) else { continue };
        if !module.first().is_some_and(|first| layer.modules.contains(&first.as_str())) {
            continue;
        }
        for path in &source.paths {
            let Some(target) = top_module(path, &module).filter(|target| layer.must_not_name.contains(target)) else {
                continue;
            };
            findings.push(finding(path.line, format!("`{}` must not name `{target}`", module[0])));
        }
    }
    findings
}

impl Reserved {
    fn holds_for(&self, file: &Path) -> bool {
        // The rules name what they forbid.
        let exempt = self.but.iter().chain(&["xtask"]).any(|place| lies_in(file, place));
        !exempt && self.within.iter().any(|place| lies_in(file, place))
    }

    fn names(&self, name: &str) -> bool {
        name.strip_prefix(self.name).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'))
    }
}

/// Whether `file` is `place.rs` or below the folder `place`.
fn lies_in(file: &Path, place: &str) -> bool {
    file.starts_with(place) || file == Path::new(&format!("{place}.rs"))
}

/// `store/sqlite/titles.rs` as `store`, `sqlite`, `titles`.
fn module_of(file: &Path) -> Vec<String> {
    let names = file
        .with_extension("")
        .components()
        .map(|part| part.as_os_str().to_string_lossy().into_owned())
        .collect::<Vec<_>>();
    if names == ["lib"] || names == ["main"] { Vec::new() } else { names }
}

/// The top-level module of its own crate that `path` leads to, seen from `module`; inner modules count as their file.
fn top_module<'a>(path: &'a ModulePath, module: &'a [String]) -> Option<&'a str> {
    let first = path.segments.first()?;
    if first == "crate" {
        return path.segments.get(1).map(String::as_str);
    }
    let ups = path.segments.iter().take_while(|segment| *segment == "super").count();
    if ups == 0 || ups < module.len() {
        return None;
    }
    path.segments.get(ups).map(String::as_str)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(file: &str, text: &str) -> Vec<String> {
        let source = Source::parse(Path::new(file), text.to_owned()).unwrap();
        check(&source).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn crates_stay_in_their_corner() {
        for (file, text) in [
            ("local-server/engine/src/plan.rs", "use gstreamer as gst;"),
            ("ui/src/app.rs", "fn f() { tauri_api::invoke() }"),
            ("local-server/src/library/scan.rs", "use rusqlite::Connection;"),
            ("local-server/src/domain/title.rs", "#[derive(serde::Serialize)] struct Title;"),
            ("local-server/src/http/api.rs", "const Q: &str = \"SELECT 1\";"),
        ] {
            assert_eq!(messages(file, text).len(), 1, "{file}: {text}");
        }
        for (file, text) in [
            ("local-server/engine/src/gst/decode.rs", "use gstreamer as gst;"),
            ("ui/src/shell.rs", "fn f() { tauri::invoke() }"),
            ("local-server/src/store/sqlite.rs", "use rusqlite::Connection; const Q: &str = \"SELECT 1\";"),
            ("ui/src/app.rs", "// tauri\nfn tauri_window() { let tauri = \"tauri\"; }"),
        ] {
            assert_eq!(messages(file, text), Vec::<String>::new());
        }
    }

    #[test]
    fn modules_name_only_what_lies_below_them() {
        let found = messages("local-server/src/domain/title.rs", "use crate::{domain::user, store::Titles};");
        assert_eq!(found, ["local-server/src/domain/title.rs:1: `domain` must not name `store`"]);
        assert_eq!(messages("local-server/src/domain.rs", "fn f() { super::http::serve() }").len(), 1);
        assert!(messages("local-server/src/domain/title.rs", "use super::http::Wire;").is_empty(), "domain's own");
        assert_eq!(messages("local-server/src/domain/title.rs", "use super::super::http::Wire;").len(), 1);
        assert!(messages("local-server/src/http/api.rs", "use crate::store::Titles;").is_empty());
        assert_eq!(messages("player-core/src/abr.rs", "use crate::player;").len(), 1);
        assert_eq!(messages("player-core/src/abr/bola.rs", "use crate::player::Player;").len(), 1);
    }
}
