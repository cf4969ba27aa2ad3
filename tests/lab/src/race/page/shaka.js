// Shaka at its defaults.
import { script } from '/page.js';

let player;

export async function prepare(video) {
  await script('/player/shaka.js');
  window.shaka.polyfill.installAll();
  player = new window.shaka.Player();
  await player.attach(video);
}

export function load(video, url, failed) {
  const said = (error) => failed(`Shaka error ${error.category}.${error.code}`);
  player.addEventListener('error', (event) => said(event.detail));
  player.load(url).catch(said);
}
