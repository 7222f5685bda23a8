import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkedVolume } from "../../../components/compose/check-volume";

const started = (version: string) =>
  `2026-11-29 20:09:06,498+0000 INFO [jetty] *SYSTEM org.sonatype.nexus - \n---\n\nStarted Sonatype Nexus ${version}\n\n---\n`;

describe("the look at a volume before Nexus starts", () => {
  let data: string;
  beforeEach(() => {
    data = mkdtempSync(join(tmpdir(), "berth-volume-"));
  });
  afterEach(() => rmSync(data, { recursive: true }));

  function left(logs: Record<string, string | Buffer>, database = "nexus.mv.db"): void {
    mkdirSync(join(data, "log"));
    mkdirSync(join(data, "db"));
    if (database.endsWith(".db")) writeFileSync(join(data, "db", database), "");
    else mkdirSync(join(data, "db", database));
    for (const [name, text] of Object.entries(logs)) writeFileSync(join(data, "log", name), text);
  }

  it("has nothing against a new one, the same version, or an image that tells none", () => {
    assert.deepEqual(checkedVolume(data, "sonatype/nexus3:3.94.0"), {});
    left({ "nexus.log": started("OSS 3.71.0-06") });
    assert.deepEqual(checkedVolume(data, "sonatype/nexus3:3.71.0"), {});
    assert.deepEqual(checkedVolume(data, "sonatype/nexus3:latest"), {});
  });

  it("refuses one that a newer Nexus has written", () => {
    left({ "nexus.log": `${started("OSS 3.71.0-06")}${started("COMMUNITY 3.94.0-12")}` });
    const { refusal } = checkedVolume(data, "sonatype/nexus3:3.93.1");
    assert.match(
      refusal ?? "",
      /^The volume was last used by Nexus 3\.94\.0, and sonatype\/nexus3:3\.93\.1 is older: /,
    );
    assert.match(
      refusal ?? "",
      /Set berth:nexus\.image to 3\.94\.0 or newer and write the compose file again/,
    );
  });

  it("finds the version in older logs where the newest has no start", () => {
    left({
      "nexus.log": "nothing of a start",
      "nexus-2026-11-27.log.gz": gzipSync(started("OSS 3.70.1-02")),
      "nexus-2026-11-28.log.gz": gzipSync(started("PRO 3.90.0-01")),
    });
    assert.match(checkedVolume(data, "sonatype/nexus3:3.80.0").refusal ?? "", /last used by Nexus 3\.90\.0/);
  });

  it("says that an older one will be migrated, without a way back", () => {
    left({ "nexus.log": started("OSS 3.71.0-06") });
    assert.deepEqual(checkedVolume(data, "sonatype/nexus3:3.94.0"), {
      notice: "Nexus 3.71.0 has left this volume, and 3.94.0 migrates it: there is no way back but a backup.",
    });
  });

  it("refuses an OrientDB of before 3.71, which no newer one reads", () => {
    left({ "nexus.log": started("OSS 3.68.1-02") }, "component");
    assert.match(checkedVolume(data, "sonatype/nexus3:3.94.0").refusal ?? "", /holds an OrientDB database/);
    assert.deepEqual(checkedVolume(data, "sonatype/nexus3:3.68.1"), {});
  });

  it("is no obstacle where it can't read", () => {
    left({ "nexus-2026-11-27.log.gz": "no gzip" });
    assert.match(checkedVolume(data, "sonatype/nexus3:3.94.0").notice ?? "", /can't be told: /);
  });
});
