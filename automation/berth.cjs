#!/usr/bin/env node
// The `berth` command. tsx compiles in memory, so what runs is what the files say; `copy`, which jobs start over and over
// for a moment's work, is kept as one file for as long as they say the same. Only sources tell --debug where an error is from.
"use strict";
const isQuick = process.argv[2] === "copy" && !process.argv.includes("--debug");
if (!isQuick || !require("./quick-copy.cjs")()) {
  require("./quick-start.cjs");
  require("./main.ts");
}
