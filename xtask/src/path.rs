//! `path NAME`: where a built binary is.

use std::io::Write as _;

use anyhow::bail;
use clap::ValueEnum;

use crate::workspace::Workspace;

/// The binaries that scripts may ask for.
#[derive(Clone, Copy, ValueEnum)]
pub(crate) enum Binary {
    MatineeServer,
    MatineePlay,
    MockOrigin,
    MatineeLab,
    Matinee,
}

/// Prints the path; fails with a hint when the binary has not been built.
pub(crate) fn run(workspace: &Workspace, binary: Binary) -> anyhow::Result<()> {
    let (name, built_by) = match binary {
        Binary::MatineeServer => ("matinee-server", "demo"),
        Binary::MatineePlay => ("matinee-play", "test"),
        Binary::MockOrigin => ("mock-origin", "test"),
        Binary::MatineeLab => ("matinee-lab", "test"),
        Binary::Matinee => ("matinee", "app"),
    };
    let path = workspace.binary(name);
    if !path.is_file() {
        bail!("{name} is not built yet: `./x {built_by}` builds it");
    }
    writeln!(std::io::stdout(), "{}", path.display())?;
    Ok(())
}
