import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const MODULE = join(__dirname, "..", "..", "lib", "mounts.ts");

/** Runs commands of a shell, then removeTree of a folder, where nobody else sees the mounts. */
function removedAfter(commands: string, folder: string) {
  const remove = `require(process.argv[1]).removeTree(process.argv[2])`;
  const script = `set -e; ${commands}; exec "$3" --require tsx/cjs -e '${remove}' "$1" "$2"`;
  const args = ["--mount", "sh", "-c", script, "sh", MODULE, folder, process.execPath];
  return spawnSync("unshare", args, { encoding: "utf8", cwd: join(__dirname, "..", "..", "..") });
}

describe("removing a folder with mounts in it", () => {
  let top: string;
  beforeEach(() => {
    top = mkdtempSync(join(tmpdir(), "berth-mounts-"));
  });
  afterEach(() => rmSync(top, { recursive: true, force: true }));

  before(function () {
    if (process.getuid?.() !== 0) this.skip(); // only root may mount
  });

  it("unmounts them all, and removes nothing of what is mounted", () => {
    const [kept, folder] = [join(top, "kept"), join(top, "folder")];
    for (const path of [join(kept, "data"), join(folder, "a")]) mkdirSync(path, { recursive: true });
    const ran = removedAfter(`mount --bind ${kept} ${folder}/a; mount -t tmpfs t ${folder}/a/data`, folder);
    assert.equal(ran.status, 0, ran.stderr);
    assert.deepEqual([existsSync(folder), existsSync(join(kept, "data"))], [false, true]);
  });

  it("is not stopped by one that is listed, and lies below another one where nothing reaches it", () => {
    const folder = join(top, "upper", "folder");
    mkdirSync(folder, { recursive: true });
    const shadowed = `mount -t tmpfs t ${folder}; mount -t tmpfs t ${top}/upper; mkdir ${folder}`;
    const ran = removedAfter(shadowed, folder);
    assert.equal(ran.status, 0, ran.stderr);
  });
});
