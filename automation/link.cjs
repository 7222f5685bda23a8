// Run by `npm ci` (prepare): makes `npx berth` work in a checkout, as npm links only dependencies.
const fs = require("node:fs");
const path = require("node:path");

const bin = path.join(__dirname, "..", "node_modules", ".bin");
fs.mkdirSync(bin, { recursive: true });
fs.rmSync(path.join(bin, "berth"), { force: true });
fs.symlinkSync(path.join("..", "..", "automation", "berth.cjs"), path.join(bin, "berth"));
