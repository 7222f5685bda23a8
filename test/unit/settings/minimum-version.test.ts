import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parseSettings, SettingsError, TooOldError, tooOld } from "../../../components/settings/settings";
import { ownVersion } from "../../../components/values/own-place";
import { VALID } from "./broken-stack-files";

describe("the oldest Berth that settings are for", () => {
  it("is this one, an older one, or not said", () => {
    const { version } = JSON.parse(readFileSync(join(__dirname, "..", "..", "..", "package.json"), "utf8"));
    assert.equal(ownVersion(), version);
    for (const minimumVersion of [undefined, "0.0.9", version])
      assert.doesNotThrow(() => parseSettings({ ...VALID, minimumVersion }));
    const at = (minimum: string) => tooOld(minimum, () => "1.10.2");
    for (const minimum of ["1.10.2", "1.9.30", "0.99.99"]) assert.equal(at(minimum), undefined, minimum);
    for (const minimum of ["1.10.3", "1.11.0", "2.0.0"])
      assert.match(at(minimum) ?? "", /newer, and this is 1\.10\.2/);
  });

  it("refuses an older Berth with both versions and how to update, and nothing of what that one doesn't know", () => {
    const settings = { ...VALID, minimumVersion: "99.1.0", harbour: {}, apps: { blog: { tides: true } } };
    assert.throws(
      () => parseSettings(settings),
      (error: unknown) => {
        assert.ok(error instanceof TooOldError);
        assert.deepEqual(error.problems, [
          `berth:minimumVersion: these settings are for Berth 99.1.0 or newer, and this is ${ownVersion()}. Update it: ` +
            `cd ${join(__dirname, "..", "..", "..")} && git pull && npm ci`,
        ]);
        return true;
      },
    );
  });

  it("is a mistake like any other where it is no version", () => {
    assert.throws(
      () => parseSettings({ ...VALID, minimumVersion: "newest" }),
      (error: unknown) =>
        error instanceof SettingsError &&
        error.problems.join() === 'berth:minimumVersion: expected a version like 0.2.0, got "newest"',
    );
  });
});
