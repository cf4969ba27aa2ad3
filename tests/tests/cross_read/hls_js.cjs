// Reads playlists with the parser of hls.js and prints what it found: node hls_js.cjs NODE_MODULES BASE FILE...
'use strict';
const fs = require('fs');
const path = require('path');

const [modules, base, ...files] = process.argv.slice(2);
// The parser is not exported: the module is run with one more line that hands it out.
const source = fs
  .readFileSync(path.join(modules, 'hls.js/dist/hls.mjs'), 'utf8')
  .replace(/export \{[^}]*\};?\s*(\/\/.*)?\s*$/, '')
  .replace(/^export .*$/gm, '');
const self = { URL, console, setTimeout, clearTimeout, navigator: { userAgent: 'node' }, location: { href: base } };
globalThis.self = self;
const parser = new Function('self', `${source}\nreturn M3U8Parser;`)(self);

for (const file of files) {
  const text = fs.readFileSync(file, 'utf8');
  const found = { file: path.basename(file), error: null, entries: 0, duration: 0 };
  try {
    if (parser.isMediaPlaylist(text)) {
      const variables = { host: 'http://cdn.test' };
      const details = parser.parseLevelPlaylist(text, base, 0, 'main', 0, variables);
      found.error = details.playlistParsingError ? details.playlistParsingError.message : null;
      // What a delta update leaves out stands as empty places.
      const segments = details.fragments.filter((segment) => segment);
      found.entries = segments.length;
      found.duration = segments.reduce((sum, segment) => sum + segment.duration, 0);
    } else {
      const parsed = parser.parseMasterPlaylist(text, base);
      found.error = parsed.playlistParsingError ? parsed.playlistParsingError.message : null;
      found.entries = parsed.levels.length;
    }
  } catch (error) {
    found.error = String(error);
  }
  console.log(JSON.stringify(found));
}
