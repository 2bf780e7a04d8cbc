// npm's solc as a server: a line of standard JSON in, a line of its output out. One process compiles
// many times, since the compiler's own code is fast only once the engine has optimized it.
"use strict";

const readline = require("node:readline");
const solc = require("solc");

readline.createInterface({ input: process.stdin }).on("line", (line) => {
  process.stdout.write(solc.compile(line) + "\n");
});
