import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { StackFile } from "../../../../automation/stack-file/stack-file";
import { CommandError, Exit } from "../../../../automation/terminal/exit";

const release = { tag: "v1", digest: `sha256:${"a".repeat(64)}` };
const text = "config:\n  berth:apps:\n    blog:\n      port: 80\n";
const NOBODY = 65534;

describe("a stack's settings file on disk", () => {
  let folder: string;
  let path: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-stack-"));
    path = join(folder, "Pulumi.dev.yaml");
    writeFileSync(join(folder, "Pulumi.yaml"), "name: berth\nruntime: nodejs\n");
    writeFileSync(path, text);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("stays a link where it is one: what it leads to is changed", () => {
    mkdirSync(join(folder, "shared"));
    writeFileSync(join(folder, "shared", "dev.yaml"), text);
    rmSync(path);
    symlinkSync(join("shared", "dev.yaml"), path);
    const undo = new StackFile("dev", folder).pin("blog", release);
    assert.equal(lstatSync(path).isSymbolicLink(), true);
    assert.match(readFileSync(join(folder, "shared", "dev.yaml"), "utf8"), /tag: "v1"/);
    assert.equal(undo(), true);
    assert.equal(readFileSync(path, "utf8"), text);
    assert.deepEqual(readdirSync(join(folder, "shared")), ["dev.yaml"]);
  });

  it("keeps who may read and write it", () => {
    for (const mode of [0o600, 0o664]) {
      chmodSync(path, mode);
      new StackFile("dev", folder).pin("blog", mode === 0o600 ? release : undefined);
      assert.equal(statSync(path).mode & 0o777, mode);
    }
  });

  it("is not replaced where it may only be read, and that is said", () => {
    chmodSync(folder, 0o777);
    chmodSync(path, 0o444);
    const file = new StackFile("dev", folder);
    const isRoot = process.geteuid!() === 0;
    if (isRoot) process.seteuid!(NOBODY);
    try {
      assert.throws(() => file.pin("blog", release), {
        message: `${path} can't be written (EACCES): nothing in it was changed.`,
      });
    } finally {
      if (isRoot) process.seteuid!(0);
    }
    assert.equal(readFileSync(path, "utf8"), text);
  });

  const unreadable: Record<string, [string, RegExp]> = {
    "an alias of nothing": [`${text}      env: *none\n`, /is not valid YAML: Unresolved alias .*: none$/],
    "an alias within what it stands for": [
      `${text}      env: &e { A: *e }\n`,
      /an alias stands within what it stands for$/,
    ],
    "a list": ["- config\n", /holds no settings: expected "config:", with settings by name below it$/],
    "a text": ["config: berth\n", /holds no settings: expected settings by name below "config:"$/],
    "another coding": [
      Buffer.from(text, "utf16le").toString("latin1"),
      /Pulumi\.dev\.yaml (holds no settings|is not valid YAML)/,
    ],
    "two documents": [
      `${text}---\n${text}`,
      /holds more than one YAML document: the engine reads the first alone/,
    ],
    "one setting under two names": [
      `${text}  berth:config:apps: {}\n`,
      /has one setting twice: berth:apps and berth:config:apps are the same to the engine; leave one of them out$/,
    ],
    "one of the project's under two names": [
      `${text}  apps: {}\n`,
      /has one setting twice: berth:apps and apps are the same/,
    ],
  };
  for (const [what, [content, message]] of Object.entries(unreadable))
    it(`is refused with its name where it holds ${what}, read and pinned`, () => {
      writeFileSync(path, content);
      const refused = (error: unknown) =>
        error instanceof CommandError &&
        error.exit === Exit.usage &&
        error.message.startsWith(path) &&
        message.test(error.message);
      assert.throws(() => new StackFile("dev", folder).settings(), refused);
      assert.throws(() => new StackFile("dev", folder).pin("blog", release), refused);
      assert.equal(readFileSync(path, "utf8"), content);
    });
});
