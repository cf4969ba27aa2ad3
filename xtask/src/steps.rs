//! Runs the steps of a command, says what runs and how long it took, and prints the table at the end.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use anyhow::Context;

/// The steps of one command, in the order in which they ran.
pub(crate) struct Steps {
    began: Instant,
    ended: Vec<Ended>,
}

struct Ended {
    name: String,
    took: Duration,
    passed: bool,
}

impl Steps {
    /// Starts the clock.
    pub(crate) fn begin() -> Steps {
        Steps { began: Instant::now(), ended: Vec::new() }
    }

    /// Runs one step.
    ///
    /// # Errors
    /// What the step failed with, under its name.
    pub(crate) fn run<T>(&mut self, name: &str, work: impl FnOnce() -> anyhow::Result<T>) -> anyhow::Result<T> {
        eprintln!("==> {name}");
        let began = Instant::now();
        let result = work();
        let took = began.elapsed();
        if took >= Duration::from_secs(1) {
            eprintln!("    {name}: {}", human(took));
        }
        self.ended.push(Ended { name: name.to_owned(), took, passed: result.is_ok() });
        result.with_context(|| format!("step `{name}` failed"))
    }

    /// How long each step took, for the end of a long command.
    pub(crate) fn table(&self) -> String {
        let width = self.ended.iter().map(|step| step.name.len()).max().unwrap_or(0).max("all".len());
        let mut table = String::new();
        for step in &self.ended {
            let mark = if step.passed { "" } else { "  FAILED" };
            let _ = writeln!(table, "  {:width$}  {:>9}{mark}", step.name, human(step.took));
        }
        let _ = write!(table, "  {:width$}  {:>9}", "all", human(self.began.elapsed()));
        table
    }
}

/// Seconds with one decimal below a minute, minutes and seconds above.
fn human(took: Duration) -> String {
    let seconds = took.as_secs();
    if seconds < 60 {
        format!("{:.1} s", took.as_secs_f64())
    } else {
        format!("{} min {:02} s", seconds / 60, seconds % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_step_is_named_in_the_error_and_in_the_table() {
        let mut steps = Steps::begin();
        steps.run("fine", || Ok(())).unwrap();
        let error = steps.run("broken", || Err::<(), _>(anyhow::anyhow!("no disk"))).unwrap_err();
        assert_eq!(format!("{error:#}"), "step `broken` failed: no disk");
        let table = steps.table();
        let line = |name: &str| table.lines().find(|line| line.contains(name)).unwrap().to_owned();
        assert!(line("broken").ends_with("FAILED"), "{table}");
        assert!(!line("fine").contains("FAILED"), "{table}");
    }

    #[test]
    fn durations_read_well() {
        assert_eq!(human(Duration::from_millis(1_250)), "1.2 s");
        assert_eq!(human(Duration::from_secs(61)), "1 min 01 s");
    }
}
