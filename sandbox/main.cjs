// The command, as TypeScript in a checkout (`node sandbox/main.cjs up`), compiled in the package.
const { existsSync } = require("node:fs");
const { join } = require("node:path");

if (existsSync(join(__dirname, "main.ts"))) {
  require("tsx/cjs");
  require("./main.ts");
} else require("./dist/main.js");
