import assert from "node:assert/strict";
import { garbageText } from "../../../../automation/commands/nexus/gc";
import { settingsText } from "../../../../automation/nexus/settings-text";
import { bytesText } from "../../../../components/values/bytes-text";

describe("bytes", () => {
  for (const [bytes, text] of [
    [0, "0.0 kB"],
    [999, "1.0 kB"],
    [999_949, "999.9 kB"],
    [999_950, "1.0 MB"],
    [340_100_000, "340.1 MB"],
    [3.4e9, "3.4 GB"],
    [5e15, "5000.0 TB"],
    [-2048, "-2.0 kB"],
  ] as const) {
    it(`${bytes} are ${text}`, () => assert.equal(bytesText(bytes), text));
  }
});

describe("what came free", () => {
  it("is told for each blob store, and what was left out with its reason", () => {
    const docker = { name: "docker", before: 5e6, after: 3e6, freed: 2e6 };
    assert.equal(
      garbageText({ blobStores: [docker], skipped: ["This Nexus offers no task repository.docker.gc."] }),
      "docker: 5.0 MB before, 3.0 MB after, 2.0 MB freed\n" +
        "left out: This Nexus offers no task repository.docker.gc.",
    );
  });

  it("is explained where it is nothing", () => {
    const text = garbageText({
      blobStores: [{ name: "docker", before: 0, after: 0, freed: 0 }],
      skipped: [],
    });
    assert.match(text, /\nNothing came free\. Nexus keeps every blob for an hour at least/);
  });
});

describe("settings as lines", () => {
  it("stand on several lines where one would be too long, and quote what YAML would read otherwise", () => {
    const long = "x".repeat(60);
    const settings = {
      type: "wildcard",
      pattern: "nexus: # *",
      description: long,
      notes: long,
      actions: ["READ"],
    };
    const one = { part: "privileges", key: "yes", settings, changes: [], remarks: [] } as const;
    assert.deepEqual(settingsText([one]).split("\n"), [
      "    privileges:",
      "      yes:",
      "        type: wildcard",
      '        pattern: "nexus: # *"',
      `        description: ${long}`,
      `        notes: ${long}`,
      "        actions: [ READ ]",
    ]);
  });
});
