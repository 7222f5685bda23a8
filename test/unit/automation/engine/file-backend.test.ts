import assert from "node:assert/strict";
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { readable, removeEmptyAttributes, underWay } from "../../../../automation/engine/file-backend";
import { projectName } from "../../../../automation/engine/project";

describe("a state that is read while another run writes it", () => {
  const half = () => new Error("error: failed to load checkpoint: EOF");

  it("is read again, twice at most", async () => {
    let reads = 0;
    const written = async () => (reads++ < 2 ? Promise.reject(half()) : "state");
    assert.equal(await readable("dev", written), "state");
    assert.equal(reads, 3);
  });

  it("is not, where something else is wrong", async () => {
    let reads = 0;
    const wrong = async () => {
      reads++;
      throw new Error("error: no stack named 'dev' found");
    };
    await assert.rejects(readable("dev", wrong), /no stack named/);
    assert.equal(reads, 1);
  });
});

describe("empty files of attributes that a killed run left beside a state", () => {
  const project = projectName();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-backend-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  const pathOf = (file: string) => join(folder, ".pulumi", `${file}.attrs`);
  function write(file: string, text = ""): void {
    mkdirSync(dirname(pathOf(file)), { recursive: true });
    writeFileSync(pathOf(file), text);
  }

  it("go, of the stack's state, its history and its locks; what is filled stays", () => {
    const own = [
      `stacks/${project}/dev.json`,
      `history/${project}/dev/dev-1.checkpoint.json`,
      `locks/organization/${project}/dev/1.json`,
    ];
    for (const file of own) write(file);
    write(`stacks/${project}/dev.json.bak`, "{}");
    assert.equal(removeEmptyAttributes(folder, "dev"), 3);
    assert.ok(own.every((file) => !existsSync(pathOf(file))));
    assert.ok(existsSync(pathOf(`stacks/${project}/dev.json.bak`)));
    assert.equal(removeEmptyAttributes(folder, "dev"), 0);
  });

  it("stay where they are another stack's or another project's: its run may be filling them", () => {
    const others = [`stacks/${project}/prod.json`, "stacks/shop/dev.json", `stacks/${project}/dev-2.json`];
    for (const file of [...others, "meta.yaml"]) write(file);
    for (const stack of ["dev", "organization/dev", `organization/${project}/dev`])
      assert.equal(removeEmptyAttributes(folder, stack), 0, stack);
    assert.equal(removeEmptyAttributes(folder, "organization/shop/dev"), 1);
  });

  it("are none in a folder without a state", () => {
    assert.equal(removeEmptyAttributes(folder, "dev"), 0);
  });
});

describe("whether an update is under way", () => {
  const project = projectName();
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-backend-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function lock(stack: string, text: string): void {
    const locks = join(folder, ".pulumi", "locks", "organization", project, stack);
    mkdirSync(locks, { recursive: true });
    writeFileSync(join(locks, "1.json"), text);
  }
  const held = (stack: string, pid: number, host = hostname()) =>
    lock(stack, JSON.stringify({ pid, username: "ci", hostname: host }));
  const asked = () => underWay("dev", async () => folder);

  it("is told by the stack's lock, and by whether its holder may be at work", async () => {
    assert.equal(await asked(), "no");
    held("prod", process.pid);
    assert.equal(await asked(), "no");
    held("dev", 99_999_999);
    assert.equal(await asked(), "no");
    held("dev", process.pid);
    assert.equal(await asked(), "yes");
    held("dev", 99_999_999, "another-machine");
    assert.equal(await asked(), "yes");
  });

  it("is not known of a backend that shows its locks to nobody, nor while a lock is being written", async () => {
    assert.equal(await underWay("dev", async () => undefined), "unknown");
    lock("dev", "");
    assert.equal(await asked(), "unknown");
  });
});
