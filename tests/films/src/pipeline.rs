//! Runs one film's pipeline: paints and sounds go in at its sources, a file comes out.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, anyhow, bail};
use gstreamer as gst;
use gstreamer::prelude::*;
use gstreamer_app as gst_app;

use crate::films::{Film, Pictures, Timing, Tone};
use crate::scene::Canvas;
use crate::timecode;
use crate::{mp4, sound};

/// Longer than the slowest film takes on the slowest machine that anybody waits for.
const PATIENCE: u64 = 300;

/// Writes `film` to `target`.
pub(super) fn run(film: &Film, target: &Path) -> Result<()> {
    // Text needs the pango plug-in; without it the cells still tell the time.
    let readable = gst::ElementFactory::find("timeoverlay").is_some();
    let clock = match &film.pictures {
        // Above the row of cells.
        Some(pictures) if readable => format!("{CLOCK} ypad={}", pictures.height * 9 / 100),
        Some(_) | None => "identity name=clock".to_owned(),
    };
    let pipeline = gst::parse::launch(&film.pipeline.replace("identity name=clock", &clock))?
        .downcast::<gst::Pipeline>()
        .map_err(|_| anyhow!("the description of {} is no pipeline", film.title))?;
    let named = |name: &str| pipeline.by_name(name).with_context(|| format!("{} has no {name}", film.title));
    named("sink")?.set_property("location", target);
    if film.words {
        let toc = chapters(film.seconds);
        named("mux")?
            .dynamic_cast::<gst::TocSetter>()
            .map_err(|_| anyhow!("this muxer takes no chapters"))?
            .set_toc(Some(&toc));
    }
    let source = |name: &str| -> Result<gst_app::AppSrc> {
        named(name)?.downcast().map_err(|_| anyhow!("{name} of {} is no appsrc", film.title))
    };
    let picture = film.pictures.map(|pictures| Ok::<_, anyhow::Error>((pictures, source("picture")?))).transpose()?;
    let sounds = film
        .tones
        .iter()
        .enumerate()
        .map(|(number, tone)| Ok((tone, source(&format!("sound{number}"))?)))
        .collect::<Result<Vec<_>>>()?;
    let words = if film.words { Some(source("words")?) } else { None };

    // Before the pipeline starts: a source announces its format with its first event.
    if let Some((pictures, source)) = &picture {
        prepare(source, &picture_caps(pictures), u64::from(pictures.width * pictures.height) * 4);
    }
    for (tone, source) in &sounds {
        prepare(source, &sound_caps(tone), sound::BLOCK * u64::from(tone.channels) * 2);
    }
    if let Some(source) = &words {
        prepare(source, &gst::Caps::builder("text/x-raw").field("format", "utf8").build(), 0);
    }
    std::thread::scope(|scope| {
        pipeline.set_state(gst::State::Playing)?;
        if let Some((pictures, source)) = picture {
            scope.spawn(move || feed_pictures(&pictures, film.seconds, &source));
        }
        for (tone, source) in sounds {
            scope.spawn(move || feed_sound(tone, film.seconds, &source));
        }
        if let Some(source) = words {
            scope.spawn(move || feed_words(film.seconds, &source));
        }
        let outcome = wait_for_end(&pipeline);
        // Also ends the feeders: a source that has stopped refuses buffers.
        pipeline.set_state(gst::State::Null)?;
        outcome.with_context(|| format!("cannot make {}", film.title))
    })?;
    if film.turned { mp4::turn_clockwise(target) } else { Ok(()) }
}

const CLOCK: &str = "timeoverlay valignment=bottom halignment=center draw-outline=true shaded-background=false \
    font-desc=\"DejaVu Sans Mono, 13\"";

fn wait_for_end(pipeline: &gst::Pipeline) -> Result<()> {
    let bus = pipeline.bus().context("a pipeline has a bus")?;
    let wanted = [gst::MessageType::Eos, gst::MessageType::Error];
    let message = bus.timed_pop_filtered(gst::ClockTime::from_seconds(PATIENCE), &wanted);
    match message.as_ref().map(|message| message.view()) {
        Some(gst::MessageView::Eos(_)) => Ok(()),
        Some(gst::MessageView::Error(error)) => bail!("{} ({:?})", error.error(), error.debug()),
        _ => bail!("no end within {PATIENCE} s"),
    }
}

fn prepare(source: &gst_app::AppSrc, caps: &gst::Caps, block_bytes: u64) {
    source.set_caps(Some(caps));
    source.set_format(gst::Format::Time);
    source.set_block(true);
    source.set_max_bytes(block_bytes * 8);
}

/// Pushes buffers until the pipeline refuses one, which it does only when it has failed and told so on the bus.
fn feed(source: &gst_app::AppSrc, buffers: impl Iterator<Item = gst::Buffer>) {
    for buffer in buffers {
        if source.push_buffer(buffer).is_err() {
            return;
        }
    }
    // Refused only by a pipeline that has stopped already.
    let _ = source.end_of_stream();
}

fn timed(bytes: Vec<u8>, from: Duration, to: Duration) -> gst::Buffer {
    let mut buffer = gst::Buffer::from_mut_slice(bytes);
    let fields = buffer.get_mut().expect("a new buffer has one owner");
    fields.set_pts(clock_time(from));
    fields.set_duration(clock_time(to.saturating_sub(from)));
    buffer
}

fn clock_time(time: Duration) -> gst::ClockTime {
    gst::ClockTime::from_nseconds(u64::try_from(time.as_nanos()).expect("films are short"))
}

/// The time of the `count`-th of `rate` events a second, from the absolute count.
fn moment(count: u64, rate: u32) -> Duration {
    Duration::from_nanos(count * 1_000_000_000 / u64::from(rate))
}

fn picture_caps(pictures: &Pictures) -> gst::Caps {
    let whole = |number: u32| i32::try_from(number).expect("pictures are small");
    let caps = gst::Caps::builder("video/x-raw")
        .field("format", "RGBx")
        .field("width", whole(pictures.width))
        .field("height", whole(pictures.height))
        .field("pixel-aspect-ratio", gst::Fraction::new(pictures.pixel.0, pictures.pixel.1));
    let caps = match pictures.timing {
        Timing::Constant(rate) | Timing::Varying(rate) => caps.field("framerate", gst::Fraction::new(whole(rate), 1)),
        Timing::Interlaced(rate) => caps
            .field("framerate", gst::Fraction::new(whole(rate), 1))
            .field("interlace-mode", "interleaved")
            .field("field-order", "top-field-first"),
    };
    caps.build()
}

fn sound_caps(tone: &Tone) -> gst::Caps {
    let caps = gst::Caps::builder("audio/x-raw")
        .field("format", if cfg!(target_endian = "big") { "S16BE" } else { "S16LE" })
        .field("layout", "interleaved")
        .field("rate", i32::try_from(tone.sample_rate).expect("rates are small"))
        .field("channels", i32::from(tone.channels));
    if tone.channels == 6 { caps.field("channel-mask", gst::Bitmask::new(0x3f)).build() } else { caps.build() }
}

fn feed_pictures(pictures: &Pictures, seconds: u32, source: &gst_app::AppSrc) {
    let (rate, interlaced) = match pictures.timing {
        Timing::Constant(rate) | Timing::Varying(rate) => (rate, false),
        Timing::Interlaced(rate) => (rate, true),
    };
    let slots = u64::from(seconds * rate);
    let shown: Vec<u64> = (0..slots).filter(|&slot| is_shown(pictures.timing, slot)).collect();
    let ends = shown.iter().skip(1).copied().chain([slots]);
    feed(
        source,
        shown.iter().zip(ends).map(|(&slot, next)| {
            let (from, to) = (moment(slot, rate), moment(next, rate));
            let bytes = if interlaced {
                two_fields(pictures, from, moment(2 * slot + 1, 2 * rate))
            } else {
                one_moment(pictures, from, from)
            };
            timed(bytes, from, to)
        }),
    );
}

/// Which slots of the grid a phone short of light or power fills: all in good seconds, two of three in others, and
/// half of them now and then.
fn is_shown(timing: Timing, slot: u64) -> bool {
    match (timing, (slot / 20) % 4) {
        (Timing::Constant(_) | Timing::Interlaced(_), _) | (Timing::Varying(_), 0 | 2) => true,
        (Timing::Varying(_), 1) => slot % 3 != 1,
        (Timing::Varying(_), _) => slot.is_multiple_of(2),
    }
}

/// The scene at `at`, with the clock of the frame that starts at `frame`.
fn one_moment(pictures: &Pictures, at: Duration, frame: Duration) -> Vec<u8> {
    let mut canvas = Canvas::new(pictures.width, pictures.height);
    pictures.scene.paint(at.as_secs_f32(), &mut canvas);
    // Rounded as clients see it: a frame at 41.667 ms is frame 42.
    let millis = u32::try_from((frame.as_micros() + 500) / 1_000).expect("films are short");
    timecode::draw(&mut canvas.pixels, canvas.width, canvas.height, millis);
    canvas.pixels
}

/// Even lines of one moment, odd lines of a later one.
fn two_fields(pictures: &Pictures, upper: Duration, lower: Duration) -> Vec<u8> {
    let mut woven = one_moment(pictures, upper, upper);
    let later = one_moment(pictures, lower, upper);
    let line = usize::try_from(pictures.width * 4).expect("pictures are small");
    for (target, from) in woven.chunks_exact_mut(line).zip(later.chunks_exact(line)).skip(1).step_by(2) {
        target.copy_from_slice(from);
    }
    woven
}

fn feed_sound(tone: &Tone, seconds: u32, source: &gst_app::AppSrc) {
    let all = u64::from(seconds) * u64::from(tone.sample_rate);
    let starts = (0..all).step_by(usize::try_from(sound::BLOCK).expect("a block is small"));
    feed(
        source,
        starts.map(|first| {
            let samples = sound::BLOCK.min(all - first);
            timed(
                sound::block(tone, first, samples),
                moment(first, tone.sample_rate),
                moment(first + samples, tone.sample_rate),
            )
        }),
    );
}

fn feed_words(seconds: u32, source: &gst_app::AppSrc) {
    feed(
        source,
        (0..u64::from(seconds) / 3).map(|line| {
            let from = Duration::from_secs(line * 3);
            let text = format!("Line {}: the clock says {} seconds.", line + 1, from.as_secs());
            timed(text.into_bytes(), from + Duration::from_millis(250), from + Duration::from_millis(2_250))
        }),
    );
}

/// Four chapters of equal length.
fn chapters(seconds: u32) -> gst::Toc {
    let mut toc = gst::Toc::new(gst::TocScope::Global);
    let mut edition = gst::TocEntry::new(gst::TocEntryType::Edition, "edition");
    let length = u64::from(seconds) * 1_000_000_000 / 4;
    let bounds = |number: u64| i64::try_from(number * length).expect("films are short");
    for (number, name) in (0..).zip(["Dusk", "The first voice", "The second voice", "Night"]) {
        let mut chapter = gst::TocEntry::new(gst::TocEntryType::Chapter, &format!("chapter-{number}"));
        let fields = chapter.get_mut().expect("a new entry has one owner");
        fields.set_start_stop_times(bounds(number), bounds(number + 1));
        let mut tags = gst::TagList::new();
        tags.get_mut().expect("a new list has one owner").add::<gst::tags::Title>(&name, gst::TagMergeMode::Replace);
        fields.set_tags(Some(tags));
        edition.get_mut().expect("a new entry has one owner").append_sub_entry(chapter);
    }
    toc.get_mut().expect("a new table has one owner").append_entry(edition);
    toc
}
