//! Puts the page together: every file but `index.html` gets its content's hash into its name, and `{{name}}` in text
//! files becomes the name that the file `name` got. The result is one flat folder, so `name` is enough everywhere:
//! `/{{main.css}}` in `index.html`, `url({{serif.woff2}})` in a style sheet.

use std::collections::BTreeMap;
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use walkdir::WalkDir;

/// Folders of `ui` whose files go into the bundle.
const STATIC_FOLDERS: [&str; 2] = ["style", "assets"];

/// Files of `ui` that go into the bundle as they are or with names filled in, sorted.
pub(super) fn static_files(ui: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = vec![ui.join("index.html")];
    for folder in STATIC_FOLDERS.map(|folder| ui.join(folder)).iter().filter(|folder| folder.is_dir()) {
        files.extend(files_below(folder)?);
    }
    Ok(files)
}

/// Writes the bundle into `dist`, from what wasm-bindgen generated and the static files.
pub(super) fn assemble(generated: &Path, ui: &Path, dist: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(dist).with_context(|| format!("cannot create {}", dist.display()))?;
    let mut sources = static_files(ui)?;
    for file in files_below(generated)? {
        // The JavaScript names these by their path, so they keep it.
        if let Ok(snippet) = file.strip_prefix(generated.join("snippets")) {
            let to = dist.join("snippets").join(snippet);
            fs::create_dir_all(to.parent().context("a file has a folder")?)?;
            fs::copy(&file, &to)?;
        } else {
            sources.push(file);
        }
    }
    let mut names = BTreeMap::new();
    // Names flow one way: a page names styles and scripts, these name fonts and the wasm.
    sources.sort_by_key(|file| rank(file));
    for file in sources {
        let name = file.file_name().and_then(|name| name.to_str()).context("names in the bundle are UTF-8")?.to_owned();
        let mut bytes = fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
        if rank(&file) > 0 {
            let text = String::from_utf8(bytes).with_context(|| format!("{} is not UTF-8", file.display()))?;
            bytes = filled_in(&text, &names).with_context(|| file.display().to_string())?.into_bytes();
        }
        let hashed = if name == "index.html" { name.clone() } else { with_hash(&name, &bytes) };
        fs::write(dist.join(&hashed), bytes)?;
        if names.insert(name.clone(), hashed).is_some() {
            bail!("two files of the bundle are called {name}");
        }
    }
    Ok(())
}

fn rank(file: &Path) -> u8 {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("css" | "js" | "svg" | "webmanifest") => 1,
        Some("html") => 2,
        _ => 0,
    }
}

/// `style.css` becomes `style-0123456789abcdef.css`.
fn with_hash(name: &str, bytes: &[u8]) -> String {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    format!("{stem}-{:016x}.{extension}", hasher.finish())
}

/// Replaces each `{{name}}`.
fn filled_in(text: &str, names: &BTreeMap<String, String>) -> anyhow::Result<String> {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("{{") {
        let is_name =
            |name: &&str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b));
        let Some((name, after_name)) = after.split_once("}}").filter(|(name, _)| is_name(name)) else {
            // Braces of the language, not ours.
            out += before;
            out += "{{";
            rest = after;
            continue;
        };
        out += before;
        out += names.get(name).with_context(|| format!("{{{{{name}}}}} names no file that comes before it"))?;
        rest = after_name;
    }
    Ok(out + rest)
}

fn files_below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        let entry = entry?;
        if entry.file_type().is_file() && !entry.file_name().to_string_lossy().starts_with('.') {
            files.push(entry.into_path());
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests;
