//! A decoder of hardware that fails, as drivers do: it is tried once more, then software goes on, and playback never
//! notices. Slow: only where `RUN_SLOW=1`.
//!
//! The hardware is avdec_h264 in a box that breaks, so that this runs where there is none. In a program of its own,
//! because what is registered with GStreamer is there for all.

#![expect(clippy::unwrap_used, reason = "a helper of a test may fail it")]

mod support;

use gstreamer as gst;
use player_core::message::Event;
use player_native::{Decoding, NativeConfig, NativePlayer, Surface};
use support::{has_started, origin, plays, until, until_the_end};
use url::Url;

mod flaky {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicU32, Ordering};

    use gstreamer as gst;
    use gstreamer::glib;
    use gstreamer::prelude::*;
    use gstreamer::subclass::prelude::*;

    /// Frames that come out before it breaks.
    const LASTS: u32 = 60;
    /// How many there have been.
    pub(super) static MADE: AtomicU32 = AtomicU32::new(0);

    #[derive(Default)]
    pub(super) struct Inner;

    #[glib::object_subclass]
    impl ObjectSubclass for Inner {
        const NAME: &'static str = "MatineeFlakyDecoder";
        type Type = Flaky;
        type ParentType = gst::Bin;
    }

    glib::wrapper! {
        pub(super) struct Flaky(ObjectSubclass<Inner>) @extends gst::Bin, gst::Element, gst::Object;
    }

    impl ObjectImpl for Inner {
        fn constructed(&self) {
            self.parent_constructed();
            MADE.fetch_add(1, Ordering::Relaxed);
            let decoder = gst::ElementFactory::make("avdec_h264").build().unwrap();
            let bin = self.obj();
            bin.add(&decoder).unwrap();
            for name in ["sink", "src"] {
                let pad = decoder.static_pad(name).unwrap();
                let template = bin.pad_template(name).unwrap();
                let ghost =
                    gst::GhostPad::builder_from_template_with_target(&template, &pad).unwrap().name(name).build();
                bin.add_pad(&ghost).unwrap();
            }
            let (count, weak) = (AtomicU32::new(0), decoder.downgrade());
            decoder.static_pad("src").unwrap().add_probe(gst::PadProbeType::BUFFER, move |_, _| {
                if count.fetch_add(1, Ordering::Relaxed) < LASTS {
                    return gst::PadProbeReturn::Ok;
                }
                if let Some(decoder) = weak.upgrade() {
                    gst::element_error!(decoder, gst::StreamError::Decode, ["the device is gone"]);
                }
                gst::PadProbeReturn::Drop
            });
        }
    }

    impl GstObjectImpl for Inner {}

    impl ElementImpl for Inner {
        fn metadata() -> Option<&'static gst::subclass::ElementMetadata> {
            static METADATA: LazyLock<gst::subclass::ElementMetadata> = LazyLock::new(|| {
                gst::subclass::ElementMetadata::new("Flaky", "Codec/Decoder/Video/Hardware", "Breaks", "Matinee")
            });
            Some(&METADATA)
        }

        fn pad_templates() -> &'static [gst::PadTemplate] {
            static TEMPLATES: LazyLock<Vec<gst::PadTemplate>> = LazyLock::new(|| {
                [("sink", gst::PadDirection::Sink, "video/x-h264"), ("src", gst::PadDirection::Src, "video/x-raw")]
                    .map(|(name, direction, kind)| {
                        let caps = gst::Caps::new_empty_simple(kind);
                        gst::PadTemplate::new(name, direction, gst::PadPresence::Always, &caps).unwrap()
                    })
                    .to_vec()
            });
            &TEMPLATES
        }
    }

    impl BinImpl for Inner {}
}

async fn played(decoding: Decoding) -> (Vec<Event>, [player_native::Decoder; 2], f64) {
    let origin = origin(50_000, false).await;
    let mut player = NativePlayer::new(NativeConfig { decoding, ..NativeConfig::on(Surface::Nowhere) }).unwrap();
    let mut events = Vec::new();
    player.open(Url::parse(&origin.play_urls()[0]).unwrap(), Some(media_model::MediaTime::from_micros(25_000_000)));
    until(&mut player, &mut events, "the first frame", |_, events| has_started(events)).await;
    let first = player.picture_decoder().unwrap().clone();
    until_the_end(&mut player, &mut events).await;
    let last = player.picture_decoder().unwrap().clone();
    (events, [first, last], player.position().as_seconds())
}

#[tokio::test]
async fn hardware_that_fails_twice_is_left_for_software_without_a_word() {
    use std::sync::atomic::Ordering;

    if !plays("hardware_that_fails_twice_is_left_for_software_without_a_word") {
        return;
    }
    gst::init().unwrap();
    let rank = gst::Rank::PRIMARY + 1;
    gst::Element::register(
        None,
        "matineeflakydec",
        rank,
        <flaky::Flaky as gst::glib::types::StaticType>::static_type(),
    )
    .unwrap();

    let (events, [first, last], end) = played(Decoding::Automatic).await;
    assert_eq!((first.name.as_str(), first.hardware), ("matineeflakydec", true));
    assert_eq!((last.name.as_str(), last.hardware), ("avdec_h264", false));
    assert_eq!(flaky::MADE.load(Ordering::Relaxed), 2, "once, and once more");
    let complaints = events.iter().filter(|event| matches!(event, Event::Degraded(_) | Event::Stalled(_)));
    assert_eq!(complaints.count(), 0, "{events:?}");
    assert!((end - 40.0).abs() < 0.2, "it ended at {end}");

    let (_, [first, _], _) = played(Decoding::Software).await;
    assert_eq!(first.to_string(), "avdec_h264 (software)");
    assert_eq!(flaky::MADE.load(Ordering::Relaxed), 2, "hardware was not even opened");
}
