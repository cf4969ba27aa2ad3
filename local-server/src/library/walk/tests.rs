use std::fs;
use std::os::unix::fs::symlink;

use super::*;

fn names(root: &Path) -> (Vec<String>, Unseen) {
    let mut found = Vec::new();
    let unseen = walk(root, Path::new("/nowhere"), &CancellationToken::new(), |files| {
        found.extend(files.iter().map(|file| file.path.strip_prefix(root).unwrap().to_string_lossy().into_owned()));
    });
    (found, unseen)
}

#[test]
fn odd_names_are_found_and_hidden_and_system_ones_are_not() {
    let root = tempfile::tempdir().unwrap();
    let wanted = ["a b.mkv", "it's.mkv", "say \"hi\".mkv", "100%.mkv", "no #1.mkv", "two\nlines.mkv", "🎬.MKV"];
    for name in wanted.iter().chain(&[".hidden.mkv", "notes.txt", "poster.jpg"]) {
        fs::write(root.path().join(name), b"x").unwrap();
    }
    fs::write(root.path().join(OsStr::from_bytes(b"caf\xe9.mkv")), b"x").unwrap();
    for folder in [".trash", "$RECYCLE.BIN", "@eaDir"] {
        fs::create_dir(root.path().join(folder)).unwrap();
        fs::write(root.path().join(folder).join("old.mkv"), b"x").unwrap();
    }
    let (mut found, unseen) = names(root.path());
    let mut expected: Vec<String> = wanted.iter().map(ToString::to_string).collect();
    expected.push("caf\u{fffd}.mkv".to_owned());
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(unseen.paths.is_empty());
}

#[test]
fn symbolic_links_are_followed_and_loops_end() {
    let root = tempfile::tempdir().unwrap();
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("elsewhere.mkv"), b"x").unwrap();
    fs::create_dir(root.path().join("sub")).unwrap();
    fs::write(root.path().join("sub/film.mkv"), b"x").unwrap();
    symlink(root.path(), root.path().join("sub/loop")).unwrap();
    symlink(root.path().join("sub"), root.path().join("twice")).unwrap();
    symlink(outside.path(), root.path().join("disk")).unwrap();
    symlink("/nonexistent/file.mkv", root.path().join("dangling.mkv")).unwrap();
    symlink("itself.mkv", root.path().join("itself.mkv")).unwrap();
    let (found, unseen) = names(root.path());
    assert_eq!(found, ["disk/elsewhere.mkv", "sub/film.mkv"]);
    assert!(unseen.paths.is_empty(), "{unseen:?}");
}

#[test]
fn a_root_that_is_gone_is_told() {
    let (found, unseen) = names(Path::new("/nonexistent/films"));
    assert!(found.is_empty());
    assert_eq!(unseen.paths.len(), 1);
}

#[test]
fn a_cancelled_walk_says_so() {
    let root = tempfile::tempdir().unwrap();
    fs::write(root.path().join("film.mkv"), b"x").unwrap();
    let cancel = CancellationToken::new();
    cancel.cancel();
    assert!(walk(root.path(), Path::new("/nowhere"), &cancel, |_| panic!("nothing is found")).cancelled);
}

#[test]
fn what_lies_below_an_unread_folder_may_be_there() {
    let unseen = Unseen { paths: vec![("/films/locked".into(), "permission denied".to_owned())], cancelled: false };
    assert!(unseen.may_hide(Path::new("/films/locked/deep/film.mkv")));
    assert!(!unseen.may_hide(Path::new("/films/locked film.mkv")));
}
