// One folder that holds all temporary ones of a run of tests. Who leaves one there fails the run; what a killed run has left, the next one
// removes.
"use strict";
// First: what tsx has compiled it keeps in the machine's folder, for later runs.
require("tsx/cjs");
const { chmodSync, mkdtempSync, readdirSync, rmSync } = require("node:fs");
const { tmpdir } = require("node:os");
const path = require("node:path");

/** What tests share until their process ends, and tsx's folder where a test starts it. */
const MAY_STAY = /^(berth-shared-|tsx-)/;

useFolder();

/** In Mocha's own process, before it starts others. */
exports.mochaGlobalSetup = () => {
  for (const name of readdirSync(tmpdir()))
    if (isLeft(name)) rmSync(path.join(tmpdir(), name), { recursive: true, force: true });
  const folder = mkdtempSync(path.join(tmpdir(), `berth-tests-${process.pid}-`));
  // As the machine's own: tests run processes of other users in theirs.
  chmodSync(folder, 0o1777);
  process.env.BERTH_TESTS_FOLDER = folder;
};

exports.mochaHooks = { beforeAll: useFolder };

/** @throws where a test has left a folder or a file: it removes what it makes, also when it fails */
exports.mochaGlobalTeardown = () => {
  const folder = process.env.BERTH_TESTS_FOLDER;
  const left = readdirSync(folder).filter((name) => !MAY_STAY.test(name));
  rmSync(folder, { recursive: true, force: true });
  if (left.length > 0)
    throw new Error(`Tests have left ${left.length} temporary files or folders: ${left.join(", ")}`);
};

function useFolder() {
  if (process.env.BERTH_TESTS_FOLDER) process.env.TMPDIR = process.env.BERTH_TESTS_FOLDER;
}

/** Whether it is of a run that has ended. */
function isLeft(name) {
  const [, pid] = /^berth-tests-(\d+)-/.exec(name) ?? [];
  if (pid === undefined) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
