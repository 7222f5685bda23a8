import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deleteLocks, StackLock } from "../../../sandbox/pulumi/src/backend/lock";

describe("the lock on a stack", () => {
  let directory: string;

  beforeEach(() => {
    directory = join(mkdtempSync(join(tmpdir(), "lock-")), "organization", "p", "s");
  });

  afterEach(() => rmSync(join(directory, "../../.."), { recursive: true }));

  it("is one at a time, says who holds it, and is private", () => {
    const first = new StackLock(directory);
    first.acquire();
    const [file] = readdirSync(directory);
    const content = JSON.parse(readFileSync(join(directory, file!), "utf8")) as { [key: string]: unknown };
    assert.deepEqual(Object.keys(content), ["pid", "username", "hostname", "timestamp"]);
    assert.equal(statSync(join(directory, file!)).mode & 0o777, 0o600);
    assert.throws(
      () => new StackLock(directory).acquire(),
      new RegExp(
        `^CliError: the stack is currently locked by 1 lock\\(s\\)[^]*\\(pid ${process.pid}\\) at \\d{4}-[^.]*Z$`,
      ),
    );
    first.release();
    new StackLock(directory).acquire();
    assert.equal(deleteLocks(directory), 1);
    assert.equal(deleteLocks(directory), 0);
  });
});
