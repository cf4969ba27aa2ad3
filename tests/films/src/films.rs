//! The films: what each shows and sounds like, and how it is encoded. A table, no code that runs.

use crate::scene::{Scene, Skyline, Weather};

/// An audio track.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tone {
    /// ISO 639-2 code written into the file, if any.
    pub language: Option<&'static str>,
    /// Pitch of the tone.
    pub hertz: u32,
    /// Number of channels; the fourth of six is the low-frequency one, which hums at 55 Hz.
    pub channels: u16,
    /// Samples per second.
    pub sample_rate: u32,
}

/// When the pictures of a film come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timing {
    /// So many frames a second, each the same length.
    Constant(u32),
    /// On a grid of so many a second, of which some are missing.
    Varying(u32),
    /// So many frames a second, each of two fields that show two moments, the upper first.
    Interlaced(u32),
}

/// The picture of a film.
#[derive(Clone, Copy, Debug)]
pub struct Pictures {
    /// Size as painted, upright.
    pub width: u32,
    /// See `width`.
    pub height: u32,
    /// Shape of a pixel, width to height.
    pub pixel: (i32, i32),
    /// When they come.
    pub timing: Timing,
    pub(super) scene: Scene,
}

/// A film that [`crate::make_all`] makes.
#[derive(Clone, Copy, Debug)]
pub struct Film {
    /// Where it lies in the folder.
    pub path: &'static str,
    /// Title, as the file name says it.
    pub title: &'static str,
    /// Running time.
    pub seconds: u32,
    /// Absent for music.
    pub pictures: Option<Pictures>,
    /// Audio tracks in order.
    pub tones: &'static [Tone],
    /// Whether the pictures are stored lying on their left side, and the container says to turn them a quarter clockwise.
    pub turned: bool,
    /// Whether it has subtitles (eng, SubRip) and chapters.
    pub words: bool,
    /// The pipeline in `gst-launch` notation: `picture`, `sound0`, `sound1` and `words` are its sources, `mux` its
    /// muxer, `sink` its end.
    pub(super) pipeline: &'static str,
}

const fn stereo(hertz: u32) -> Tone {
    Tone { language: None, hertz, channels: 2, sample_rate: 48_000 }
}

/// All films that play; those that take longest to make come first.
pub const FILMS: [Film; 9] = [
    // Snow and grain cost bits, so that there are rungs to step down to.
    Film {
        path: "The Long Take (2021).mp4",
        title: "The Long Take",
        seconds: 60,
        pictures: Some(Pictures {
            width: 1280,
            height: 720,
            pixel: (1, 1),
            timing: Timing::Constant(24),
            scene: Scene {
                sky: [[38.0, 62.0, 110.0], [238.0, 178.0, 160.0]],
                sun: [255.0, 226.0, 190.0],
                sun_path: [0.35, 0.42, 0.9, -0.15],
                sun_radius: 0.07,
                land: [[150.0, 150.0, 185.0], [28.0, 38.0, 66.0]],
                skyline: Skyline::Peaks,
                weather: Weather::Snow,
                grain: 5,
            },
        }),
        tones: &[stereo(440)],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! x264enc bitrate=3050 vbv-buf-capacity=1500 speed-preset=superfast threads=2 bframes=2 rc-lookahead=12 \
              key-int-max=96 option-string=min-keyint=48:open-gop=0:scenecut=0 ! h264parse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! avenc_aac bitrate=128000 ! aacparse ! queue ! mux. \
            mp4mux name=mux faststart=true ! filesink name=sink",
    },
    // Half-width pixels and two fields a frame, as broadcast. No B-frames: this encoder stamps them in decode order.
    Film {
        path: "Evening Broadcast (1998).ts",
        title: "Evening Broadcast",
        seconds: 12,
        pictures: Some(Pictures {
            width: 352,
            height: 576,
            pixel: (32, 11),
            timing: Timing::Interlaced(25),
            scene: Scene {
                sky: [[58.0, 78.0, 120.0], [232.0, 214.0, 196.0]],
                sun: [255.0, 250.0, 232.0],
                sun_path: [0.8, 0.25, -0.4, 0.1],
                sun_radius: 0.06,
                land: [[214.0, 176.0, 126.0], [120.0, 72.0, 40.0]],
                skyline: Skyline::Dunes,
                weather: Weather::Clear,
                grain: 0,
            },
        }),
        tones: &[stereo(349)],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! mpeg2enc format=3 interlace-mode=1 playback-field-order=1 aspect=3 bitrate=1500 motion-search-radius=8 max-gop-size=12 ! mpegvideoparse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! twolamemp2enc bitrate=192 ! mpegaudioparse ! queue ! mux. \
            mpegtsmux name=mux ! filesink name=sink",
    },
    // B-frames, an edit list and the index at the end: what cameras and editors leave behind.
    Film {
        path: "Harbour Lights (2019)/Harbour Lights (2019).mp4",
        title: "Harbour Lights",
        seconds: 14,
        pictures: Some(Pictures {
            width: 1920,
            height: 1080,
            pixel: (1, 1),
            timing: Timing::Constant(24),
            scene: Scene {
                sky: [[16.0, 20.0, 58.0], [205.0, 96.0, 120.0]],
                sun: [255.0, 214.0, 130.0],
                sun_path: [1.25, 0.34, 0.2, 0.1],
                sun_radius: 0.09,
                land: [[96.0, 62.0, 112.0], [14.0, 14.0, 34.0]],
                skyline: Skyline::City,
                weather: Weather::Stars,
                grain: 0,
            },
        }),
        tones: &[stereo(523)],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! x264enc bitrate=1600 speed-preset=superfast threads=2 bframes=3 b-pyramid=true rc-lookahead=12 \
              key-int-max=48 option-string=min-keyint=48:open-gop=0:scenecut=0 ! video/x-h264,profile=high ! h264parse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! avenc_aac bitrate=128000 ! aacparse ! queue ! mux. \
            mp4mux name=mux ! filesink name=sink",
    },
    Film {
        path: "Zwei Stimmen (2017)/Zwei Stimmen (2017).mkv",
        title: "Zwei Stimmen",
        seconds: 16,
        pictures: Some(Pictures {
            width: 1280,
            height: 720,
            pixel: (1, 1),
            timing: Timing::Constant(25),
            scene: Scene {
                sky: [[22.0, 44.0, 52.0], [214.0, 208.0, 142.0]],
                sun: [255.0, 246.0, 190.0],
                sun_path: [0.9, 0.30, -0.3, 0.2],
                sun_radius: 0.06,
                land: [[104.0, 142.0, 120.0], [10.0, 34.0, 30.0]],
                skyline: Skyline::Forest,
                weather: Weather::Fireflies,
                grain: 0,
            },
        }),
        tones: &[
            Tone { language: Some("eng"), hertz: 330, channels: 6, sample_rate: 48_000 },
            Tone { language: Some("deu"), hertz: 660, channels: 2, sample_rate: 48_000 },
        ],
        turned: false,
        words: true,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! x264enc bitrate=900 speed-preset=superfast threads=2 bframes=2 rc-lookahead=12 \
              key-int-max=250 option-string=open-gop=0:scenecut=0 ! video/x-h264,profile=main ! h264parse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! avenc_ac3 bitrate=320000 ! ac3parse \
            ! taginject tags=language-code=eng,title=Original ! queue ! mux.audio_0 \
            appsrc name=sound1 ! audioconvert ! avenc_aac bitrate=128000 ! aacparse \
            ! taginject tags=language-code=deu,title=Synchronfassung ! queue ! mux.audio_1 \
            appsrc name=words ! taginject tags=language-code=eng ! queue ! mux.subtitle_0 \
            matroskamux name=mux ! filesink name=sink",
    },
    Film {
        path: "Ember Ridge (2023).mkv",
        title: "Ember Ridge",
        seconds: 12,
        pictures: Some(Pictures {
            width: 1280,
            height: 720,
            pixel: (1, 1),
            timing: Timing::Constant(24),
            scene: Scene {
                sky: [[70.0, 18.0, 40.0], [255.0, 150.0, 66.0]],
                sun: [255.0, 236.0, 160.0],
                sun_path: [0.95, 0.40, 0.1, 0.35],
                sun_radius: 0.11,
                land: [[196.0, 86.0, 62.0], [44.0, 14.0, 26.0]],
                skyline: Skyline::Hills,
                weather: Weather::Clear,
                grain: 0,
            },
        }),
        tones: &[stereo(392)],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420_10LE \
            ! x265enc bitrate=900 speed-preset=ultrafast option-string=keyint=48:min-keyint=48:open-gop=0:scenecut=0:frame-threads=1 \
            ! h265parse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! avenc_aac bitrate=128000 ! aacparse ! queue ! mux. \
            matroskamux name=mux ! filesink name=sink",
    },
    Film {
        path: "Paper Boats (2004).avi",
        title: "Paper Boats",
        seconds: 12,
        pictures: Some(Pictures {
            width: 640,
            height: 480,
            pixel: (1, 1),
            timing: Timing::Constant(25),
            scene: Scene {
                sky: [[92.0, 172.0, 206.0], [236.0, 240.0, 222.0]],
                sun: [255.0, 255.0, 236.0],
                sun_path: [0.4, 0.2, 0.2, 0.0],
                sun_radius: 0.07,
                land: [[120.0, 190.0, 200.0], [14.0, 84.0, 122.0]],
                skyline: Skyline::Waves,
                weather: Weather::Clear,
                grain: 0,
            },
        }),
        tones: &[Tone { language: None, hertz: 294, channels: 2, sample_rate: 44_100 }],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! avenc_mpeg4 bitrate=900000 qmin=2 qmax=18 gop-size=50 max-bframes=2 ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! lamemp3enc target=bitrate bitrate=128 cbr=true ! mpegaudioparse ! queue ! mux. \
            avimux name=mux ! filesink name=sink",
    },
    Film {
        path: "Northern Glow (2022).webm",
        title: "Northern Glow",
        seconds: 12,
        pictures: Some(Pictures {
            width: 1280,
            height: 720,
            pixel: (1, 1),
            timing: Timing::Constant(24),
            scene: Scene {
                sky: [[12.0, 26.0, 60.0], [70.0, 200.0, 160.0]],
                sun: [190.0, 255.0, 214.0],
                sun_path: [0.5, 0.22, 0.6, 0.1],
                sun_radius: 0.05,
                land: [[60.0, 130.0, 130.0], [12.0, 30.0, 46.0]],
                skyline: Skyline::Peaks,
                weather: Weather::Stars,
                grain: 0,
            },
        }),
        tones: &[stereo(587)],
        turned: false,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! vp9enc deadline=1 cpu-used=8 threads=2 target-bitrate=700000 keyframe-max-dist=48 ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! opusenc bitrate=96000 ! queue ! mux. \
            webmmux name=mux ! filesink name=sink",
    },
    // Held upright: the sensor's picture lies on its side, and the container says so.
    Film {
        path: "Phone/Pier Birthday (2024).mp4",
        title: "Pier Birthday",
        seconds: 12,
        pictures: Some(Pictures {
            width: 720,
            height: 1280,
            pixel: (1, 1),
            timing: Timing::Varying(30),
            scene: Scene {
                sky: [[120.0, 84.0, 170.0], [255.0, 196.0, 190.0]],
                sun: [255.0, 240.0, 214.0],
                sun_path: [0.28, 0.36, 0.0, 0.3],
                sun_radius: 0.05,
                land: [[180.0, 120.0, 170.0], [64.0, 34.0, 92.0]],
                skyline: Skyline::Waves,
                weather: Weather::Fireflies,
                grain: 0,
            },
        }),
        tones: &[Tone { language: None, hertz: 698, channels: 1, sample_rate: 44_100 }],
        turned: true,
        words: false,
        pipeline: "appsrc name=picture ! identity name=clock ! videoconvert ! video/x-raw,format=I420 \
            ! videoflip video-direction=90l \
            ! x264enc bitrate=1000 speed-preset=superfast threads=2 bframes=0 rc-lookahead=12 \
              key-int-max=30 option-string=min-keyint=30:scenecut=0 ! h264parse ! queue ! mux. \
            appsrc name=sound0 ! audioconvert ! avenc_aac bitrate=64000 ! aacparse ! queue ! mux. \
            mp4mux name=mux ! filesink name=sink",
    },
    Film {
        path: "Music/Slow Tide.flac",
        title: "Slow Tide",
        seconds: 15,
        pictures: None,
        tones: &[Tone { language: None, hertz: 262, channels: 2, sample_rate: 44_100 }],
        turned: false,
        words: false,
        pipeline: "appsrc name=sound0 ! audioconvert ! taginject tags=\"title=\\\"Slow Tide\\\",artist=Matinee\" \
            ! flacenc ! filesink name=sink",
    },
];
