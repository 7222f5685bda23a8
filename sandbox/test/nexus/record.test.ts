import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobStorage } from "../../nexus/connector/docker/blob-storage";
import { Mutex } from "../../nexus/connector/mutex";
import { ConnectorRecord } from "../../nexus/connector/record";
import { Tokens } from "../../nexus/connector/tokens";

describe("the connector's record", () => {
  let directory: string;
  let file: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "berth-record-"));
    file = join(directory, "docker", "connector.json");
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  it("survives a restart, and is nobody else's to read", () => {
    new ConnectorRecord(file).change((draft) => {
      draft.tokenRealm = 1;
    });
    assert.equal(new ConnectorRecord(file).current.tokenRealm, 1);
    assert.equal(statSync(file).mode & 0o777, 0o600);
    assert.equal(statSync(join(directory, "docker")).mode & 0o777, 0o700);
    assert.deepEqual(readdirSync(join(directory, "docker")), ["connector.json"]);
  });

  it("changes nothing where an edit throws", () => {
    const record = new ConnectorRecord(file);
    const edit = () =>
      record.change((draft) => {
        draft.tokenRealm = 3;
        throw new Error("half way");
      });
    assert.throws(edit, /half way/);
    assert.equal(record.current.tokenRealm, null);
  });

  it("refuses a file of another version instead of guessing", () => {
    new ConnectorRecord(file);
    writeFileSync(file, '{"version":2}');
    assert.throws(() => new ConnectorRecord(file), /version 2 is not one this connector knows/);
  });

  it("has no repository named like a property of every object", () => {
    assert.equal(new ConnectorRecord(file).repository("constructor"), undefined);
  });
});

describe("tokens", () => {
  it("have Nexus's form, and are the same for the same credentials", () => {
    const tokens = new Tokens();
    const token = tokens.issue("Basic dTpw");
    assert.match(token, /^DockerToken\.[0-9a-f-]{36}$/);
    assert.equal(tokens.issue("Basic dTpw"), token);
    assert.notEqual(tokens.issue("Basic b3RoZXI="), token);
    assert.deepEqual(tokens.redeem(token), { who: "Basic dTpw" });
  });

  it("of the anonymous user stand for nobody's credentials; unknown ones for nothing", () => {
    const tokens = new Tokens();
    assert.deepEqual(tokens.redeem(tokens.issue(undefined)), { who: undefined });
    assert.equal(tokens.redeem("DockerToken.00000000-0000-0000-0000-000000000000"), undefined);
  });
});

describe("a mutex", () => {
  it("runs tasks of one key in order, also after a failure, and others beside them", async () => {
    const mutex = new Mutex();
    const seen: string[] = [];
    const task =
      (name: string, ms: number, fail = false) =>
      async () => {
        await new Promise((resolve) => setTimeout(resolve, ms));
        seen.push(name);
        if (fail) throw new Error(name);
      };
    const all = [
      mutex.run("a", task("first", 20, true)),
      mutex.run("a", task("second", 0)),
      mutex.run("b", task("other", 0)),
    ];
    const results = await Promise.allSettled(all);
    assert.deepEqual(seen, ["other", "first", "second"]);
    assert.deepEqual(
      results.map((result) => result.status),
      ["rejected", "fulfilled", "fulfilled"],
    );
  });
});

describe("blobs of a hosted repository", () => {
  it("are there for every image once one has them", () => {
    const directory = mkdtempSync(join(tmpdir(), "berth-blobs-"));
    try {
      const hex = "c".repeat(64);
      const data = join(directory, "docker/registry/v2/blobs/sha256/cc", hex);
      const storage = new BlobStorage(directory);
      assert.deepEqual([storage.has(`sha256:${hex}`), storage.blobs()], [false, []]);
      mkdirSync(data, { recursive: true });
      writeFileSync(join(data, "data"), "12345");
      storage.link("team/blog", `sha256:${hex}`);
      const link = join(directory, "docker/registry/v2/repositories/team/blog/_layers/sha256", hex, "link");
      assert.equal(readFileSync(link, "utf8"), `sha256:${hex}`);
      assert.deepEqual(storage.blobs(), [{ digest: `sha256:${hex}`, size: 5 }]);
      storage.link("team/blog", `sha256:${"d".repeat(64)}`);
      assert.equal(storage.has("sha256:../../../x"), false);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
