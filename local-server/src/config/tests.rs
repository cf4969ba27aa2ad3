use super::*;

#[expect(clippy::unwrap_in_result, reason = "a test whose set-up fails must fail")]
fn load(text: &str, overrides: Overrides) -> Result<Config, Vec<String>> {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("matinee.toml");
    std::fs::write(&file, text).unwrap();
    Config::load(Some(&file), overrides).map_err(|error| {
        let place = file.display().to_string();
        error.faults.iter().map(|fault| fault.to_string().replace(&place, "FILE")).collect()
    })
}

#[test]
fn an_empty_file_gives_the_defaults() {
    let overrides = Overrides { data: Some("/data".into()), ..Overrides::default() };
    let config = load("", overrides).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:8484");
    assert_eq!(config.library.probes, 2);
}

#[test]
fn every_fault_is_reported_at_once_with_file_and_key() {
    let text = r#"
        [http]
        listen = "here"
        drain_s = 1000
        colour = "blue"
        allowed_hosts = ["http://films.example"]
        [library]
        probes = "many"
        folders = 3
        poll_s = 1
        [transcode]
        heads = 0
        [films]
    "#;
    let faults = load(text, Overrides { listen: Some("nowhere".to_owned()), ..Overrides::default() }).unwrap_err();
    insta::assert_snapshot!(faults.join("\n"), @r#"
    FILE: http.colour: unknown field `colour`, expected one of `listen`, `allowed_hosts`, `drain_s`, `max_connections`
    FILE: http.listen: "here" is not an address and a port, such as 127.0.0.1:8484
    FILE: library.folders: invalid type: integer `3`, expected a sequence
    FILE: library.probes: invalid type: string "many", expected usize
    FILE: films: there is no such section; there are http, storage, library, transcode and log
    FILE: http.drain_s: 1000 is not in 0..=300
    FILE: http.allowed_hosts: "http://films.example" is not a host name (no scheme, no port)
    FILE: library.poll_s: 1 is not in 5..=86400
    FILE: transcode.heads: 0 is not in 1..=64
    command line: --listen: "nowhere" is not an address and a port, such as 127.0.0.1:8484
    command line: --data: a folder for the server's own data must be named, here or as storage.data in the file
    "#);
}

#[test]
fn a_file_that_is_not_toml_is_reported_with_its_line() {
    let faults = load("[http]\nlisten = \"127.0.0.1:1\"\nlisten =\n", Overrides::default()).unwrap_err();
    assert!(faults[0].starts_with("FILE: line 3: "), "{faults:?}");
}

#[test]
fn a_file_that_is_not_there_is_a_fault() {
    let error = Config::load(Some(Path::new("/nonexistent/matinee.toml")), Overrides::default()).unwrap_err();
    assert!(error.to_string().starts_with("/nonexistent/matinee.toml: file: cannot be read"), "{error}");
}

#[test]
fn the_command_line_overrules_the_file() {
    let text = "[http]\nlisten = \"127.0.0.1:1\"\n[storage]\ndata = \"/one\"\n[library]\nfolders = [\"/a\"]\n";
    let overrides =
        Overrides { data: Some("/two".into()), library: vec!["/b".into()], listen: Some("localhost:2".to_owned()) };
    let config = load(text, overrides).unwrap();
    assert_eq!(config.http.listen.to_string(), "127.0.0.1:2");
    assert_eq!(config.storage.data.as_deref(), Some(Path::new("/two")));
    assert_eq!(config.library.folders, [PathBuf::from("/b")]);
}
