// Times each decision in wasm alone: `node decide.cjs MODULE COUNT` prints microseconds as JSON.
const path = require("node:path");

const [module_, count] = process.argv.slice(2);
const { Decisions } = require(path.resolve(module_));
const decisions = new Decisions();
const took = new Float64Array(Number(count));
for (let turn = 0; turn < took.length; turn += 1) {
  decisions.prepare(turn);
  const began = process.hrtime.bigint();
  decisions.decide();
  took[turn] = Number(process.hrtime.bigint() - began) / 1e3;
}
took.sort();
const at = (share) => took[Math.floor(took.length * share)];
console.log(JSON.stringify({ median: at(0.5), p99: at(0.99) }));
