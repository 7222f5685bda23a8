import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { withChangedPins } from "../../../../automation/releases/changed-pins";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import { CommandError } from "../../../../automation/terminal/exit";
import type { Report } from "../../../../automation/terminal/report";
import { STOP_SIGNALS } from "../../../../automation/terminal/stop-signals";
import { compiledSources } from "../../../support/compiled-sources";

const root = join(__dirname, "..", "..", "..", "..");
const release = { tag: "v1", digest: `sha256:${"a".repeat(64)}` };
const pins = [{ app: "blog", release }];

describe("pins that are written to be applied", () => {
  let folder: string;
  let path: string;
  let said: string[];
  let report: Report;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-pins-"));
    for (const name of ["Pulumi.yaml", "Pulumi.dev.yaml"]) copyFileSync(join(root, name), join(folder, name));
    mkdirSync(join(folder, "app"));
    writeFileSync(join(folder, "app", "Dockerfile"), "ARG BASE_IMAGE\nFROM $BASE_IMAGE\n");
    path = join(folder, "Pulumi.dev.yaml");
    said = [];
    report = { say: (line: string) => said.push(line) } as unknown as Report;
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const text = () => readFileSync(path, "utf8");
  const apply = (run: (onApplying: () => void) => Promise<unknown>) =>
    withChangedPins(new StackFile("dev", folder), pins, report, run);

  it("stay where they were applied, and where something was before it failed", async () => {
    await apply(async () => assert.match(text(), /tag: "v1"/));
    assert.match(text(), /tag: "v1"/);
    copyFileSync(join(root, "Pulumi.dev.yaml"), path);
    const failing = apply(async (onApplying) => {
      onApplying();
      throw new Error("half-way");
    });
    await assert.rejects(failing, /half-way/);
    assert.match(text(), /tag: "v1"/);
  });

  for (const exit of [1, 2, 3, 4] as const) {
    it(`are taken back where the run ends with ${exit} and nothing was applied`, async () => {
      const before = text();
      await assert.rejects(
        apply(async () => Promise.reject(new CommandError("no", exit))),
        { exit },
      );
      assert.equal(text(), before);
      assert.equal(said.at(-1), `Nothing was applied: ${path} is as it was.`);
    });
  }

  it("are left, and named, where somebody has changed the file meanwhile", async () => {
    const failing = apply(async () => {
      appendFileSync(path, "# somebody's\n");
      throw new Error("no");
    });
    await assert.rejects(failing);
    assert.match(text(), /tag: "v1"[\s\S]*# somebody's\n$/);
    assert.match(said.at(-1)!, /was changed meanwhile: berth:apps\.blog\.release .* yours to put back\.$/);
  });

  it("are not written where the settings with them are wrong", async () => {
    rmSync(path);
    writeFileSync(
      path,
      readFileSync(join(root, "Pulumi.prod.yaml"), "utf8").replace("port: 8000", "port: x"),
    );
    await assert.rejects(
      apply(async () => assert.fail("it ran")),
      /berth:apps\.blog\.port/,
    );
    assert.doesNotMatch(text(), /tag: "v1"/);
  });

  for (const signal of STOP_SIGNALS) {
    it(`are taken back by ${signal} while nothing was applied, and the process ends of it`, async () => {
      const before = text();
      const { ended } = await running("await new Promise(() => setInterval(() => {}, 1000))", signal);
      assert.equal(ended, signal);
      assert.equal(text(), before);
    });

    it(`stay with ${signal} once something was applied`, async () => {
      const { ended } = await running(
        "onApplying(); await new Promise(() => setInterval(() => {}, 1000))",
        signal,
      );
      assert.equal(ended, signal);
      assert.match(text(), /tag: "v1"/);
    });
  }

  it("leave a signal to whoever ends the run in good order, and are taken back when it has ended", async () => {
    const before = text();
    const orderly = `
      const work = setInterval(() => {}, 1000); // waiting for a signal alone keeps no process alive
      await new Promise((_, reject) => process.once("SIGINT", () => setTimeout(reject, 50, new Error("stopped"))))
        .finally(() => clearInterval(work));`;
    const { ended } = await running(orderly, "SIGINT");
    assert.equal(ended, 7);
    assert.equal(text(), before);
  });

  it("are taken back by SIGHUP where nobody reads what is said any more", async () => {
    const before = text();
    const { ended } = await running(
      "await new Promise(() => setInterval(() => {}, 1000))",
      "SIGHUP",
      "unread",
    );
    assert.equal(ended, "SIGHUP");
    assert.equal(text(), before);
  });

  for (const signal of ["SIGHUP", "SIGTERM"] as const)
    it(`leave ${signal} to whoever ends the run in good order, though nobody reads what is said any more`, async () => {
      const before = text();
      const orderly = `
        const work = setInterval(() => {}, 1000);
        await new Promise((_, reject) => process.once("${signal}", () => {
          report.say("Stopping.");
          console.log("stopping");
          setTimeout(reject, 200, new Error("stopped"));
        })).finally(() => clearInterval(work));`;
      const { ended } = await running(orderly, signal, "unread");
      assert.equal(ended, 7, "it went on to its own end");
      assert.equal(text(), before);
    });

  /** A process that has written the pin and is at work, sent a signal: what it ended of. */
  async function running(
    work: string,
    signal: NodeJS.Signals,
    output: "read" | "unread" = "read",
  ): Promise<{ ended: NodeJS.Signals | number }> {
    const sources = compiledSources(
      "automation/terminal/lost-output",
      "automation/releases/changed-pins",
      "automation/stack-file/stack-file",
      "automation/terminal/report",
    );
    const script = `
      const { outliveReaders, withChangedPins, StackFile, consoleReport } = require("${sources}");
      outliveReaders();
      const report = consoleReport(false);
      withChangedPins(new StackFile("dev", ${JSON.stringify(folder)}), ${JSON.stringify(pins)}, report, async (onApplying) => {
        setTimeout(() => console.log("working"));
        ${work};
      }).catch(() => { process.exitCode = 7; });`;
    const child: ChildProcess = spawn(process.execPath, ["-e", script], {
      cwd: root,
    });
    let out = "";
    const working = new Promise<void>((resolve) => {
      child.stdout!.on("data", (chunk: Buffer) => {
        out += chunk;
        if (out.includes("working")) resolve();
      });
    });
    const ending = once(child, "exit");
    await Promise.race([working, ending]);
    if (output === "unread") for (const stream of [child.stdout!, child.stderr!]) stream.destroy();
    child.kill(signal);
    const [code, by] = (await ending) as [number | null, NodeJS.Signals | null];
    return { ended: by ?? code! };
  }
});
