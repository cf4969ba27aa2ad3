// dash.js at its defaults. It reads no HLS, so it gets the same segments through an MPD.
import { script } from '/page.js';

let player;

export async function prepare(video) {
  await script('/player/dash.js');
  player = window.dashjs.MediaPlayer().create();
  player.initialize(video, null, true);
}

export function load(video, url, failed) {
  player.on(window.dashjs.MediaPlayer.events.ERROR, (event) => failed(`dash.js: ${event.error?.message ?? event.error}`));
  player.attachSource(url);
}
