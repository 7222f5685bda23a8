#!/usr/bin/env node
import "./load-later.cjs";

/** The `berth` command of the package. In a checkout it is berth.cjs, which compiles the sources when they have changed. */
if (process.argv.includes("--debug")) process.setSourceMapsEnabled(true);
require(process.argv[2] === "copy" ? "./copy-main" : "./main");
