//! The script `x` on machines that are made up: what it would install where, and when it stops.
#![expect(clippy::unwrap_used, reason = "a test stops where it cannot go on")]

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

const DEBIAN: &str = "ID=debian\nVERSION_ID=\"12\"\n";
const UBUNTU: &str = "ID=ubuntu\nID_LIKE=debian\nVERSION_ID=\"24.04\"\nPRETTY_NAME=\"Ubuntu 24.04 LTS\"\n";
const FEDORA: &str = "ID=fedora\nVERSION_ID=43\nPRETTY_NAME=\"Fedora Linux 43\"\n";

/// A machine: its os-release, and a PATH of nothing but the few programs that the script uses and stand-ins for those
/// that would change something. `sudo` only writes down what it was asked to do.
struct Machine {
    folder: tempfile::TempDir,
}

impl Machine {
    fn new(os_release: &str, installed: &[&str]) -> Machine {
        let machine = Machine { folder: tempfile::tempdir().unwrap() };
        fs::create_dir(machine.at("bin")).unwrap();
        for program in ["sh", "cat", "chmod", "dirname", "rm", "sed", "tee", "tr"] {
            let real = ["/usr/bin", "/bin"].map(|folder| Path::new(folder).join(program));
            symlink(real.iter().find(|path| path.exists()).unwrap(), machine.at("bin").join(program)).unwrap();
        }
        let query = format!(
            "for name; do :; done; case ' {} ' in *\" $name \"*) printf installed ;; esac",
            installed.join(" ")
        );
        machine.program("dpkg-query", &query);
        machine.program("rpm", "exit 1");
        machine.program("id", "echo 1000");
        machine.program("sudo", &format!("echo \"$@\" >>'{}'", machine.at("sudo.log").display()));
        fs::write(machine.at("os-release"), os_release).unwrap();
        machine
    }

    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn program(&self, name: &str, script: &str) {
        let path = self.at("bin").join(name);
        fs::write(&path, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs the set-up part of `./x arguments`.
    fn x(&self, arguments: &str) -> Output {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../x");
        let mut command = Command::new("/bin/sh");
        command
            .arg(script)
            .args(arguments.split(' '))
            .env_clear()
            .env("PATH", self.at("bin"))
            .env("HOME", self.at("home"));
        command.env("MATINEE_OS_RELEASE", self.at("os-release")).env("MATINEE_ONLY_PACKAGES", "1");
        command.stdin(Stdio::null()).output().unwrap()
    }

    /// What apt was asked to install, and that its lists were brought up to date first.
    fn installed(&self) -> Vec<String> {
        let log = fs::read_to_string(self.at("sudo.log")).unwrap_or_default();
        let apt: Vec<&str> = log.lines().filter_map(|line| line.split_once("apt-get ").map(|(_, rest)| rest)).collect();
        let [update, install] = apt.as_slice() else { return Vec::new() };
        assert!(update.starts_with("update"), "{log}");
        let names = install.split(' ').filter(|word| !word.starts_with('-') && *word != "install");
        names.map(str::to_owned).collect()
    }
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

#[test]
fn each_command_installs_only_what_it_needs() {
    for (command, has, has_not) in [
        ("demo", "gstreamer1.0-plugins-ugly", "libwebkit2gtk-4.1-dev"),
        ("app", "libwebkit2gtk-4.1-dev", "chromium"),
        ("test --fast", "libwebkit2gtk-4.1-dev", "chromium"),
        ("test", "chromium", "nginx"),
        ("bench", "nginx", "mpv"),
        ("path matinee", "gcc", "pkg-config"),
    ] {
        let machine = Machine::new(DEBIAN, &[]);
        let output = machine.x(command);
        assert!(output.status.success(), "{command}: {}", stderr(&output));
        let installed = machine.installed();
        assert!(installed.iter().any(|name| name == has), "{command}: {installed:?}");
        assert!(installed.iter().all(|name| name != has_not), "{command}: {installed:?}");
    }
}

#[test]
fn what_is_there_is_not_installed_again() {
    let machine = Machine::new(DEBIAN, &["libc6-dev"]);
    machine.program("cc", "");
    assert!(machine.x("tidy").status.success());
    assert_eq!(machine.installed(), Vec::<String>::new());
}

#[test]
fn nothing_that_apt_installs_may_start_a_service() {
    let machine = Machine::new(DEBIAN, &[]);
    machine.x("bench");
    let log = fs::read_to_string(machine.at("sudo.log")).unwrap();
    let place = |what: &str| log.lines().position(|line| line.contains(what));
    if Path::new("/usr/sbin/policy-rc.d").exists() {
        assert_eq!(place("policy-rc.d"), None, "somebody's own policy is left alone");
    } else {
        assert!(place("tee /usr/sbin/policy-rc.d") < place("install"), "{log}");
        assert!(place("install") < place("rm -f /usr/sbin/policy-rc.d"), "{log}");
    }
}

#[test]
fn other_systems_are_told_their_own_names_and_nothing_is_changed() {
    for (os_release, command, name) in
        [(FEDORA, "demo", "gstreamer1-devel"), (UBUNTU, "test", "chromium-driver"), ("", "demo", "libgstreamer1.0-dev")]
    {
        let machine = Machine::new(os_release, &[]);
        let output = machine.x(command);
        assert_eq!(output.status.code(), Some(2));
        assert!(stderr(&output).contains(name), "{}", stderr(&output));
        assert!(!machine.at("sudo.log").exists());
    }
}

#[test]
fn ubuntu_gets_demo_and_app() {
    let machine = Machine::new(UBUNTU, &[]);
    assert!(machine.x("app").status.success());
    assert!(machine.installed().contains(&"libwebkit2gtk-4.1-dev".to_owned()));
}

#[test]
fn an_unknown_command_is_a_usage_error() {
    let output = Machine::new(DEBIAN, &[]).x("dmeo");
    assert_eq!(output.status.code(), Some(2));
    assert!(stderr(&output).contains("there is no command 'dmeo'"));
}

#[test]
fn the_table_of_packages_is_whole() {
    let table = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("packages.txt")).unwrap();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        assert!(columns.len() == 4 && columns.iter().all(|column| !column.is_empty()), "{line}");
        for command in columns[0].split(' ') {
            assert!(["any", "demo", "app", "fast", "test", "check", "bench"].contains(&command), "{line}");
        }
    }
}
