//! Which crates may use which, from `cargo metadata`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use anyhow::Context;
use cargo_metadata::{Dependency, DependencyKind, Metadata, MetadataCommand, PackageId};

use super::Finding;

/// A crate of the workspace and what it may use of the workspace, directly; arrows are transitive.
const ARROWS: &[(&str, &[&str])] = &[
    ("media-model", &[]),
    ("media-container", &["media-model"]),
    ("player-core", &["media-container"]),
    ("player-recording", &["player-core"]),
    ("player-native", &["player-core", "player-recording"]),
    ("player-web", &["player-core", "player-recording"]),
    ("server-api", &[]),
    ("ui", &["player-web", "server-api"]),
    ("media-engine", &["media-container"]),
    ("local-server", &["media-engine", "server-api"]),
    ("shell", &["player-native", "server-api", "local-server"]),
    ("network-traces", &["media-model"]),
    ("mock-origin", &["media-container", "network-traces"]),
    (
        "player-lab",
        &[
            "player-core",
            "player-native",
            "player-recording",
            "mock-origin",
            "network-traces",
            "test-browser",
            "wasm-replay",
        ],
    ),
    ("test-browser", &[]),
    ("wasm-replay", &["player-recording"]),
    ("test-films", &[]),
    (
        "system-tests",
        &["test-films", "player-lab", "shell", "ui", "local-server", "mock-origin", "player-native", "player-web"],
    ),
    ("xtask", &[]),
];

/// What only the tests of a crate may use besides.
const IN_TESTS: &[(&str, &str)] = &[("player-native", "mock-origin")];

/// Crates that decide and never do: no clock, no async, no I/O.
const PURE: [&str; 3] = ["media-model", "media-container", "player-core"];

/// What a pure crate must not depend on, however far away.
const IMPURE: [&str; 8] = ["tokio", "reqwest", "gstreamer", "web-sys", "js-sys", "wasm-bindgen", "axum", "rusqlite"];

/// Who may depend on what directly.
const ONLY: &[(&str, &[&str])] = &[
    ("gstreamer", &["media-engine", "player-native", "test-films"]),
    ("tauri", &["shell"]),
    ("rusqlite", &["local-server"]),
    ("axum", &["local-server", "mock-origin", "player-lab", "system-tests"]),
];

/// Finds arrows that point the wrong way.
pub(super) fn check(root: &Path) -> anyhow::Result<Vec<Finding>> {
    let mut command = MetadataCommand::new();
    command.manifest_path(root.join("Cargo.toml")).other_options(vec!["--locked".to_owned()]);
    let metadata = command.exec().context("cargo metadata")?;
    Ok(Graph::of(&metadata)?.findings())
}

/// What the rules look at.
struct Graph {
    /// Of each crate of the workspace: its manifest and its direct dependencies, those of tests too.
    direct: BTreeMap<String, (PathBuf, BTreeSet<String>)>,
    /// Of each pure crate: everything that it is built from.
    built_from: BTreeMap<String, BTreeSet<String>>,
}

impl Graph {
    fn of(metadata: &Metadata) -> anyhow::Result<Graph> {
        let mut graph = Graph { direct: BTreeMap::new(), built_from: BTreeMap::new() };
        for package in metadata.workspace_packages() {
            let manifest = package.manifest_path.strip_prefix(&metadata.workspace_root)?.as_std_path().to_path_buf();
            let is_tests = |dependency: &&Dependency| {
                dependency.kind == DependencyKind::Development
                    && IN_TESTS.contains(&(package.name.as_str(), dependency.name.as_str()))
            };
            let uses = package.dependencies.iter().filter(|one| !is_tests(one)).map(|one| one.name.clone()).collect();
            graph.direct.insert(package.name.to_string(), (manifest, uses));
            if PURE.contains(&package.name.as_str()) {
                graph.built_from.insert(package.name.to_string(), built_from(metadata, &package.id)?);
            }
        }
        Ok(graph)
    }

    fn findings(&self) -> Vec<Finding> {
        let mut findings = Vec::new();
        for (name, (manifest, uses)) in &self.direct {
            let mut finding = |message| findings.push(Finding { file: manifest.clone(), line: 0, message });
            let Some((_, arrows)) = ARROWS.iter().find(|(crate_name, _)| crate_name == name) else {
                finding(format!("{name} is new: say in xtask/src/tidy/arrows.rs what it may use"));
                continue;
            };
            let allowed = reachable(arrows);
            for used in uses.iter().filter(|used| self.direct.contains_key(*used) && !allowed.contains(used.as_str())) {
                finding(format!("{name} must not use {used}"));
            }
            for (reserved, users) in ONLY.iter().filter(|(_, users)| !users.contains(&name.as_str())) {
                let is_reserved = |used: &&String| {
                    *used == reserved || used.strip_prefix(reserved).is_some_and(|rest| rest.starts_with('-'))
                };
                for used in uses.iter().filter(is_reserved) {
                    finding(format!("{name} must not use {used}: only {} may", users.join(", ")));
                }
            }
            if PURE.contains(&name.as_str()) && uses.contains("serde") {
                finding(format!("{name} must not use serde: wire types are not domain types"));
            }
            for part in self.built_from.get(name).into_iter().flatten().filter(|part| IMPURE.contains(&part.as_str())) {
                finding(format!("{name} is pure, but is built from {part} (cargo tree -p {name} -i {part})"));
            }
        }
        findings
    }
}

/// The crates at the end of the arrows, and of theirs.
fn reachable(arrows: &[&'static str]) -> BTreeSet<&'static str> {
    let mut found = BTreeSet::new();
    let mut open: Vec<&str> = arrows.to_vec();
    while let Some(next) = open.pop() {
        if found.insert(next) {
            open.extend(ARROWS.iter().filter(|(name, _)| *name == next).flat_map(|(_, arrows)| *arrows));
        }
    }
    found
}

/// Names of everything that a package is built from, on any platform, build scripts and tests left out.
fn built_from(metadata: &Metadata, package: &PackageId) -> anyhow::Result<BTreeSet<String>> {
    let nodes = &metadata.resolve.as_ref().context("cargo metadata resolves")?.nodes;
    let mut seen = BTreeSet::from([package]);
    let mut open = vec![package];
    while let Some(next) = open.pop() {
        let node = nodes.iter().find(|node| node.id == *next).context("every package is in the graph")?;
        let is_built_in = |kind: &cargo_metadata::DepKindInfo| kind.kind == DependencyKind::Normal;
        for dependency in node.deps.iter().filter(|dependency| dependency.dep_kinds.iter().any(is_built_in)) {
            if seen.insert(&dependency.pkg) {
                open.push(&dependency.pkg);
            }
        }
    }
    Ok(seen.into_iter().map(|id| metadata[id].name.to_string()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(direct: &[(&str, &[&str])], built_from: &[(&str, &[&str])]) -> Vec<String> {
        let set = |names: &[&str]| names.iter().map(ToString::to_string).collect::<BTreeSet<_>>();
        let direct =
            direct.iter().map(|(name, uses)| (name.to_string(), (PathBuf::from("Cargo.toml"), set(uses)))).collect();
        let built_from = built_from.iter().map(|(name, parts)| (name.to_string(), set(parts))).collect();
        Graph { direct, built_from }.findings().into_iter().map(|finding| finding.message).collect()
    }

    #[test]
    fn arrows_point_one_way() {
        let fine = graph(
            &[("ui", &["player-web", "media-model", "leptos"]), ("player-web", &["player-core", "player-recording"])],
            &[],
        );
        assert_eq!(fine, Vec::<String>::new());
        let back = graph(&[("media-engine", &["player-core"]), ("player-core", &[])], &[]);
        assert_eq!(back, ["media-engine must not use player-core"]);
        assert_eq!(graph(&[("shell", &["xtask"]), ("xtask", &[])], &[]), ["shell must not use xtask"]);
        assert_eq!(graph(&[("newcomer", &[])], &[]).len(), 1);
    }

    #[test]
    fn pure_crates_stay_pure() {
        assert_eq!(graph(&[("media-model", &["serde"])], &[]).len(), 1);
        assert_eq!(graph(&[("player-core", &[])], &[("player-core", &["url", "tokio"])]).len(), 1);
        assert_eq!(graph(&[("local-server", &["gstreamer-app"])], &[]).len(), 1);
    }
}
