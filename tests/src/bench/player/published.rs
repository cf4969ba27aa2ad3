//! What others, who are not in the tree, get on each network: figures that somebody has published.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use anyhow::{Context as _, Result};
use flate2::read::GzDecoder;
use serde::Deserialize;

/// A file of this name, with these columns, lies beside the networks where there is one.
pub(super) const FILE: &str = "baselines-per-trace.csv.gz";

/// The model of hls.js, and the planner that knows the network.
pub(super) const HLS_JS: &str = "HlsJsLike";
pub(super) const PLANNER: &str = "oracle-lin";

/// Half a unit of the last digit that is told.
pub(super) const ROUNDED: f64 = 0.000_05;

#[derive(Deserialize)]
struct Line {
    condition: String,
    algorithm: String,
    trace: String,
    qoe: f64,
}

/// Mean QoE per segment by condition, algorithm and file name of the network.
#[derive(Debug, Default)]
pub(super) struct Published(BTreeMap<(String, String), BTreeMap<String, f64>>);

impl Published {
    /// Reads the file.
    ///
    /// # Errors
    /// When it cannot be read, or is none of these.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let open = File::open(file).with_context(|| format!("cannot read {}", file.display()))?;
        let mut published = Self::default();
        for line in csv::Reader::from_reader(GzDecoder::new(open)).deserialize() {
            let Line { condition, algorithm, trace, qoe } =
                line.with_context(|| format!("{}: not condition,algorithm,trace,qoe", file.display()))?;
            published.0.entry((condition, algorithm)).or_default().insert(trace, qoe);
        }
        Ok(published)
    }

    /// What an algorithm gets in a condition, by file name of the network; `None` if nobody says.
    pub(super) fn of(&self, condition: &str, algorithm: &str) -> Option<&BTreeMap<String, f64>> {
        self.0.get(&(condition.to_owned(), algorithm.to_owned()))
    }
}

/// The file name that a network is published under.
pub(super) fn file_name(trace: &str) -> &str {
    trace.rsplit('/').next().unwrap_or(trace)
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    use super::*;

    fn read(text: &str) -> Result<Published> {
        let file = tempfile::NamedTempFile::new()?;
        let mut gz = GzEncoder::new(file.as_file(), Compression::fast());
        gz.write_all(text.as_bytes())?;
        gz.finish()?;
        Published::read(file.path())
    }

    #[test]
    fn each_network_has_its_figure() {
        let text = "condition,algorithm,trace,stall_pct,qoe\n3G-vod25,HlsJsLike,a.json,0.0,0.7\n3G-vod25,Lowest,a.json,0,0.1\n";
        let published = read(text).unwrap();
        assert_eq!(published.of("3G-vod25", HLS_JS).unwrap()[file_name("3Glogs/a.json")], 0.7);
        assert!(published.of("4G-vod25", HLS_JS).is_none());
        assert!(format!("{:#}", read("trace,qoe\na,1\n").unwrap_err()).contains("not condition,algorithm,trace,qoe"));
    }
}
