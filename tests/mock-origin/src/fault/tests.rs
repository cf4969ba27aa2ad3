use globset::GlobBuilder;

use super::*;

fn rule(fault: Fault, when: When) -> Rule {
    Rule { name: "r".to_owned(), when, fault }
}

fn like(pattern: &str) -> Option<GlobMatcher> {
    Some(GlobBuilder::new(pattern).literal_separator(true).build().unwrap().compile_matcher())
}

fn asked(url: &str, attempt: u64, seconds: u64) -> Asked<'_> {
    Asked { url, attempt, at: Duration::from_secs(seconds) }
}

fn status(code: u16) -> Fault {
    Fault::Status { code, retry_after: None }
}

#[test]
fn a_rule_holds_where_all_that_is_given_is_true() {
    let when = When {
        url: like("**/*.m4s"),
        nth: vec![2, 3],
        from: Some(Duration::from_secs(5)),
        until: Some(Duration::from_secs(9)),
        ..When::default()
    };
    let rules = [rule(status(503), when)];
    let refused = |url, nth, seconds| judge(Seed::new(1), &rules, asked(url, 1, seconds), &[nth]).refusal.is_some();
    assert!(refused("/a/1.m4s?x=1", 2, 5) && refused("/1.m4s", 3, 8));
    assert!(!refused("/a/1.mp4", 2, 5) && !refused("/a/1.m4s", 1, 5));
    assert!(!refused("/a/1.m4s", 2, 4) && !refused("/a/1.m4s", 2, 9));
}

#[test]
fn each_rule_counts_its_own_requests_and_each_url_its_attempts() {
    let rules = [rule(status(500), When { url: like("v/*"), ..When::default() }), rule(status(500), When::default())];
    let mut counts = Counts::default();
    assert_eq!(counts.count(&rules, "/v/1"), (1, vec![1, 1]));
    assert_eq!(counts.count(&rules, "/a/1"), (1, vec![1, 2]));
    assert_eq!(counts.count(&rules, "/v/1?token=2"), (2, vec![2, 3]));
}

#[test]
fn chance_is_the_same_in_any_order_and_another_with_another_seed() {
    let rules = [rule(status(500), When { probability: Some(0.3), ..When::default() })];
    let run = |seed: u64, numbers: &mut dyn Iterator<Item = u64>| {
        let mut hit: Vec<u64> = numbers
            .filter(|n| judge(Seed::new(seed), &rules, asked(&format!("/{n}"), 1, *n), &[*n]).refusal.is_some())
            .collect();
        hit.sort_unstable();
        hit
    };
    let forward = run(7, &mut (0..1_000));
    assert_eq!(forward, run(7, &mut (0..1_000).rev()));
    assert_ne!(forward, run(8, &mut (0..1_000)));
    assert!((250..350).contains(&forward.len()), "{}", forward.len());
}

#[test]
fn another_attempt_has_another_chance_but_what_is_missing_stays_missing() {
    let always = |fault: Fault| {
        let rules = [rule(fault, When { probability: Some(0.5), ..When::default() })];
        let hit =
            |n: u64, attempt| judge(Seed::new(3), &rules, asked(&format!("/{n}"), attempt, 0), &[1]).refusal.is_some();
        (0..100).all(|n| (2..5).all(|attempt| hit(n, attempt) == hit(n, 1)))
    };
    assert!(!always(status(500)) && always(Fault::Missing));
    let first_only = [rule(status(500), When { attempts: Some(1), ..When::default() })];
    let refused = |attempt| judge(Seed::new(3), &first_only, asked("/a", attempt, 0), &[1]).refusal.is_some();
    assert!(refused(1) && !refused(2));
}

#[test]
fn delays_add_up_and_the_first_of_a_kind_counts() {
    let named = |name: &str, fault| Rule { name: name.to_owned(), when: When::default(), fault };
    let rules = [
        named("a", Fault::SlowFirstByte(Duration::from_secs(1))),
        named("b", Fault::SlowFirstByte(Duration::from_secs(2))),
        named("c", status(503)),
        named("d", status(500)),
        named("e", Fault::ClockSkew(-1_500)),
    ];
    let verdict = judge(Seed::default(), &rules, asked("/x", 1, 0), &[1; 5]);
    assert_eq!(verdict.delay, Duration::from_secs(3));
    assert_eq!(verdict.refusal, Some(Refusal { code: 503, retry_after: None }));
    assert_eq!((verdict.skew_ms, verdict.rules.len()), (-1_500, 5));
}

#[test]
fn a_token_is_good_for_its_path_and_its_time() {
    let rule = rule(Fault::Expire(Duration::from_secs(10)), When { url: like("**/*.m4s"), ..When::default() });
    let tokens = Tokens::of(Seed::new(1), &rule);
    let uri = tokens.sign("1.m4s", "/v/1.m4s", Duration::from_secs(5)).unwrap();
    let url = format!("/v/{uri}");
    let refused = |url: &str, seconds| {
        judge(Seed::new(1), std::slice::from_ref(&rule), asked(url, 1, seconds), &[1]).refusal.map(|it| it.code)
    };
    assert_eq!((refused(&url, 6), refused(&url, 14), refused(&url, 15)), (None, None, Some(403)));
    assert_eq!(refused("/v/1.m4s", 6), Some(403));
    assert_eq!(refused(&url.replace("/1.m4s", "/2.m4s"), 6), Some(403));
    assert_eq!(tokens.sign("init.mp4", "/v/init.mp4", Duration::ZERO), None);
    let with_query = tokens.sign("1.m4s?a=b", "/v/1.m4s", Duration::ZERO).unwrap();
    assert!(with_query.starts_with("1.m4s?a=b&token="), "{with_query}");
}

#[test]
fn a_share_of_a_body_is_a_byte_of_it() {
    assert_eq!(Place::Share(0.5).in_body(Some(1_000)), Some(500));
    assert_eq!(Place::Bytes(5_000).in_body(Some(1_000)), Some(1_000));
    assert_eq!((Place::Share(0.5).in_body(None), Place::Bytes(5).in_body(None)), (None, Some(5)));
}
