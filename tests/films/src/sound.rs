//! Tones that tell audio tracks apart, as PCM.

use crate::films::Tone;

/// Samples of a block handed to an encoder.
pub(super) const BLOCK: u64 = 1_024;

/// One block of interleaved 16-bit samples (native order), starting `first` samples into the film.
///
/// The tone swells once a second, so that a listener (or a test) hears time pass. The low-frequency channel of 5.1 hums.
pub(super) fn block(tone: &Tone, first: u64, samples: u64) -> Vec<u8> {
    (first..first + samples)
        .flat_map(|sample| {
            let seconds = seconds_at(sample, tone.sample_rate);
            let swell = 0.55 + 0.45 * (seconds * std::f64::consts::TAU).cos();
            (0..tone.channels).flat_map(move |channel| {
                let hertz = if channel == LOW_FREQUENCY { 55.0 } else { f64::from(tone.hertz) };
                let loudness = if channel > LOW_FREQUENCY { 0.10 } else { 0.22 };
                level(loudness * swell * (seconds * hertz * std::f64::consts::TAU).sin()).to_ne_bytes()
            })
        })
        .collect()
}

/// Place of the low-frequency channel in GStreamer's order (FL FR FC LFE RL RR).
const LOW_FREQUENCY: u16 = 3;

#[expect(clippy::cast_precision_loss, reason = "films are short")]
fn seconds_at(sample: u64, rate: u32) -> f64 {
    sample as f64 / f64::from(rate)
}

#[expect(clippy::cast_possible_truncation, reason = "within -1..1 before scaling")]
fn level(value: f64) -> i16 {
    (value * f64::from(i16::MAX)) as i16
}
