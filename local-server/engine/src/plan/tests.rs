use super::*;

fn film(width: u32, height: u32, frames_per_1000_s: u32) -> VideoFacts {
    let video = crate::facts::example::film().video.unwrap();
    VideoFacts { shown: Resolution { width, height }, frames_per_1000_s, ..video }
}

fn rung(name: &str) -> RungName {
    RungName::of(Ladder::s1().rungs().iter().find(|rung| rung.name == name).unwrap())
}

#[test]
fn each_film_gets_its_size_rate_and_level() {
    let table = [
        // shown size, frames in 1000 s, rung -> size, frame rate, level
        ((1920, 1080, 23_976), "1080p", (1920, 1080), (24_000, 1_001), 40),
        ((1920, 1080, 60_000), "1080p", (1920, 1080), (60, 1), 42),
        ((1920, 800, 25_000), "720p", (1280, 532), (25, 1), 31),
        ((720, 576, 25_000), "480p", (600, 480), (25, 1), 30),
        ((1080, 1920, 29_400), "360p", (202, 360), (29_400, 1_000), 30),
        ((320, 240, 0), "360p", (320, 240), (25, 1), 30),
    ];
    for ((width, height, rate), name, size, frame_rate, level) in table {
        let plan = VideoPlan::new(&film(width, height, rate), rung(name));
        assert_eq!((plan.size.width, plan.size.height), size, "{width}x{height} {name}");
        assert_eq!((plan.frame_rate, plan.level), (frame_rate, level), "{width}x{height} {name}");
    }
}

#[test]
fn the_own_size_rung_has_the_rate_of_the_rung_around_it() {
    assert_eq!(VideoPlan::new(&film(320, 240, 25_000), RungName::SOURCE).max_rate, BitsPerSecond::from_kbps(700));
    let huge = VideoPlan::new(&film(3840, 2160, 25_000), RungName::SOURCE);
    assert_eq!((huge.size, huge.max_rate), (Resolution { width: 1920, height: 1080 }, BitsPerSecond::from_kbps(4_500)));
}

#[test]
fn the_peak_is_the_maximum_and_what_the_buffer_lets_through() {
    let plan = VideoPlan::new(&film(1920, 1080, 24_000), rung("1080p"));
    assert_eq!(plan.peak_rate(), BitsPerSecond::from_kbps(4_500 * 5 / 4).scaled(102, 100));
}

#[test]
fn two_frames_of_shift_are_rounded_up() {
    assert_eq!(VideoPlan::new(&film(640, 360, 23_976), rung("360p")).composition_shift(), 7_508);
    assert_eq!(VideoPlan::new(&film(640, 360, 25_000), rung("360p")).composition_shift(), 7_200);
}

#[test]
fn the_audio_config_names_rate_and_channels() {
    assert_eq!(AudioPlan { sample_rate: 48_000, bitrate: AUDIO_RATE }.specific_config(), [0x11, 0x90]);
    assert_eq!(AudioPlan { sample_rate: 44_100, bitrate: AUDIO_RATE }.specific_config(), [0x12, 0x10]);
}
