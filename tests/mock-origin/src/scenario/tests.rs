use media_model::{BitsPerSecond, MediaDuration};

use super::*;
use crate::content::{Sizes, Source};
use crate::fault::Fault;

fn read(text: &str) -> Result<Scenario, ScenarioError> {
    Scenario::read(text, Path::new("."))
}

fn mistakes(text: &str) -> Vec<String> {
    let Err(ScenarioError(mistakes)) = read(text) else { panic!("no mistake in {text}") };
    mistakes.iter().map(ToString::to_string).collect()
}

#[test]
fn an_empty_file_is_a_scenario() {
    let scenario = read("").unwrap().with_content();
    assert_eq!(scenario.presentations.len(), 1);
    let card = &scenario.presentations[0];
    assert_eq!((card.source.clone(), card.segment, card.ladder.len()), (Source::Card, MediaDuration::from_secs(4), 5));
    assert_eq!(scenario.network.profile.rate_bps(std::time::Duration::ZERO), 1_000_000_000);
}

#[test]
fn all_that_is_written_is_taken() {
    let scenario = read(
        r#"
        description = "a test"
        seed = 9
        [network]
        scope = "client"
        steps = [{ seconds = 2.5, kbps = 100 }, { kbps = 200 }]
        latency_ms = 20
        max_connections = 3
        http = "1.1"
        [[presentations]]
        name = "one"
        content = "bytes"
        vary_percent = 10
        ladder = [{ kbps = 300, width = 320, height = 180 }]
        audio = ["en", "de-CH"]
        live = { window = 5 }
        [[presentations]]
        name = "two"
        [[faults]]
        kind = "status"
        code = 503
        url = "/one/**/*.m4s"
        "#,
    )
    .unwrap();
    let one = &scenario.presentations[0];
    assert_eq!(
        (one.sizes.clone(), one.audio.len(), one.live.map(|live| live.window)),
        (Sizes::Varying(10), 2, Some(5))
    );
    assert_eq!(one.ladder[0].rate, BitsPerSecond::from_kbps(300));
    assert_eq!(scenario.faults[0].fault, Fault::Status { code: 503, retry_after: None });
    assert!(scenario.faults[0].is_about("/one/video-0/1.m4s") && !scenario.faults[0].is_about("/two/video-0/1.m4s"));
}

#[test]
fn three_mistakes_are_three_messages_with_key_and_line() {
    let text = "[network]\nlatency = 20\nrate_kbps = \"fast\"\n\n[[presentations]]\nsegment_s = 4.31\n";
    assert_eq!(
        mistakes(text),
        [
            "line 2: network.latency: unknown field `latency`, expected one of `scope`, `rate_kbps`, `steps`, `repeat`, \
             `trace`, `trace_format`, `latency_ms`, `jitter_ms`, `connect_ms`, `max_connections`, `over_limit`, `http`, \
             `stalls`",
            "line 3: network.rate_kbps: invalid type: string \"fast\", expected a whole number from 0 up",
            "line 6: presentations[0].segment_s: the card has 24, 25, 30, 50 or 60 frames a second, and its segments whole ones: any \
             multiple of 0.02 does",
        ]
    );
    let error = read(text).unwrap_err().to_string();
    assert!(error.starts_with("3 mistakes\n  line 2: network.latency: "), "{error}");
}

#[test]
fn mistakes_deep_in_lists_do_not_hide_each_other() {
    let text = r#"
        [[faults]]
        kind = "statuss"
        [[faults]]
        kind = "status"
        code = 99
        nth = [0, "one"]
        typo = 1
        [[faults]]
        code = 5
        [[presentations]]
        ladder = [{ kbps = 5 }, { kbps = 500, width = 321, height = 180, depth = 1 }]
        "#;
    let keys: Vec<String> = match read(text) {
        Err(ScenarioError(mistakes)) => mistakes.into_iter().map(|mistake| mistake.key).collect(),
        Ok(_) => panic!("there are mistakes"),
    };
    for key in [
        "faults[0].kind",
        "faults[1].code",
        "faults[1].nth[1]",
        "faults[1].nth",
        "faults[1].typo",
        "faults[2].kind",
        "presentations[0].ladder[0].kbps",
        "presentations[0].ladder[1].depth",
        "presentations[0].ladder[1].width",
    ] {
        assert!(keys.iter().any(|found| found == key), "{key} is not in {keys:?}");
    }
    assert_eq!(keys.len(), 9, "{keys:?}");
}

#[test]
fn what_is_no_toml_is_named_by_its_lines() {
    let found = mistakes("a = = 1\nb = 2\nc = [1,\n");
    assert!(found.len() >= 2 && found[0].starts_with("line 1: "), "{found:?}");
}

#[test]
fn a_line_that_is_no_toml_does_not_hide_other_mistakes() {
    let found = mistakes(
        "[network]\nrate_kbps = = 5\nlatency_ms = \"slow\"\n[[faults]]\nkind = \"statuss\"\n[[faults]]\nkind = status\n",
    );
    let begin = ["line 2: ", "line 3: network.latency_ms: ", "line 5: faults[0].kind: ", "line 7: "];
    assert_eq!(found.len(), 4, "{found:#?}");
    assert!(found.iter().zip(begin).all(|(one, begin)| one.starts_with(begin)), "{found:#?}");
    // Which table the keys are of is not known.
    let found = mistakes("[network]\nrate_kbps = 5\n[[faults\nkind = 7\n");
    assert!(found.iter().all(|one| one.starts_with("line 3: ")), "{found:#?}");
    // Nor are the places of items after one that is not there.
    let found = mistakes("[network]\nsteps = [\n{ seconds = = 1 },\n{ kbps = \"fast\" },\n]\n");
    assert!(found.iter().all(|one| one.starts_with("line 3: ")), "{found:#?}");
}

#[test]
fn of_very_many_mistakes_some_are_named() {
    let text: String = (0..5_000).map(|number| format!("key{number} = 1\n")).collect();
    assert_eq!(mistakes(&text).len(), read::MOST_MISTAKES);
    assert!(read(&text).unwrap_err().to_string().starts_with("200 mistakes or more\n"));
}

#[test]
fn keys_that_say_nothing_together_are_named() {
    let found = mistakes(
        "[network]\nrate_kbps = 1\nsteps = []\nrepeat = true\ntrace_format = \"csv\"\nover_limit = \"wait\"\n\
         [[faults]]\nkind = \"missing\"\ncode = 404\n",
    );
    let all = found.join("\n");
    for key in ["network.steps", "network.trace_format", "network.over_limit", "faults[0].code"] {
        assert!(all.contains(key), "{key} is not in {all}");
    }
}

#[test]
fn files_that_are_missing_or_empty_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("none.json", r#"[{"duration_ms": 0, "bandwidth_kbps": 5, "latency_ms": 1}]"#);
    write("good.json", r#"[{"duration_ms": 1000, "bandwidth_kbps": 500, "latency_ms": 30}]"#);
    write("good.log", "0.0 1.0\n1.0 2.5\n");
    write("movie.json", r#"{"segment_duration_ms":3000,"bitrates_kbps":[1000],"segment_sizes_bits":[[8000],[16000]]}"#);
    let read = |text: &str| Scenario::read(text, folder.path());
    let refused = |text: &str| read(text).unwrap_err().to_string();
    assert!(refused("network.trace = \"none.json\"").contains("lasts no time at all"));
    assert!(refused("network.trace = \"away.json\"").contains("network.trace: "));
    assert!(refused("[[presentations]]\nclip = \"away.mp4\"").contains("presentations[0].clip: "));
    let profile = read("network.trace = \"good.json\"").unwrap().network.profile;
    let at = std::time::Duration::from_secs(7);
    assert_eq!((profile.rate_bps(at), profile.latency(at).as_millis()), (500_000, 30));
    assert_eq!(read("network.trace = \"good.log\"").unwrap().network.profile.rate_bps(at), 2_500_000);
    let movie = read("[[presentations]]\ncontent = \"bytes\"\nmovie = \"movie.json\"").unwrap();
    assert_eq!(movie.presentations[0].duration, MediaDuration::from_secs(6));
    let twice = refused("[[presentations]]\ncontent = \"bytes\"\nmovie = \"movie.json\"\nsegment_s = 2");
    assert!(twice.contains("presentations[0].segment_s: the movie says it"), "{twice}");
}

#[test]
fn the_schema_knows_every_key_and_no_other() {
    let schema = Scenario::schema().to_string();
    for key in ["rate_kbps", "presentations", "expired-token", "max_connections", "segment_s"] {
        assert!(schema.contains(key), "{key}");
    }
    assert!(schema.contains("\"additionalProperties\":false"));
}
