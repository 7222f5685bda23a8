#!/usr/bin/env node
// The `berth` command. tsx compiles in memory, so what runs is what the files say.
require("./quick-start.cjs");
require("./main.ts");
