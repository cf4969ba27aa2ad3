use media_model::MediaDuration;
use proptest::prelude::*;

use super::*;

fn ms(millis: u64) -> MediaTime {
    MediaTime::ZERO + MediaDuration::from_millis(millis)
}

fn parse(text: &str) -> WebVtt {
    WebVtt::parse(text).unwrap()
}

fn texts(text: &str) -> Vec<(u64, u64, String)> {
    let millis = |at: MediaTime| at.since(MediaTime::ZERO).as_micros() / 1_000;
    parse(text).cues.into_iter().map(|cue| (millis(cue.start), millis(cue.end), cue.text)).collect()
}

#[test]
fn cues_are_read_and_all_else_is_passed_over() {
    let text = "\u{feff}WEBVTT - a film\nKind: captions\n\nNOTE\nnobody reads this\n\nSTYLE\n::cue { color: red }\n\n\
        REGION\nid:fred\n\n00:01.000 --> 00:02.500\n<i>One</i>\nand a half\n\nname\n01:00:03.000 --> 01:00:04.000 align:start\n\
        Two\n\n00:09.000 --> 00:08.000\nends before it begins\n\n00:7.000 --> 00:08.000\nhas no time\n\n100:00:00.000-->100:00:01.000\nlate\n";
    let one = (1_000, 2_500, "<i>One</i>\nand a half".to_owned());
    let two = (3_603_000, 3_604_000, "Two".to_owned());
    assert_eq!(texts(text), [one, two, (360_000_000, 360_001_000, "late".to_owned())]);
    assert_eq!(parse(text).cues[1].id, "name");
    assert_eq!(texts("WEBVTT"), []);
    assert_eq!(texts("WEBVTT\n00:00.000 --> 00:01.000\nat once"), [(0, 1_000, "at once".to_owned())]);
}

#[test]
fn a_cue_ends_where_the_next_begins_even_without_an_empty_line() {
    let text = "WEBVTT\r\n\r\n00:00.000 --> 00:01.000\rone\r\n00:01.000 --> 00:02.000\ntw\0o";
    assert_eq!(texts(text), [(0, 1_000, "one".to_owned()), (1_000, 2_000, "tw\u{fffd}o".to_owned())]);
}

#[test]
fn what_is_no_webvtt_is_refused() {
    for text in ["", "WEBVT", "WEBVTTX\n", "\nWEBVTT", "1\n00:00:01,000 --> 00:00:02,000\nSubRip"] {
        assert_eq!(WebVtt::parse(text), Err(NotWebVtt), "{text:?}");
    }
}

#[test]
fn settings_are_read_one_by_one() {
    let of = |settings: &str| parse(&format!("WEBVTT\n\n00:00.000 --> 00:01.000 {settings}\nx")).cues[0].settings;
    let all = of("vertical:rl line:-2,end position:12.5%,line-left size:80% align:right region:fred");
    assert_eq!(all.vertical, Some(Vertical::RightToLeft));
    assert_eq!(all.line, Some((Line::Number(-2), Some(Align::End))));
    assert_eq!(all.position, Some((12.5, Some(Align::Start))));
    assert_eq!((all.size, all.align), (Some(80.0), Some(Align::Right)));
    assert_eq!(of("line:90%").line, Some((Line::Percent(90.0), None)));
    for nonsense in [
        "line:1%2",
        "line:half",
        "line:5,up",
        "position:101%",
        "position:5",
        "size:-1%",
        "size:nan%",
        "align:top",
        "a:b:c",
        ":",
    ] {
        assert_eq!(of(nonsense), Settings::default(), "{nonsense}");
    }
}

#[test]
fn cues_are_placed_by_the_medias_clock() {
    let file = |map: &str| parse(&format!("WEBVTT\nX-TIMESTAMP-MAP={map}\n\n00:00:10.000 --> 00:00:11.000\nx"));
    let start = |map: &str, offset_us, near| file(map).place(offset_us, near)[0].start;
    let zero = MediaTime::ZERO;
    assert_eq!(start("LOCAL:00:00:00.000,MPEGTS:0", 0, zero), ms(10_000));
    assert_eq!(start("MPEGTS:900000,LOCAL:00:00:00.000", -10_000_000, zero), ms(10_000));
    assert_eq!(start("MPEGTS:900000, LOCAL:00:00:10.000", 0, zero), ms(10_000));
    assert_eq!(start("MPEGTS:lots", 0, zero), ms(10_000), "a map that cannot be read is none");
    // Two days of a live stream: 33 bits have begun anew once.
    let day = ms(2 * 86_400_000);
    let mpeg = (2 * 86_400 * u64::from(MPEG_TICKS)) % (1 << 33);
    assert_eq!(start(&format!("LOCAL:00:00:10.000,MPEGTS:{mpeg}"), 0, day).since(day), MediaDuration::ZERO);
}

#[test]
fn a_long_file_takes_time_in_proportion() {
    let cue = |second: u64| {
        format!("{:02}:{:02}.000 --> {:02}:{:02}.900\nline\n\n", second / 60, second % 60, second / 60, second % 60)
    };
    let text = format!("WEBVTT\n\n{}", (0..3_600).map(cue).collect::<String>());
    assert_eq!(parse(&text).cues.len(), 3_600);
    // Without an empty line and with an arrow everywhere, each line is looked at once.
    assert_eq!(parse(&format!("WEBVTT\n\n{}", "-->\n".repeat(100_000))).cues.len(), 0);
}

proptest! {
    #[test]
    fn anything_comes_to_an_end(text in "(WEBVTT\n)?(X-TIMESTAMP-MAP=)?([0-9:.]{0,14}( --> )?|[a-z%:, ]{0,9}|\n|\r|\u{fffd}){0,40}", offset in any::<i64>(), near in any::<i64>()) {
        if let Ok(file) = WebVtt::parse(&text) {
            prop_assert!(file.cues.iter().all(|cue| cue.end > cue.start));
            let count = file.cues.len();
            prop_assert_eq!(file.place(offset, MediaTime::from_micros(near)).len(), count);
        }
    }
}
