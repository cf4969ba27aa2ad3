// Ours: the module that the watch page loads, at its defaults.
import init, { MatineePlayer, rehearse } from '/player/ui.js';

/** The watch page rehearses as well; it belongs to the time in which a player is compiled. */
export const prepare = () => init({ module_or_path: '/player/ui_bg.wasm' }).then(rehearse);

export function load(video, url, failed, options) {
  window.player = new MatineePlayer(video, url, failed, options);
}

/** The play so far, byte by byte, if it is recorded. */
export const recording = () => window.player && Array.from(window.player.recording() ?? []);
