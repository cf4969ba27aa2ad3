//! Compressed copies beside each file of the bundle, so that the server never compresses while it serves.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::thread;

use anyhow::Context;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;
use walkdir::WalkDir;

/// What is compressed already and would only grow.
const COMPRESSED: [&str; 7] = ["woff2", "png", "jpg", "jpeg", "webp", "avif", "ico"];

/// Sizes of one file, in bytes.
pub(super) struct Sizes {
    pub(super) name: String,
    pub(super) plain: usize,
    pub(super) brotli: usize,
    pub(super) gzip: usize,
}

/// Writes `FILE.br` and `FILE.gz` beside each file that gets smaller by it, all at once: the wasm takes seconds.
pub(super) fn beside_each_file(folder: &Path) -> anyhow::Result<Vec<Sizes>> {
    let files: Vec<PathBuf> = WalkDir::new(folder)
        .into_iter()
        .filter_map(|entry| entry.ok().filter(|entry| entry.file_type().is_file()).map(walkdir::DirEntry::into_path))
        .filter(|file| !COMPRESSED.iter().any(|extension| file.extension().is_some_and(|own| own == *extension)))
        .collect();
    thread::scope(|scope| {
        let running: Vec<_> = files.iter().map(|file| scope.spawn(|| compress(file))).collect();
        running.into_iter().map(|thread| thread.join().expect("compressing does not panic")).collect()
    })
}

fn compress(file: &Path) -> anyhow::Result<Sizes> {
    let plain = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let mut brotli = Vec::new();
    let best = BrotliEncoderParams { quality: 11, lgwin: 24, size_hint: plain.len(), ..BrotliEncoderParams::default() };
    brotli::BrotliCompress(&mut plain.as_slice(), &mut brotli, &best)?;
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(&plain)?;
    let gzip = gzip.finish()?;
    for (bytes, extension) in [(&brotli, "br"), (&gzip, "gz")] {
        if bytes.len() < plain.len() {
            let mut name = file.as_os_str().to_owned();
            name.push(".");
            name.push(extension);
            fs::write(name, bytes)?;
        }
    }
    let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
    Ok(Sizes { name, plain: plain.len(), brotli: brotli.len(), gzip: gzip.len() })
}
