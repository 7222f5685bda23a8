// Runs the TypeScript next to it: `node sandbox/main.cjs up`.
require("tsx/cjs");
require("./main.ts");
