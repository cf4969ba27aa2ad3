use proptest::prelude::*;

use super::super::{Format, Trace, TraceError};
use super::*;

const LATENCY: Duration = Duration::from_millis(20);

/// Milliseconds, kbit/s and milliseconds of each period.
fn read(format: Format, text: &str) -> Result<Vec<(u128, u64, u128)>, TraceError> {
    let short = |period: &Period| (period.duration.as_millis(), period.rate.get() / 1_000, period.latency.as_millis());
    Ok(Trace::read(format, text, LATENCY)?.periods().iter().map(short).collect())
}

#[test]
fn each_format_gives_its_periods() {
    let sabre = r#"[{"duration_ms":1013,"bandwidth_kbps":1285,"latency_ms":100},
        {"duration_ms":500,"bandwidth_kbps":0,"latency_ms":100}]"#;
    assert_eq!(read(Format::Sabre, sabre).unwrap(), [(1_013, 1_285, 100), (500, 0, 100)]);
    // Ten packets in the first half second, none in the second, five in what is left: 12 kbit each.
    let mahimahi = "50\n100\n150\n200\n250\n300\n350\n400\n450\n500\n1050\n1100\n1150\n1200\n1250\n";
    assert_eq!(read(Format::Mahimahi, mahimahi).unwrap(), [(500, 240, 20), (500, 0, 20), (250, 240, 20)]);
    let pensieve = "0.0 9.9\n0.5\t1.2\n1.75 0.8\n";
    assert_eq!(read(Format::Pensieve, pensieve).unwrap(), [(500, 1_200, 20), (1_250, 800, 20)]);
    let csv = "name, bandwidth_kbps, duration_ms\na, 700.4, 2000\n\nb, 1, 500\n";
    assert_eq!(read(Format::Csv, csv).unwrap(), [(2_000, 700, 20), (500, 1, 20)]);
    let csv = "duration_ms,bandwidth_kbps,latency_ms\n10,1,7\n";
    assert_eq!(read(Format::Csv, csv).unwrap(), [(10, 1, 7)]);
}

#[test]
fn spreadsheets_write_semicolons_decimal_commas_and_a_byte_order_mark() {
    let marked = "\u{feff}duration_ms,bandwidth_kbps\r\n1000,700\r\n";
    assert_eq!(read(Format::Csv, marked).unwrap(), [(1_000, 700, 20)]);
    let semicolons = "\u{feff}\"duration_ms\";\"bandwidth_kbps\";latency_ms\n1000,5;\"700,2\";7\n";
    assert_eq!(read(Format::Csv, semicolons).unwrap(), [(1_000, 700, 7)]);
    assert_eq!(read(Format::Pensieve, "\u{feff}1 2\n").unwrap(), [(1_000, 2_000, 20)]);
}

#[test]
fn the_format_is_told_by_the_beginning() {
    let told = [
        (" [{", Some(Format::Sabre)),
        ("# of a train\n17\n18\n", Some(Format::Mahimahi)),
        ("0.0 1.5\n", Some(Format::Pensieve)),
        ("0\t1.5\n", Some(Format::Pensieve)),
        ("\u{feff}x;bandwidth_kbps;duration_ms\n", Some(Format::Csv)),
        ("name,rate\na,1\n", None),
        ("{\"segment_duration_ms\": 3000}", None),
        ("Copyright 2018 A. B.\n", None),
        ("# Traces\n\nof a train\n", None),
        ("", None),
    ];
    for (text, format) in told {
        assert_eq!(Format::of(text), format, "{text}");
    }
}

#[test]
fn what_is_wrong_is_told_with_its_line() {
    let told = |format, text| read(format, text).unwrap_err().to_string();
    assert_eq!(told(Format::Sabre, "[]"), "the trace lasts no time at all: it has no period longer than zero");
    assert!(told(Format::Sabre, "{}").starts_with("not a list of periods in JSON: "));
    let backwards = r#"[{"duration_ms":-5,"bandwidth_kbps":1,"latency_ms":0}]"#;
    assert_eq!(
        told(Format::Sabre, backwards),
        "not a list of periods in JSON: period 1: -0.005 s is no length of time"
    );
    assert_eq!(told(Format::Mahimahi, "1\n\nsoon\n"), "line 3: `soon` is no number");
    assert_eq!(told(Format::Mahimahi, "5\n4\n"), "line 2: its time is before that of the line above");
    assert_eq!(told(Format::Mahimahi, "0\n"), "the trace lasts no time at all: it has no period longer than zero");
    assert_eq!(told(Format::Pensieve, "1 1\n7\n"), "line 2: a time and a throughput are expected");
    assert_eq!(told(Format::Pensieve, "0 0\n1 0\n"), "the trace carries nothing: every rate in it is zero");
    assert_eq!(told(Format::Pensieve, "0 1\n1e9 1\n"), "line 2: 1000000000 s is longer than a week");
    assert_eq!(told(Format::Csv, "duration_ms\n1\n"), "the first line names no column `bandwidth_kbps`");
    assert_eq!(told(Format::Csv, "duration_ms,bandwidth_kbps\n1\n"), "line 2: it has 1 fields");
    assert_eq!(told(Format::Csv, "duration_ms,bandwidth_kbps\n1,-3\n"), "line 2: -3000 bit/s is no rate");
}

proptest! {
    #[test]
    fn no_text_panics(text in "[-0-9. \t\ne,a-z{}\"\\[\\]:]{0,200}") {
        for format in [Format::Sabre, Format::Mahimahi, Format::Pensieve, Format::Csv] {
            let _ = Trace::read(format, &text, LATENCY);
        }
        let _ = Format::of(&text);
    }

    /// What a link delivered is what the trace carries.
    #[test]
    fn every_packet_of_mahimahi_counts(gaps in proptest::collection::vec(1u64..700, 1..60)) {
        let mut at = 0;
        let text: String = gaps.iter().map(|gap| { at += gap; format!("{at}\n") }).collect();
        let trace = Trace::read(Format::Mahimahi, &text, LATENCY).unwrap();
        prop_assert_eq!(trace.duration(), Duration::from_millis(at));
        let bits = trace.mean_rate().get() as f64 * trace.duration().as_secs_f64();
        let sent = (gaps.len() as u64 * PACKET_BITS) as f64;
        prop_assert!((bits / sent - 1.0).abs() < 0.001, "{} of {}", bits, sent);
    }
}
