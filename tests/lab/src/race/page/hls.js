// hls.js at its defaults.
import { script } from '/page.js';

let hls;

export async function prepare(video) {
  await script('/player/hls.js');
  hls = new window.Hls();
  hls.attachMedia(video);
}

export function load(video, url, failed) {
  hls.on(window.Hls.Events.ERROR, (_, data) => {
    if (data.fatal) failed(`${data.type}: ${data.details}`);
  });
  hls.loadSource(url);
}
