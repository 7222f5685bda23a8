// `npm test`: the unit tests, what takes real programs and seconds, then the sandbox run; ends with the line that CI reads.
// BERTH_TEST names what to run where not all of it is wanted: `unit`, `integration`, `sandbox`, or a part of that, as
// `whole-sandbox`.
// `kubernetes` runs only where it is named, as .ci/run does after all else: a cluster is built first, once for a machine.
const { mochaGlobalSetup, mochaGlobalTeardown } = require("./temporary-folder.cjs");
const { spawnSync } = require("node:child_process");
const { readdirSync } = require("node:fs");
const path = require("node:path");
const { Mocha } = require("mocha");
const { onMachine, whyNoMachines } = require("./machines.cjs");

const root = path.join(__dirname, "..");
const ownEnv = { ...process.env };
process.chdir(root);

/** Of the sandbox's tests, those that have containers, ports and folders of their own: two of their files run at once. */
const APART = /^test\/sandbox\/(nexus|registry|providers|gitlab\/(project|gitops)|stack\/planted-secrets)\b/;
const isApart = (file) => APART.test(file);

/** Of those that share a sandbox, the ones that take the first machine's once those are through: it would have nothing to do. */
const FIRST = /^test\/sandbox\/(edge|stack\/ten-teams)\b/;
const isFirst = (file) => FIRST.test(file);

/** Those that take the whole sandbox, from its start to its end. */
const WHOLE = ["pipeline.test.ts", "walk-through.test.ts"];
const isWhole = (file) => WHOLE.includes(path.basename(file));

/**
 * Unit tests share no Pulumi runtime with the sandbox run: each part is a Mocha of its own. The sandbox's unit tests
 * lie beside it.
 */
const parts = [
  { name: "unit", folders: ["test/unit", "sandbox/test"], timeout: 60_000, jobs: 5, ownFolder: true },
  {
    name: "integration",
    folders: ["test/integration", "sandbox/integration"],
    timeout: 120_000,
    jobs: 2,
    ownFolder: true,
  },
  { name: "apart-sandbox", folders: ["test/sandbox"], only: isApart, timeout: 1_200_000, jobs: 2 },
  { name: "first-sandbox", folders: ["test/sandbox"], only: isFirst, timeout: 1_200_000 },
  {
    name: "one-sandbox",
    folders: ["test/sandbox"],
    only: (file) => !isApart(file) && !isFirst(file) && !isWhole(file),
    timeout: 1_200_000,
  },
  { name: "whole-sandbox", folders: ["test/sandbox"], only: isWhole, timeout: 1_200_000 },
  { name: "kubernetes", folders: ["test/kubernetes"], timeout: 2_400_000 },
];

main().then((failed) => {
  // A test that failed may have left a server open; the last line must be out before the end.
  process.stdout.write("", () => process.exit(failed ? 1 : 0));
});

async function main() {
  const wanted = process.env.BERTH_TEST ?? "";
  const named = (name) => parts.filter((part) => part.name.endsWith(name) && part.name.endsWith(wanted));
  const sandbox = named("sandbox");
  const total = { passes: 0, failures: 0, pending: 0 };
  // Installs what the sandbox tests need and starts it. Where that can't be, each of them says so and is skipped.
  const kubernetes = wanted === "" ? [] : named("kubernetes");
  if (sandbox.length + kubernetes.length > 0) await sandboxUp();
  await runAll([...named("unit"), ...named("integration"), ...kubernetes], total);
  if (kubernetes.length > 0) callSandbox("down");
  const why = sandbox.length > 1 ? whyNoMachines() : undefined;
  if (why) console.log(`# The sandbox's tests run one part after the other: ${why}`);
  if (why || sandbox.length < 2) await runAll(sandbox, total);
  else await runBeside(sandbox, total);
  console.log(`${total.passes} passed, ${total.failures} failed, ${total.pending} skipped`);
  return total.failures > 0 || total.passes === 0;
}

/** The first two parts here, each other one on a machine of its own, all at once. */
async function runBeside([apart, first, ...others], total) {
  const there = others.map((part, index) => runThere(part, index + 2, total));
  await Promise.all([runAll([apart, first], total), ...there]);
  callSandbox("down"); // as those that run last without more machines do
}

/** One after the other. What the tests of one have set isn't there in the next. */
async function runAll(some, total) {
  for (const part of some) {
    for (const key of Object.keys(process.env)) delete process.env[key];
    Object.assign(process.env, ownEnv);
    add(await run(part), total);
  }
}

/** A part in a sandbox of its own. */
async function runThere({ name }, number, total) {
  let result;
  const env = { ...ownEnv, BERTH_TEST: name };
  const code = await onMachine(number, root, [process.execPath, "test/run.cjs"], env, (line) => {
    result = /^(\d+) passed, (\d+) failed, (\d+) skipped$/.exec(line) ?? result;
    console.log(`machine ${number}: ${line}`);
  });
  const [passes, failures, pending] = result?.slice(1).map(Number) ?? [0, 1, 0];
  if (!result) console.log(`FAILED Machine ${number} ended with ${code} and no result`);
  add({ passes, failures, pending }, total);
}

function add(stats, total) {
  for (const key of Object.keys(total)) total[key] += stats[key];
}

/** A new one: stacks and containers of a run that was killed would be in the way. */
async function sandboxUp() {
  for (const verb of ["down", "up"]) callSandbox(verb);
  const { removeLeftovers } = require("./support/leftovers");
  await removeLeftovers().catch((error) => console.log(`What runs before have left stays: ${error.message}`));
  console.log("# sandbox status: what is real here");
  spawnSync(process.execPath, [path.join(root, "sandbox", "main.cjs"), "status"], { stdio: "inherit" });
}

function callSandbox(verb) {
  console.log(`# sandbox ${verb}`);
  const main = path.join(root, "sandbox", "main.cjs");
  const { status } = spawnSync(process.execPath, [main, verb], { stdio: "inherit", env: ownEnv });
  if (status !== 0) console.log(`sandbox ${verb} failed: see above.`);
}

/** In parallel several processes take the files; the sandbox is one for all. */
function run({ folders, only = () => true, timeout, jobs = 1, ownFolder = false }) {
  const parallel = jobs > 1;
  const workers = parallel ? { parallel, jobs, require: [path.join(__dirname, "temporary-folder.cjs")] } : {};
  const mocha = new Mocha({ reporter: "spec", timeout, slow: timeout, ...workers });
  const files = folders.flatMap(testFiles).filter(only).sort();
  for (const file of files) mocha.addFile(path.join(root, file));
  console.log(`\n# ${folders.join(", ")}: ${files.length} files${parallel ? `, ${jobs} at once` : ""}`);
  if (ownFolder) mochaGlobalSetup();
  return new Promise((resolve) => {
    const runner = mocha.run(() => resolve(ownFolder ? withLeftovers(runner.stats) : runner.stats));
    // At once, not at the end alone: a run that is cut off has said why.
    runner.on("fail", (test, error) => console.log(`FAILED ${test.fullTitle()}\n${error.stack ?? error}`));
  });
}

/** A folder that a test has left is a failure. */
function withLeftovers(stats) {
  try {
    mochaGlobalTeardown();
    return stats;
  } catch (error) {
    console.log(`FAILED ${error.message}`);
    return { ...stats, failures: stats.failures + 1 };
  }
}

function testFiles(folder) {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".test.ts"))
    .map((file) => path.join(folder, file));
}
