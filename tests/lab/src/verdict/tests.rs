use serde_json::json;

use super::*;

fn document(qoe: [f64; 4]) -> Value {
    let row = |(index, qoe): (usize, &f64)| json!({ "abr": "matinee", "trace": index, "qoe": qoe });
    let rows: Vec<_> = qoe.iter().enumerate().map(row).collect();
    let mean = qoe.iter().sum::<f64>() / 4.0;
    let summary = json!([{ "abr": "matinee", "mean": { "qoe": mean }, "median": { "qoe": 2.5 } }]);
    json!({ "config": { "seed": 1, "command": mean }, "rows": rows, "summary": summary })
}

fn compared(document: &Value) -> Compared<'_> {
    Compared {
        document,
        summary: "summary",
        of: Some("mean"),
        rows: "rows",
        row: &["abr", "trace"],
        group: &["abr"],
        figures: &["qoe"],
        config: &["seed"],
    }
}

#[test]
fn what_is_missed_is_named() {
    let document = document([1.0, 2.0, 3.0, 10.0]);
    let miss = |text: &str| compared(&document).missed(text);
    let met = r#"[{"abr":"matinee","figure":"qoe","at_least":4,"at_most":4}]"#;
    assert_eq!(miss(met).unwrap(), Vec::<String>::new());
    let median = r#"[{"abr":"matinee","of":"median","figure":"qoe","at_most":2.4}]"#;
    assert_eq!(miss(median).unwrap(), ["matinee: median qoe is 2.5, not at most 2.4"]);
    let wrong = |text: &str| miss(text).unwrap_err().to_string();
    assert_eq!(
        wrong(r#"[{"abr":"bba","figure":"qoe","at_least":1}]"#),
        "expects something of bba, which was not played"
    );
    assert_eq!(wrong(r#"[{"figure":"x","at_least":1}]"#), "there is no mean of x");
    let typed = wrong(r#"[{"abr":"matinee","figure":"qoe","atmost":1}]"#);
    assert_eq!(typed, "expects something of matinee 1, which was not played");
    assert_eq!(
        wrong(r#"[{"abr":"matinee","figure":"qoe"}]"#),
        "expects nothing of qoe: at_least or at_most is missing"
    );
    assert!(miss("{}").is_err());
}

#[test]
fn what_the_summary_does_not_have_is_looked_for_in_the_rows() {
    let mut document = document([1.0, 2.0, 3.0, 10.0]);
    let miss = |document: &Value, text: &str| compared(document).missed(text);
    let row = r#"[{"abr":"matinee","trace":3,"figure":"qoe","at_most":9}]"#;
    assert_eq!(miss(&document, row).unwrap(), ["matinee 3: qoe is 10, not at most 9"]);
    document["rows"][0]["figures"] = json!({ "late": 1 });
    let late = |of: &str| format!(r#"[{{"trace":0,{of}"figure":"late","at_least":2}}]"#);
    assert_eq!(miss(&document, &late("")).unwrap(), ["matinee 0: late is 1, not at least 2"]);
    assert_eq!(miss(&document, &late(r#""of":"mean","#)).unwrap_err().to_string(), "there is no mean of late");
    // Every one that is meant has to have it.
    let all = r#"[{"figure":"late","at_least":0}]"#;
    assert_eq!(miss(&document, all).unwrap_err().to_string(), "there is no mean of late");
}

#[test]
fn differences_are_paired() {
    let (before, now) = (document([1.0, 2.0, 3.0, 4.0]), document([2.0, 3.0, 4.0, 5.0]));
    let mut verdict = Verdict::default();
    compared(&now).against(&before.to_string(), &mut verdict).unwrap();
    let table = verdict.table();
    assert!(table.contains("| matinee | qoe | 4 | +1.0000 | +1.0000 .. +1.0000 |"), "{table}");
    assert_eq!(verdict.warning(), None);
    let mut other = before;
    other["config"]["seed"] = json!(2);
    compared(&now).against(&other.to_string(), &mut verdict).unwrap();
    assert!(verdict.warning().unwrap().starts_with("the earlier run is another in seed: "));
    assert!(compared(&now).against("{}", &mut verdict).is_err());
}
