import assert from "node:assert/strict";
import {
  chmodSync,
  lstatSync,
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
import { writeFiles } from "../../../../automation/init/write-files";

describe("the files of berth init", () => {
  let folder = "";
  const at = (...path: string[]) => join(folder, ...path);
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "berth-write-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are written with their folders, and leave nothing beside them", () => {
    writeFiles([
      { path: at("a"), text: "1" },
      { path: at("new", "b"), text: "2" },
    ]);
    assert.deepEqual(readdirSync(folder, { recursive: true }).sort(), ["a", "new", join("new", "b")]);
  });

  it("keep their mode, and stay links where they are", () => {
    writeFileSync(at("real"), "1");
    chmodSync(at("real"), 0o640);
    symlinkSync("real", at("link"));
    writeFiles([{ path: at("link"), text: "2" }]);
    assert.equal(readFileSync(at("real"), "utf8"), "2");
    assert.equal(statSync(at("real")).mode & 0o777, 0o640);
    assert.ok(lstatSync(at("link")).isSymbolicLink());
  });

  it("are none of them written where one can't be", () => {
    writeFileSync(at("file"), "1");
    const wish = ["a", "new/b", "file/c"].map((name) => ({ path: at(name), text: "2" }));
    assert.throws(
      () => writeFiles(wish),
      /The files couldn't be written: .*\. Nothing was written\. Run it in a checkout/,
    );
    assert.deepEqual(readdirSync(folder), ["file"]);
  });

  it("are named as far as they were, where one can't be put in its place", () => {
    mkdtempSync(at("taken-"));
    const [taken = ""] = readdirSync(folder);
    const wish = [at("a"), at(taken)].map((path) => ({ path, text: "2" }));
    assert.throws(() => writeFiles(wish), new RegExp(`Only ${at("a")} could be\\. Run it`));
  });
});
