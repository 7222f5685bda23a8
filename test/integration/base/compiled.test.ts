import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const ROOT = join(__dirname, "..", "..", "..");
const PARTS = ["automation", "components", "index.ts", "sdks", "tsconfig.json", "package.json"];

describe("berth as one compiled file", () => {
  let place: string;
  let folder: string;
  let cache: string;
  const source = () => join(folder, "automation", "commands", "copy.ts");
  const helpOf = (command: string) =>
    execFileSync(process.execPath, [join(folder, "automation", "berth.cjs"), command, "--help"], {
      encoding: "utf8",
    });
  const help = () => helpOf("copy");
  const made = () => readdirSync(cache).filter((name) => name.endsWith(".cjs"));
  const edit = (to: string) => {
    const before = readFileSync(source(), "utf8");
    writeFileSync(source(), before.replace(/summary: "[^"]*by digest"/, `summary: "${to} by digest"`));
  };
  // A file that was just written may be written again with the same time.
  const settle = () => sleep(200);

  beforeEach(async () => {
    folder = place = mkdtempSync(join(tmpdir(), "berth-quick-"));
    cache = join(folder, "node_modules", ".cache", "berth");
    for (const part of PARTS) cpSync(join(ROOT, part), join(folder, part), { recursive: true });
    mkdirSync(cache, { recursive: true });
    for (const name of readdirSync(join(ROOT, "node_modules")))
      if (!name.startsWith("."))
        symlinkSync(join(ROOT, "node_modules", name), join(folder, "node_modules", name));
    await settle();
  });
  afterEach(() => rmSync(place, { recursive: true }));

  it("is made once, then kept with its compiled code", () => {
    const said = help();
    assert.match(said, /Copy an image from registry to registry by digest/);
    const files = readdirSync(cache).sort();
    assert.deepEqual(files.map((name) => name.replace(/[0-9a-f]{32}/, "…")).sort(), [
      "copy-main-….cjs",
      "copy-main-….cjs.code",
      "copy-main-….json",
    ]);
    assert.equal(help(), said);
    assert.deepEqual(readdirSync(cache).sort(), files);
  });

  it("is what runs while its sources say the same, and is made anew where it is broken", () => {
    const said = help();
    const file = join(cache, made()[0]!);
    const times = () => statSync(file).mtimeMs;
    const before = times();
    assert.deepEqual([help(), times()], [said, before]);
    for (const broken of ["not JavaScript", "", undefined]) {
      if (broken === undefined) rmSync(file);
      else writeFileSync(file, broken);
      assert.equal(help(), said);
      assert.match(readFileSync(file, "utf8"), /by digest/);
    }
  });

  it("is never older than its sources: an edit counts at once, of the same length and with the old time, too", async () => {
    assert.match(help(), /registry to registry by digest/);
    edit("First");
    assert.match(help(), /First by digest/);
    edit("Other");
    assert.match(help(), /Other by digest/);
    await settle();
    assert.match(help(), /Other by digest/);
    const time = new Date("2026-01-01T00:00:00Z");
    utimesSync(source(), time, time);
    await settle();
    assert.match(help(), /Other by digest/);
    edit("Third");
    utimesSync(source(), time, time);
    assert.match(help(), /Third by digest/);
  });

  it("is not made of sources that don't compile, which are told as ever", () => {
    help();
    writeFileSync(source(), "export const copy = ;");
    assert.throws(help, /copy\.ts:1:20/);
  });

  it("is another one for the other commands, for which a change counts at once as well", async () => {
    assert.match(helpOf("ps"), /List the stack's services/);
    assert.deepEqual(
      made().map((name) => name.replace(/[0-9a-f]{32}/, "…")),
      ["main-….cjs"],
    );
    const file = join(folder, "automation", "commands", "services", "ps.ts");
    writeFileSync(
      file,
      readFileSync(file, "utf8").replace("List the stack's services", "Count its services"),
    );
    assert.match(helpOf("ps"), /Count its services/);
    await settle();
    assert.match(helpOf("ps"), /Count its services/);
  });

  it("says of every source where it is, as only one asks", () => {
    const asking = ["automation", "components"].flatMap((part) =>
      readdirSync(join(ROOT, part), { recursive: true, encoding: "utf8" })
        .map((file) => join(part, file))
        .filter(
          (file) => file.endsWith(".ts") && readFileSync(join(ROOT, file), "utf8").includes("__dirname"),
        ),
    );
    assert.deepEqual(asking, ["components/values/own-place.ts"]);
  });

  it("leaves alone what lies beside it in the cache", () => {
    const other = join(cache, "node-22");
    mkdirSync(other);
    utimesSync(other, new Date("2026-01-01T00:00:00Z"), new Date("2026-01-01T00:00:00Z"));
    help();
    assert.equal(made().length, 1);
    assert.ok(statSync(other).isDirectory());
  });

  it("is kept with the packages where those lie further up, as in a monorepo", async () => {
    const further = join(folder, "deploy", "berth");
    mkdirSync(further, { recursive: true });
    for (const part of PARTS) renameSync(join(folder, part), join(further, part));
    await settle();
    folder = further;
    for (const command of ["copy", "ps"]) assert.match(helpOf(command), new RegExp(`berth ${command}`));
    assert.deepEqual(
      made()
        .map((name) => name.replace(/[0-9a-f]{32}/, "…"))
        .sort(),
      ["copy-main-….cjs", "main-….cjs"],
    );
  });

  it("is done without where nothing can be kept", () => {
    rmSync(cache, { recursive: true });
    writeFileSync(cache, "a file, no folder");
    assert.match(help(), /Copy an image/);
  });
});
