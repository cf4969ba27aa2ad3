use super::*;

fn write(path: PathBuf, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// Name and text of each file of the bundle made from a page, a style sheet, a font, and generated files.
fn bundle(index: &str, css: &str, wasm: &str) -> BTreeMap<String, String> {
    try_bundle(index, css, wasm).unwrap()
}

fn try_bundle(index: &str, css: &str, wasm: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let folder = tempfile::tempdir()?;
    let at = |path: &str| folder.path().join(path);
    write(at("ui/index.html"), index);
    write(at("ui/style/main.css"), css);
    write(at("ui/assets/fonts/serif.woff2"), "font");
    write(at("generated/ui.js"), "if (a) {{ b }}");
    write(at("generated/ui_bg.wasm"), wasm);
    write(at("generated/snippets/x-1/inline0.js"), "snippet");
    assemble(&at("generated"), &at("ui"), &at("dist"))?;
    let files = files_below(&at("dist"))?;
    let name = |file: &PathBuf| file.strip_prefix(at("dist")).unwrap_or(file).display().to_string();
    files.iter().map(|file| Ok((name(file), fs::read_to_string(file)?))).collect()
}

#[test]
fn names_carry_the_hash_of_the_content_and_are_filled_in() {
    let made = bundle("/{{main.css}} /{{ui.js}} /{{ui_bg.wasm}}", "url({{serif.woff2}})", "one");
    let name = |stem: &str| made.keys().find(|name| name.starts_with(stem)).unwrap().as_str();
    assert_eq!(made["index.html"], format!("/{} /{} /{}", name("main-"), name("ui-"), name("ui_bg-")));
    assert_eq!(made[name("main-")], format!("url({})", name("serif-")));
    assert_eq!(made[name("ui-")], "if (a) {{ b }}", "braces of JavaScript stay");
    assert!(made.contains_key("snippets/x-1/inline0.js"));

    let changed = bundle("/{{main.css}} /{{ui.js}} /{{ui_bg.wasm}}", "url({{serif.woff2}})", "two");
    assert!(changed.contains_key(name("main-")), "the style did not change");
    assert!(!changed.contains_key(name("ui_bg-")), "the wasm did");
}

#[test]
fn a_name_that_no_file_has_is_an_error() {
    let error = try_bundle("{{main.cs}}", "", "").unwrap_err();
    assert!(format!("{error:#}").contains("{{main.cs}} names no file"), "{error:#}");
}
