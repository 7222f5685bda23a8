import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { commitTag } from "../../../components/image/commit-tag";

describe("the release tag", () => {
  let folder: string;
  const git = (...args: string[]) => {
    const who = ["-c", "user.name=t", "-c", "user.email=t@example.invalid"];
    return execFileSync("git", ["-C", folder, ...who, ...args], { encoding: "utf8" }).trim();
  };
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-git-"));
    mkdirSync(join(folder, "app"));
    writeFileSync(join(folder, "app", "a"), "1");
    git("init", "--quiet");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const commit = () => {
    git("add", "--all");
    git("commit", "--quiet", "--message", "x");
  };

  it("is the commit, also where something outside the app has changed", () => {
    commit();
    writeFileSync(join(folder, "README"), "new");
    assert.equal(commitTag(join(folder, "app")), git("rev-parse", "HEAD").slice(0, 12));
  });

  it("names uncommitted content, the same for the same content and another for another", () => {
    commit();
    writeFileSync(join(folder, "app", "b"), "new file");
    const one = commitTag(join(folder, "app"));
    assert.match(one, /^[0-9a-f]{12}-dirty-[0-9a-f]{8}$/);
    assert.equal(commitTag(join(folder, "app")), one);
    writeFileSync(join(folder, "app", "b"), "other content");
    assert.notEqual(commitTag(join(folder, "app")), one);
    assert.equal(git("diff", "--cached", "--name-only"), "", "nothing was staged");
  });

  it("writes nothing into the repository, as a lock of it could be left there", () => {
    commit();
    utimesSync(join(folder, "app", "a"), 1, 1); // git status would note the new time in the index
    const index = join(folder, ".git", "index");
    const before = readFileSync(index);
    commitTag(join(folder, "app"));
    assert.deepEqual(readFileSync(index), before);
    git("status");
    assert.notDeepEqual(readFileSync(index), before, "the time is something to note");
  });

  it("says what to do where nothing has been committed", () => {
    assert.throws(() => commitTag(join(folder, "app")), /Commit the folder, or pin a release/);
  });
});
