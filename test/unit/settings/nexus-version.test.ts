import assert from "node:assert/strict";
import { nexusWarnings } from "../../../components/settings/nexus/nexus-advisories";
import { LICENCE_URL, licenceMissing } from "../../../components/settings/nexus/nexus-licence";
import { NEXUS_IMAGE, nexusVersion } from "../../../components/settings/nexus/nexus-version";

describe("the version of Nexus that an image's name tells", () => {
  const told: [string, string | undefined][] = [
    ["sonatype/nexus3:3.94.0", "3.94.0"],
    ["docker.io/sonatype/nexus3:3.76.1-java17-alpine", "3.76.1"],
    ["registry.example.com:5000/mirror/sonatype/nexus3:3.94.0@sha256:0123", "3.94.0"],
    ["berth-sandbox/nexus3:3.71.0", "3.71.0"],
    ["nexus3:3.90", "3.90.0"],
    ["sonatype/nexus3", undefined],
    ["sonatype/nexus3:latest", undefined],
    [`sonatype/nexus3@sha256:${"3.71.0".padEnd(64, "0")}`, undefined],
    ["sonatype/nexus3:3.94.0.1", undefined],
    ["example/our-nexus3:1.2.3", undefined],
    ["example/nexus:1.2.3", undefined],
    ["nexus3.example.com/team/image:3.71.0", undefined],
  ];
  for (const [image, version] of told) {
    it(`is ${version ?? "not known"}: ${image}`, () => {
      assert.equal(nexusVersion(image)?.text, version);
    });
  }
});

describe("Sonatype's licence", () => {
  it("has to be accepted from 3.77 on, with where to read it and what to write", () => {
    assert.equal(
      licenceMissing({ image: "sonatype/nexus3:3.77.0" }),
      `Nexus 3.77.0 (sonatype/nexus3:3.77.0) serves nothing until Sonatype's licence is accepted: read it at ${LICENCE_URL}, ` +
        "and write `eula: accepted` if you accept it",
    );
    assert.ok(licenceMissing({ image: NEXUS_IMAGE }), "so it is with the default");
    assert.equal(licenceMissing({ image: NEXUS_IMAGE, eula: "accepted" }), undefined);
    assert.equal(licenceMissing({ image: "sonatype/nexus3:3.76.1" }), undefined);
  });

  it("is left to the running server where the image's name tells no version", () => {
    for (const image of [
      "sonatype/nexus3",
      "example/our-nexus:7",
      `sonatype/nexus3@sha256:${"a".repeat(64)}`,
    ])
      assert.equal(licenceMissing({ image }), undefined, image);
  });
});

describe("a vulnerable version of Nexus", () => {
  it("is warned of in one line, with the number, what it means and what to take", () => {
    assert.deepEqual(nexusWarnings({ image: "berth-sandbox/nexus3:3.71.0" }), [
      "Nexus 3.71.0 (berth:nexus.image) has the vulnerability CVE-2026-3199: " +
        "an account that may create tasks can run code on the server. " +
        `Mended in 3.91.0; Berth's default is ${NEXUS_IMAGE}.`,
    ]);
  });

  it("is one in the published range, first and last included, and nothing else", () => {
    const warned = (version: string) => nexusWarnings({ image: `sonatype/nexus3:${version}` }).length;
    assert.deepEqual(["3.22.1", "3.76.1", "3.90.2"].map(warned), [1, 1, 1]);
    assert.deepEqual(["3.22.0", "3.91.0", "3.94.0", "4.0.0", "latest"].map(warned), [0, 0, 0, 0, 0]);
    assert.deepEqual(nexusWarnings({ image: NEXUS_IMAGE }), [], "the default has none");
  });
});
