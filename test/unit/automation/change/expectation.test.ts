import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expectation, mustBeExpected } from "../../../../automation/change/expectation";
import { planOf } from "../../../../automation/change/model/planned-changes";
import { writeArtefacts } from "../../../../automation/change/note/artefacts";
import { CommandError } from "../../../../automation/terminal/exit";
import { changeOf, recordedEvents } from "./recorded";

describe("what --expect says", () => {
  let dir: string;
  const reviewed = changeOf(planOf(recordedEvents("3-update")));
  const file = () => join(dir, "preview.json");

  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "berth-expect-"));
    writeArtefacts(dir, reviewed, { commit: "3f2a" });
  });

  afterEach(() => rmSync(dir, { recursive: true }));

  it("is a hash, or the preview.json that was reviewed", () => {
    assert.deepEqual(expectation(reviewed.hash), { hash: reviewed.hash });
    const { hash, reviewed: read } = expectation(file());
    assert.equal(hash, reviewed.hash);
    assert.doesNotThrow(() => mustBeExpected({ hash, reviewed: read! }, reviewed));
    assert.doesNotThrow(() =>
      mustBeExpected({ hash }, { ...reviewed, copies: [{ source: "a", target: "b" }] }),
    );
  });

  it("is refused where it is neither, and where the file was changed after its review", () => {
    const tampered = { ...reviewed, resources: reviewed.resources.slice(1) };
    for (const text of ["{}", "no JSON", JSON.stringify(tampered)]) {
      writeFileSync(file(), text);
      assert.throws(
        () => expectation(file()),
        usage(/is no preview\.json of this version, or it was changed/),
      );
    }
    for (const given of ["", "abc", "F".repeat(64)]) {
      assert.throws(
        () => expectation(given),
        usage(/expected the hash of a preview \(64 hex digits\) or its preview\.json/),
      );
    }
  });

  it("stops everything else with exit 3 and the difference", () => {
    const fresh = changeOf({ resources: reviewed.resources.slice(1) });
    assert.throws(
      () => mustBeExpected(expectation(file()), fresh),
      (error: unknown) => {
        assert.ok(error instanceof CommandError && error.exit === 3);
        assert.match(
          error.message,
          /^Nothing was applied: .*\n {2}reviewed, no longer planned: update echo \(command:local:Command\)\n/,
        );
        return true;
      },
    );
  });

  it("tells what would be done now where only a hash is known, and not all of a long list", () => {
    const one = reviewed.resources[0]!;
    const resources = Array.from({ length: 60 }, (_, index) => ({
      ...one,
      urn: `urn:${index}`,
      name: `one-${index}`,
    }));
    assert.throws(
      () => mustBeExpected({ hash: reviewed.hash }, changeOf({ resources })),
      /What would be done now:\n {2}update one-0 .*\n(.*\n){49} {2}… and 10 more\nReview the new change/,
    );
    assert.throws(
      () => mustBeExpected({ hash: reviewed.hash }, changeOf({})),
      /What would be done now:\n {2}nothing\n/,
    );
  });

  it("says first which app would run another release, as where the tag of its image has moved", () => {
    const { resources } = reviewed;
    const runs = (app: string, tag: string, digest = "sha256:1") => ({
      app,
      before: { tag: "1-a" },
      after: { tag, digest },
      where: ["main"],
    });
    const [from, to] = [
      changeOf({
        resources,
        releases: [runs("page", "1-b"), runs("same", "2"), runs("rebuilt", "3", "sha256:1")],
      }),
      changeOf({
        resources: [],
        releases: [runs("page", "1-c"), runs("same", "2"), runs("rebuilt", "3", "sha256:2")],
      }),
    ];
    assert.throws(
      () => mustBeExpected({ hash: from.hash, reviewed: from }, to),
      /The difference:\n {2}page: reviewed 1-b, now 1-c\n {2}rebuilt: reviewed 3 \(sha256:1\), now 3 \(sha256:2\)\n {2}reviewed, no longer planned: /,
    );
    assert.throws(
      () => mustBeExpected({ hash: from.hash }, to),
      /What would be done now:\n {2}page on main: 1-a → 1-c\n {2}same on main: /,
    );
    const none = changeOf({ resources: [] });
    assert.throws(
      () => mustBeExpected({ hash: from.hash, reviewed: from }, none),
      /\n {2}page: reviewed 1-b, now unchanged\n/,
    );
  });

  it("says which of the two runs had no key for secrets, and when it is another stack's", () => {
    const secrets = reviewed.resources.map((one) => ({ ...one, secrets: "1234" }));
    const withKey = changeOf({ resources: secrets });
    const without = changeOf({ resources: reviewed.resources }, { secretsCompared: false });
    const text = (from: typeof withKey, to: typeof withKey) => {
      try {
        mustBeExpected({ hash: from.hash, reviewed: from }, to);
      } catch (error) {
        return (error as Error).message;
      }
      return "";
    };
    assert.match(text(withKey, without), /This run had no key for fingerprints/);
    assert.match(text(without, withKey), /The reviewed preview had no key for fingerprints/);
    assert.match(
      text(reviewed, changeOf(reviewed, { stack: "prod" })),
      /The review was of the stack dev, this is prod/,
    );
  });
});

function usage(words: RegExp): (error: unknown) => boolean {
  return (error) => error instanceof CommandError && error.exit === 2 && words.test(error.message);
}
