use super::*;

/// A workspace of one crate, `one-crate`, with a target folder that holds it and a dependency.
fn fixture() -> (tempfile::TempDir, Workspace) {
    let folder = tempfile::tempdir().unwrap();
    let at = |path: &str| folder.path().join(path);
    for (path, text) in [
        ("clone/Cargo.toml", "[package]\nname = \"one-crate\"\nversion = \"0.1.0\"\nedition = \"2024\"\n"),
        ("clone/src/lib.rs", ""),
        ("target/debug/.fingerprint/one-crate-0123456789abcdef/hash", ""),
        ("target/debug/.fingerprint/one-crate-more-0123456789abcdef/hash", ""),
        ("target/wasm32-unknown-unknown/web/.fingerprint/one-crate-0123456789abcdef/hash", ""),
        ("target/debug/deps/libone_crate-0123456789abcdef.rlib", "own"),
        ("target/debug/deps/libserde-0123456789abcdef.rlib", "a dependency"),
        ("target/debug/incremental/one_crate/state", "state"),
    ] {
        fs::create_dir_all(at(path).parent().unwrap()).unwrap();
        fs::write(at(path), text).unwrap();
    }
    let workspace = Workspace { root: at("clone"), target: at("target"), cache: at("cache"), data: at("data") };
    (folder, workspace)
}

#[test]
fn another_clone_forgets_the_own_crates_and_keeps_dependencies() {
    let (_folder, workspace) = fixture();
    let own = workspace.target.join("debug/.fingerprint/one-crate-0123456789abcdef");
    let own_wasm = workspace.target.join("wasm32-unknown-unknown/web/.fingerprint/one-crate-0123456789abcdef");
    claim_target(&workspace).unwrap();
    assert!(!own.exists() && !own_wasm.exists());
    assert!(workspace.target.join("debug/.fingerprint/one-crate-more-0123456789abcdef").exists());

    fs::create_dir_all(&own).unwrap();
    claim_target(&workspace).unwrap();
    assert!(own.exists(), "the folder is this clone's already");
}

#[test]
fn pruning_keeps_dependencies_while_that_is_enough() {
    let (_folder, workspace) = fixture();
    assert_eq!(prune_above(&workspace, 1_000).unwrap(), None);
    let dependencies = 2 * "a dependency".len() as u64;
    assert!(size(&workspace.target) < dependencies);
    fs::write(workspace.target.join("debug/incremental/one_crate/state"), vec![0; 100]).unwrap();
    prune_above(&workspace, dependencies).unwrap().expect("it was too big");
    assert!(!workspace.target.join("debug/incremental").exists());
    assert!(!workspace.target.join("debug/deps/libone_crate-0123456789abcdef.rlib").exists());
    assert!(workspace.target.join("debug/deps/libserde-0123456789abcdef.rlib").exists());

    let (_folder, workspace) = fixture();
    prune_above(&workspace, 0).unwrap().expect("it was too big");
    assert!(!workspace.target.join("debug").exists(), "dependencies alone were above the limit");
}
