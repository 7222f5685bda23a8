#!/usr/bin/env node
// The `berth` command, out of one compiled file where that can be (components/base/compiled.cjs); what runs is always what the files
// say. Only the sources themselves tell --debug where an error is from.
"use strict";
const loadCompiled = require("../components/base/compiled.cjs");

const isCopy = process.argv[2] === "copy";
const source = isCopy ? "copy-main.ts" : "main.ts";
const isDebug = process.argv.includes("--debug");
if (!isCopy) require("./load-later.cjs");
if (isDebug || !loadCompiled(`automation/${source}`, { withPackages: isCopy })) {
  require("./quick-start.cjs");
  require(`./${source}`);
}
