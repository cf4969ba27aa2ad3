//! Files that are not what their names promise. Each harms a careless reader in its own way.

use std::path::Path;

use anyhow::{Context as _, Result};

use crate::mp4;

/// A broken file, and what is wrong with it.
#[derive(Clone, Copy, Debug)]
pub struct Broken {
    /// Where it lies in the folder.
    pub path: &'static str,
    /// Title, as the file name says it.
    pub title: &'static str,
    /// What is wrong.
    pub fault: Fault,
}

/// What is wrong with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Nothing in it.
    Empty,
    /// An MP4 with its index in front, cut off in the middle.
    Truncated,
    /// A Matroska file cut off in the middle; what is there plays.
    TruncatedMatroska,
    /// Noise.
    Random,
    /// Plain text called a film.
    WrongExtension,
    /// An MP4 without its index, as a camera leaves it when the battery dies.
    NoIndex,
}

/// All files that are broken.
pub const BROKEN: [Broken; 6] = [
    Broken { path: "broken/Empty Reel (2001).mp4", title: "Empty Reel", fault: Fault::Empty },
    Broken { path: "broken/Torn Reel (2002).mp4", title: "Torn Reel", fault: Fault::Truncated },
    Broken { path: "broken/Half Told (2003).mkv", title: "Half Told", fault: Fault::TruncatedMatroska },
    Broken { path: "broken/Static (2004).mkv", title: "Static", fault: Fault::Random },
    Broken { path: "broken/A Letter (2005).mkv", title: "A Letter", fault: Fault::WrongExtension },
    Broken { path: "broken/Lost Index (2006).mp4", title: "Lost Index", fault: Fault::NoIndex },
];

impl Broken {
    /// The bytes; `films` holds the good films already.
    pub(super) fn bytes(&self, films: &Path) -> Result<Vec<u8>> {
        let film = |path: &str| std::fs::read(films.join(path)).with_context(|| format!("{} needs {path}", self.title));
        Ok(match self.fault {
            Fault::Empty => Vec::new(),
            Fault::Truncated => {
                let mut bytes = film(SMALL_INDEX_FIRST)?;
                bytes.truncate(700_000);
                bytes
            }
            Fault::TruncatedMatroska => {
                let mut bytes = film("Ember Ridge (2023).mkv")?;
                bytes.truncate(bytes.len() * 6 / 10);
                bytes
            }
            Fault::Random => noise(300_000),
            Fault::WrongExtension => b"Dear projectionist,\nthe film is in the other box.\n".repeat(400),
            Fault::NoIndex => mp4::without_index(&film("Phone/Pier Birthday (2024).mp4")?),
        })
    }
}

const SMALL_INDEX_FIRST: &str = "The Long Take (2021).mp4";

fn noise(length: usize) -> Vec<u8> {
    let mut state = 0x2545_f491_u32;
    std::iter::repeat_with(|| {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    })
    .take(length)
    .collect()
}
