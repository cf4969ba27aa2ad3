// Replays every recording of a folder in wasm: `node run.cjs MODULE FOLDER` prints a line of JSON for each.
const fs = require("node:fs");
const path = require("node:path");

const [module_, folder] = process.argv.slice(2);
const { replay } = require(path.resolve(module_));
for (const file of fs.readdirSync(folder).sort()) {
  const play = { file, digest: null, error: null };
  try {
    play.digest = replay(fs.readFileSync(path.join(folder, file)));
  } catch (error) {
    play.error = String(error.message ?? error);
  }
  console.log(JSON.stringify(play));
}
