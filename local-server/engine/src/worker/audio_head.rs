//! The job of an audio head: decode from a little before the first segment, and encode forward in packets of 1024
//! samples that lie on one grid for the whole presentation.

use super::Outlet;
use super::protocol::{AudioJob, Message, Run, Unit};
use super::sound_grid::SoundGrid;
use crate::gst::Fault;
use crate::gst::decode::{Decoder, Sound};
use crate::gst::demux::{Demux, Kind};
use crate::gst::encode_audio::{AudioEncoder, DELAY_PACKETS};
use crate::plan::AudioPlan;

/// Packets that are encoded before the first one and thrown away: an encoder that starts cold clicks.
const WARM_UP_PACKETS: i64 = 4;

/// Sound before the first sample from which its place is worked out, nanoseconds.
const RUN_UP_NS: i64 = 2_000_000_000;

/// How far back the second attempt begins where a demuxer lands too late, nanoseconds; then three times as far.
const BACK_NS: i64 = 4_000_000_000;

pub(super) fn run(job: &AudioJob, file: &str, outlet: &Outlet) -> Result<(), Fault> {
    let first = first_packet(&job.run, job.run.first, job.sample_rate);
    let end = first_packet(&job.run, job.run.end, job.sample_rate);
    let begin = (first - WARM_UP_PACKETS) * i64::from(AudioPlan::PACKET);
    let (mut decoder, sound) = decode_from(job, file, nanos(begin, job.sample_rate))?;

    let rate = sound.as_ref().map_or(job.sample_rate, |sound| sound.rate);
    let at_source = |sample: i64| nanos_to_samples(nanos(sample, job.sample_rate), rate);
    let mut grid = SoundGrid::new(rate, at_source(begin), at_source(end * i64::from(AudioPlan::PACKET)));
    let mut packets = Packets::new(job, outlet.clone());
    let mut encoder = AudioEncoder::start(rate, job.sample_rate, job.bitrate_bps, move |data| packets.packet(data))?;

    let mut next = sound;
    while !grid.is_complete() {
        match next {
            // A stream that changes its rate would need another encoder.
            Some(sound) if sound.rate != rate => return Err(Fault::Element("the sample rate changes".to_owned())),
            Some(sound) => grid.take(sound.pts, sound.samples),
            None => grid.finish(),
        }
        while let Some(samples) = grid.drain() {
            encoder.push(&samples)?;
        }
        next = if grid.is_complete() { None } else { decoder.next_sound()? };
    }
    // The encoder still holds the last packet.
    encoder.push(&vec![0.0; 2 * 4 * usize::try_from(AudioPlan::PACKET).unwrap_or(1024)])?;
    encoder.finish()
}

/// A decoder that starts before `begin` (nanoseconds), and its first sound.
fn decode_from(job: &AudioJob, file: &str, begin: i64) -> Result<(Decoder, Option<Sound>), Fault> {
    let mut back = RUN_UP_NS;
    loop {
        let demux = Demux::open(file)?;
        let stream = demux.find(Kind::Audio, job.stream)?;
        let from = begin.saturating_sub(back).max(0);
        let mut decoder = Decoder::audio(demux, &stream, job.origin_ns, from)?;
        let sound = decoder.next_sound()?;
        let in_time = sound.as_ref().and_then(|sound| sound.pts).is_some_and(|pts| pts <= begin);
        if in_time || from == 0 {
            return Ok((decoder, sound));
        }
        back = (back * 3).max(BACK_NS);
    }
}

/// Gives each packet its place and says when a segment is complete.
struct Packets {
    outlet: Outlet,
    run: Run,
    rate: u32,
    /// Number on the grid of the packet that comes next.
    number: i64,
    segment: u32,
}

impl Packets {
    fn new(job: &AudioJob, outlet: Outlet) -> Self {
        let first = first_packet(&job.run, job.run.first, job.sample_rate);
        let number = first - WARM_UP_PACKETS - i64::from(DELAY_PACKETS);
        Self { outlet, run: job.run, rate: job.sample_rate, number, segment: job.run.first }
    }

    fn packet(&mut self, data: bytes::Bytes) {
        let number = self.number;
        self.number += 1;
        if self.segment >= self.run.end || number < first_packet(&self.run, self.segment, self.rate) {
            return;
        }
        let sample = |packet: i64| packet * i64::from(AudioPlan::PACKET);
        let unit = Unit { segment: self.segment, pts: sample(number), next: None, key: true, data };
        self.outlet.send(&Message::Unit(unit));
        let end = first_packet(&self.run, self.segment + 1, self.rate);
        if number + 1 == end {
            self.outlet.send(&Message::SegmentEnd { segment: self.segment, end: sample(end) });
            self.segment += 1;
        }
    }
}

/// The first packet that starts at or after the start of `segment`, and for the end of the run, of the presentation; as
/// [`crate::grid::PacketGrid`] has it.
fn first_packet(run: &Run, segment: u32, rate: u32) -> i64 {
    let at = if segment >= run.end { run.duration_ns } else { u64::from(segment).saturating_mul(run.segment_ns) };
    let sample = nanos_to_samples(i64::try_from(at).unwrap_or(i64::MAX), rate);
    let packet = i64::from(AudioPlan::PACKET);
    (sample + packet - 1).div_euclid(packet)
}

fn nanos(sample: i64, rate: u32) -> i64 {
    let nanos = (i128::from(sample) * 1_000_000_000).div_euclid(i128::from(rate.max(1)));
    i64::try_from(nanos).unwrap_or(i64::MAX)
}

fn nanos_to_samples(nanos: i64, rate: u32) -> i64 {
    let samples = (i128::from(nanos) * i128::from(rate) + 500_000_000).div_euclid(1_000_000_000);
    i64::try_from(samples).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packets_of_neighbours_join_and_the_last_covers_the_end() {
        let run = Run { first: 0, end: 3, segment_ns: 2_000_000_000, duration_ns: 5_000_000_000 };
        let firsts: Vec<i64> = (0..=3).map(|segment| first_packet(&run, segment, 48_000)).collect();
        assert_eq!(firsts, [0, 94, 188, 235]);
    }

    #[test]
    fn the_way_through_nanoseconds_keeps_every_sample() {
        for rate in [44_100, 48_000] {
            for sample in [-4_096, 0, 1_024, 1_000_000_007] {
                assert_eq!(nanos_to_samples(nanos(sample, rate), rate), sample);
            }
        }
    }
}
