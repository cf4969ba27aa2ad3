//! How well this browser's decoder plays a variant (Media Capabilities, W3C).

use js_sys::Reflect;
use player_core::message::{DecoderQuestion, Ease};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{MediaCapabilitiesInfo, MediaDecodingConfiguration, MediaDecodingType, VideoConfiguration};

use crate::media_source::supports;

/// Asks, about the pictures and whether there is a buffer for its sound; `None` if this browser does not say.
pub(crate) async fn ease_of(question: &DecoderQuestion) -> Option<Ease> {
    if question.sound.as_ref().is_some_and(|sound| !supports(sound)) {
        return Some(Ease::Never);
    }
    let navigator = web_sys::window()?.navigator();
    if !Reflect::has(&navigator, &"mediaCapabilities".into()).unwrap_or(false) {
        return None;
    }
    let video = VideoConfiguration::new();
    video.set_content_type(&question.mime);
    video.set_width(question.resolution.width);
    video.set_height(question.resolution.height);
    video.set_bitrate(question.bandwidth.get() as f64);
    video.set_framerate(&question.frame_rate.per_second().to_string());
    let asked = MediaDecodingConfiguration::new(MediaDecodingType::MediaSource);
    asked.set_video(&video);
    let answer = JsFuture::from(navigator.media_capabilities().decoding_info(&asked)).await.ok()?;
    let info: MediaCapabilitiesInfo = answer.unchecked_into();
    Some(match (info.supported(), info.smooth()) {
        (false, _) => Ease::Never,
        (true, false) => Ease::Rough,
        (true, true) => Ease::Smooth,
    })
}
