//! Embeds the page (`ui/dist`, made by `cargo xtask ui`) into the executable; without it, a line that says how to make it.

use std::path::{Path, PathBuf};
use std::{env, fs, io};

use base64::Engine as _;
use sha2::{Digest as _, Sha256};

const NOT_BUILT: &str = "<!doctype html><meta charset=utf-8><title>Matinee</title><p>The page is not built: run \
                         <code>cargo xtask ui</code> and build the server again. The API is at <code>/api</code>.";

fn main() -> io::Result<()> {
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR"));
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").expect("cargo sets CARGO_MANIFEST_DIR"));
    let dist = root.join("../ui/dist");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.join("index.html").is_file() {
        collect(&dist, &dist, &mut files)?;
    } else {
        let page = out.join("index.html");
        fs::write(&page, NOT_BUILT)?;
        files.push(("index.html".to_owned(), page));
    }
    files.sort();

    let mut code = String::from("static ASSETS: &[Asset] = &[\n");
    let mut hashes = String::new();
    for (path, file) in files.iter().filter(|(path, _)| !path.ends_with(".br") && !path.ends_with(".gz")) {
        let content = fs::read(file)?;
        if path == "index.html" {
            hashes = inline_script_hashes(&String::from_utf8_lossy(&content));
        }
        let digest = Sha256::digest(&content);
        let digits: String = digest.iter().take(10).map(|byte| format!("{byte:02x}")).collect();
        let packed = |suffix: &str| {
            let name = format!("{path}.{suffix}");
            files.iter().find(|(path, _)| *path == name).map_or_else(
                || "None".to_owned(),
                |(_, file)| format!("Some(include_bytes!({:?}))", file.display().to_string()),
            )
        };
        code.push_str(&format!(
            "Asset {{ path: {path:?}, media_type: {:?}, etag: \"\\\"{digits}\\\"\", plain: include_bytes!({:?}), \
             br: {}, gz: {}, immutable: {} }},\n",
            media_type(path),
            file.display().to_string(),
            packed("br"),
            packed("gz"),
            has_hash(path),
        ));
    }
    code.push_str("];\n");
    fs::write(out.join("ui_assets.rs"), code)?;
    fs::write(out.join("inline_script_hashes.txt"), hashes)
}

fn collect(root: &Path, folder: &Path, files: &mut Vec<(String, PathBuf)>) -> io::Result<()> {
    println!("cargo:rerun-if-changed={}", folder.display());
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(root, &path, files)?;
        } else {
            println!("cargo:rerun-if-changed={}", path.display());
            let name = path.strip_prefix(root).unwrap_or(&path).to_string_lossy().into_owned();
            files.push((name, path.canonicalize()?));
        }
    }
    Ok(())
}

/// The page may run its own inline scripts and no others: their hashes go into its content security policy.
fn inline_script_hashes(page: &str) -> String {
    let mut hashes = String::new();
    for script in page.split("<script").skip(1) {
        let Some((attributes, rest)) = script.split_once('>') else { continue };
        let Some((code, _)) = rest.split_once("</script>") else { continue };
        if !attributes.contains("src=") {
            let digest = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(code));
            hashes.push_str(&format!(" 'sha256-{digest}'"));
        }
    }
    hashes
}

/// Whether a name has at least eight hexadecimal digits in a row after a dash or dot: a hash of the content.
fn has_hash(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let mut parts = name.split(['-', '.', '_']);
    parts.any(|part| {
        part.len() >= 8
            && part.bytes().all(|byte| byte.is_ascii_hexdigit())
            && part.bytes().any(|byte| byte.is_ascii_digit())
    })
}

fn media_type(path: &str) -> &'static str {
    match path.rsplit('.').next().unwrap_or_default() {
        "html" => "text/html; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "wasm" => "application/wasm",
        "json" | "webmanifest" => "application/json",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "ico" => "image/x-icon",
        "woff2" => "font/woff2",
        "woff" => "font/woff",
        "ttf" => "font/ttf",
        "txt" => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}
