// Ours: the module that the watch page loads, at its defaults.
import init, { MatineePlayer } from '/player/ui.js';

export const prepare = () => init({ module_or_path: '/player/ui_bg.wasm' });

export function load(video, url, failed, options) {
  window.player = new MatineePlayer(video, url, failed, options);
}

/** The play so far, byte by byte, if it is recorded. */
export const recording = () => window.player && Array.from(window.player.recording() ?? []);
