//! The media playlists of the rungs: read, and refused where no movie can be made of them.

use anyhow::{Context, Result, bail};
use media_model::hls::{MediaPlaylist, Playlist, Reading, Variables};
use media_model::{BitsPerSecond, MediaDuration};
use url::Url;

use super::ladder::{Chosen, Ladder};
use crate::lint::MAX_PLAYLISTS;
use crate::source::{Client, Loaded, Source, Trouble};

/// A variant stream with its segments.
#[derive(Clone, Debug)]
pub(super) struct Rung {
    /// Address or file of its playlist.
    pub(super) name: String,
    /// The same as the multivariant playlist has it, so that it is the same wherever the stream is.
    pub(super) shown: String,
    /// What the multivariant playlist says of it.
    pub(super) average: Option<BitsPerSecond>,
    pub(super) is_live: bool,
    pub(super) listed: Vec<Listed>,
}

/// A segment as its playlist lists it.
#[derive(Clone, Debug)]
pub(super) struct Listed {
    pub(super) source: Source,
    /// Its media sequence number.
    pub(super) number: u64,
    pub(super) duration: MediaDuration,
    /// The length of its byte range, if it has one.
    pub(super) size: Option<u64>,
}

impl Rung {
    /// A segment for people.
    pub(super) fn said(&self, segment: &Listed) -> String {
        format!("segment {} of {} ({})", segment.number, self.name, segment.source.name)
    }
}

/// Reads a playlist and those of all its variants. The sentences are for people.
pub(super) fn read(client: &Client, first: &Source) -> Result<(Vec<Rung>, Vec<String>)> {
    let (playlist, base) = playlist(client, first, None).with_context(|| first.name.clone())?;
    let multivariant = match playlist {
        Playlist::Media(playlist) => {
            let name = first.url.path_segments().and_then(|mut all| all.next_back()).filter(|name| !name.is_empty());
            let name = name.unwrap_or(&first.name).to_owned();
            return Ok((vec![rung(first, name, None, &playlist, &base)?], Vec::new()));
        }
        Playlist::Multivariant(multivariant) => multivariant,
    };
    let Ladder { rungs: chosen, notes } = Ladder::of(&multivariant, &base);
    if chosen.is_empty() || chosen.len() > MAX_PLAYLISTS {
        bail!("{} names {} variants; a movie has from 1 to {MAX_PLAYLISTS}", first.name, chosen.len());
    }
    let variables = multivariant.variables();
    let mut rungs = Vec::new();
    let from = base;
    for Chosen { source, average } in chosen {
        let read = playlist_of_variant(client, &source, &variables);
        let (media, base) = read.with_context(|| {
            let name = &source.name;
            format!("the variant {name} cannot be read; mend it, or make the movie from a playlist without it")
        })?;
        // It is a whole address where it is on another server.
        let name = from.make_relative(&source.url).unwrap_or_else(|| source.name.clone());
        rungs.push(rung(&source, name, average, &media, &base)?);
    }
    Ok((rungs, notes))
}

fn playlist_of_variant(client: &Client, source: &Source, variables: &Variables) -> Result<(MediaPlaylist, Url)> {
    match playlist(client, source, Some(variables))? {
        (Playlist::Media(playlist), base) => Ok((playlist, base)),
        (Playlist::Multivariant(_), _) => bail!("it is a multivariant playlist in the place of a media playlist"),
    }
}

fn playlist(client: &Client, source: &Source, variables: Option<&Variables>) -> Result<(Playlist, Url)> {
    let Loaded { text, base, .. } = client.load(source)?;
    if !text.trim_start_matches('\u{feff}').trim_start().starts_with("#EXTM3U") {
        return Err(Trouble::not_a_playlist(&text).into());
    }
    let parsed = (Reading { variables, ..Reading::new(&base) }).parse(&text)?;
    Ok((parsed.value, base))
}

fn rung(
    source: &Source,
    shown: String,
    average: Option<BitsPerSecond>,
    playlist: &MediaPlaylist,
    base: &Url,
) -> Result<Rung> {
    let name = source.name.clone();
    if playlist.segments.is_empty() {
        bail!("{name} lists no segment");
    }
    if playlist.i_frames_only {
        bail!(
            "{name} lists keyframes alone (EXT-X-I-FRAMES-ONLY), not segments that are played: take the variant of them"
        );
    }
    let mut listed = Vec::new();
    for (number, segment) in (playlist.media_sequence..).zip(&playlist.segments) {
        if segment.gap {
            bail!("segment {number} of {name} is missing by design (EXT-X-GAP): a movie needs a stream without gaps");
        }
        let url = base.join(&segment.uri);
        let url = url.with_context(|| format!("segment {number} of {name} has no address, but {:?}", segment.uri))?;
        listed.push(Listed {
            source: Source::named(url, base),
            number,
            duration: segment.duration,
            size: segment.range.map(|range| range.length),
        });
    }
    Ok(Rung { name, shown, average, is_live: !playlist.ended, listed })
}

/// Lets the playlists of a live stream begin with the same segment: they were not read at the same moment. Gives sentences
/// for people.
pub(super) fn align(rungs: &mut [Rung]) -> Vec<String> {
    if !rungs.iter().any(|rung| rung.is_live) {
        return Vec::new();
    }
    let begin = |rung: &Rung| rung.listed.first().map_or(0, |segment| segment.number);
    let first = rungs.iter().map(begin).max().unwrap_or(0);
    // Numbers that have nothing in common are counted by each variant alone.
    let is_common = rungs.iter().all(|rung| rung.listed.iter().any(|segment| segment.number == first));
    if is_common {
        rungs.iter_mut().for_each(|rung| rung.listed.retain(|segment| segment.number >= first));
    }
    vec!["the stream is live: the movie is what is listed now".to_owned()]
}
