import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { CommandError } from "../../../automation/exit";
import { StackFile } from "../../../automation/stack-file";

const root = join(__dirname, "..", "..", "..");
const release = { tag: "3f2a91c04d7e", digest: `sha256:${"a".repeat(64)}` };

describe("a stack's settings file", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-stack-"));
    copyFileSync(join(root, "Pulumi.dev.yaml"), join(folder, "Pulumi.dev.yaml"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("is pinned and unpinned with everything else kept, comments too", () => {
    const file = new StackFile("dev", folder);
    const before = readFileSync(file.path, "utf8");
    file.pin("blog", release);
    assert.deepEqual(file.settings().apps[0]!.release, release);
    const lines = (text: string) => text.split("\n");
    const added = lines(readFileSync(file.path, "utf8")).filter((line) => !lines(before).includes(line));
    assert.deepEqual(
      added.map((line) => line.trim()),
      ["release:", `tag: ${release.tag}`, `digest: ${release.digest}`],
    );
    file.pin("blog", undefined);
    assert.equal(readFileSync(file.path, "utf8"), before);
  });

  it("reports every mistake with the file's name, strays among them, as a usage error", () => {
    const path = join(folder, "Pulumi.dev.yaml");
    const text = readFileSync(path, "utf8").replace("http: 8081", "http: x");
    writeFileSync(path, `${text}  berth:nexsu: {}\n`);
    assert.throws(
      () => new StackFile("dev", folder).settings(),
      (error: CommandError) => {
        assert.equal(error.exit, 2);
        assert.equal(
          error.message,
          `${path}:\nberth:nexus.ports.http: expected a port 1–65535, got "x"\nberth:nexsu: no such setting`,
        );
        return true;
      },
    );
  });

  it("takes an encrypted value for a text", () => {
    const path = join(folder, "Pulumi.dev.yaml");
    const secured = 'upstream: { url: "http://up.test", username: u, password: { secure: "v1:abc" } }';
    writeFileSync(path, readFileSync(path, "utf8").replace(/upstream: \{.*\}/, secured));
    assert.equal(new StackFile("dev", folder).settings().nexus.upstream.password, "[secret]");
  });

  it("names the stacks that exist where the one asked for doesn't", () => {
    assert.throws(() => new StackFile("staging", folder), {
      name: "CommandError",
      message: `There is no stack "staging": no file ${join(folder, "Pulumi.staging.yaml")}. Stacks here: dev.`,
    });
  });
});
