// Looks at the media element from outside, the same way for every player. What a player says of itself is not asked.

const POLL_MS = 50;
const STALL_MS = 250;
const SAMPLE_MS = 250;

/** Loads a classic script. */
export function script(url) {
  return new Promise((loaded, failed) => {
    const element = document.createElement('script');
    element.onload = loaded;
    element.onerror = () => failed(new Error(`${url} cannot be loaded`));
    element.src = url;
    document.head.append(element);
  });
}

const video = document.querySelector('video');
let adapter;

/** Loads and compiles the player, up to where `load` can be called; tells how long that took. */
async function prepare() {
  const begun = performance.now();
  adapter = await import('/adapter.js');
  await adapter.prepare(video);
  return performance.now() - begun;
}

const seen = { first_frame_ms: null, widths: [], on_screen_s: {}, stalls: [], samples: [], failed: null };
let t0, origin, ended = false;

/** Begins to play, and to look. Of `options`, ours alone takes note. */
function start(url, options) {
  origin = new URL(url).origin;
  performance.setResourceTimingBufferSize(10_000);
  t0 = performance.now();
  const failed = (what) => { seen.failed ??= String(what); };
  Promise.resolve().then(() => adapter.load(video, url, failed, options)).catch(failed);
  watchFrames();
  watchClock();
  return performance.timeOrigin + t0;
}

function watchFrames() {
  const note = (_, frame) => {
    const at = performance.now() - t0;
    seen.first_frame_ms ??= at;
    if (seen.widths.at(-1)?.[1] !== frame.width) seen.widths.push([at, frame.width]);
    video.requestVideoFrameCallback(note);
  };
  video.requestVideoFrameCallback(note);
}

function watchClock() {
  let position = 0, moved = 0, still = false, sampled = -Infinity;
  const look = () => {
    const at = performance.now() - t0;
    const here = video.currentTime;
    const width = seen.widths.at(-1)?.[1];
    if (here !== position || video.paused || video.ended) {
      // A jump is nothing that was on screen; two polls on a busy machine may be a second apart.
      const step = here - position;
      if (width !== undefined && step > 0 && step < 2) seen.on_screen_s[width] = (seen.on_screen_s[width] ?? 0) + step;
      if (still) seen.stalls.at(-1)[1] = at - moved;
      [position, moved, still] = [here, at, false];
    } else if (seen.first_frame_ms === null) {
      moved = at;
    } else if (at - moved > STALL_MS) {
      if (!still) seen.stalls.push([moved, 0]);
      still = true;
      seen.stalls.at(-1)[1] = at - moved;
    }
    ended ||= video.ended;
    if (at - sampled >= SAMPLE_MS) {
      sampled = at;
      seen.samples.push([Math.round(at), here, ahead(), width ?? 0]);
    }
  };
  setInterval(look, POLL_MS);
}

/** Seconds ahead of the playhead. */
function ahead() {
  const { buffered, currentTime } = video;
  for (let i = 0; i < buffered.length; i++) {
    if (buffered.start(i) <= currentTime + 0.1 && currentTime < buffered.end(i)) return buffered.end(i) - currentTime;
  }
  return 0;
}

/** What was seen so far. */
function report() {
  const quality = video.getVideoPlaybackQuality();
  const loads = performance.getEntriesByType('resource').filter((load) => load.name.startsWith(origin));
  return {
    ...seen,
    watched_ms: performance.now() - t0,
    position_s: video.currentTime,
    ended,
    dropped_frames: quality.droppedVideoFrames,
    total_frames: quality.totalVideoFrames,
    loaded_bytes: loads.reduce((sum, load) => sum + load.encodedBodySize, 0),
    chromium: navigator.userAgent.match(/Chrome\/([\d.]+)/)?.[1] ?? '',
    error: video.error ? `${video.error.code} ${video.error.message}` : null,
  };
}

/** The play so far as the player wrote it down, byte by byte; null if it did not. */
const recording = () => adapter.recording?.() ?? null;

window.race = { prepare, start, report, recording };
