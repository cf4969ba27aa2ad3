// Looks at the page's <video> from outside: which frames came on screen, what they show, what is heard.
// `readTimecode` is put in front of this by watch.rs.
if (!window.__probe) {
  const probe = window.__probe = { frames: [], readCodes: false };
  const video = () => document.querySelector('video');
  let watched = null, hearing = null;

  // Notes every frame that comes on screen.
  probe.watch = () => {
    const element = video();
    if (!element || watched === element) return;
    watched = element;
    const note = (now, frame) => {
      if (watched !== element) return;
      probe.frames.push({
        at_ms: now, media_s: frame.mediaTime, width: frame.width, height: frame.height,
        code_ms: probe.readCodes ? readTimecode(element) : null,
      });
      element.requestVideoFrameCallback(note);
    };
    element.requestVideoFrameCallback(note);
  };

  // Takes the element's sound through an analyser.
  probe.listen = async () => {
    const element = video();
    if (hearing?.element !== element) {
      const context = hearing?.context ?? new AudioContext();
      const analyser = new AnalyserNode(context, { fftSize: 16384, smoothingTimeConstant: 0 });
      context.createMediaElementSource(element).connect(analyser).connect(context.destination);
      hearing = { element, context, analyser };
    }
    await hearing.context.resume();
    return hearing.context.state;
  };

  // The loudest pitch above the hum of a low-frequency channel.
  probe.tone = () => {
    const { analyser, context } = hearing;
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    const width = context.sampleRate / analyser.fftSize;
    let best = Math.ceil(120 / width);
    for (let bin = best; bin < bins.length; bin++) if (bins[bin] > bins[best]) best = bin;
    return { hertz: best * width, level_db: Number.isFinite(bins[best]) ? bins[best] : -1000 };
  };

  probe.look = () => {
    const element = video();
    if (!element) return null;
    const quality = element.getVideoPlaybackQuality();
    return {
      position_s: element.currentTime,
      duration_s: Number.isFinite(element.duration) ? element.duration : null,
      seeking: element.seeking, paused: element.paused, ended: element.ended, ready: element.readyState,
      width: element.videoWidth, height: element.videoHeight,
      total_frames: quality.totalVideoFrames, dropped_frames: quality.droppedVideoFrames,
      audio_bytes: element.webkitAudioDecodedByteCount ?? 0,
      code_ms: element.videoWidth ? readTimecode(element) : null,
      error: element.error ? `${element.error.code} ${element.error.message}` : null,
      muted: element.muted, volume: element.volume,
      source: element.currentSrc,
    };
  };
}
