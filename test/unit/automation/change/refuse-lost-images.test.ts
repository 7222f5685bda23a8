import assert from "node:assert/strict";
import { refuseLostImages } from "../../../../automation/change/refuse-lost-images";
import { CommandError, Exit } from "../../../../automation/terminal/exit";

const urn = (type: string, name: string) => ({ urn: `urn:pulumi:dev::berth::${type}::${name}`, type });

describe("an image of somebody else that Nexus doesn't give", () => {
  const page = { app: "page", text: "page: what page:9 points to isn't known" };
  const unresolved = { notes: [], lost: [page, { app: "cache", text: "cache: likewise" }] };
  const container = urn("docker:index/container:Container", "page-main-container");
  const looked = urn("pulumi-nodejs:dynamic/nexus:ImageDigest", "page-image-digest");

  it("is refused before anything is done", () => {
    assert.throws(
      () => refuseLostImages(unresolved, [container, looked]),
      (error: unknown) => {
        assert.ok(error instanceof CommandError && error.exit === Exit.failed);
        assert.equal(
          error.message,
          "cache: likewise\npage: what page:9 points to isn't known\nNothing was changed. Correct berth:apps.cache.image and " +
            "berth:apps.page.image, or run this again once the registry has it and answers.",
        );
        return true;
      },
    );
  });

  it("is left to an update that changes Nexus: a proxy, its login or the server may be what is missing", () => {
    const proxy = urn("pulumi-nodejs:dynamic/nexus:DockerProxy", "registry-quay");
    const server = urn("docker:index/container:Container", "nexus-container");
    for (const one of [proxy, server]) refuseLostImages(unresolved, [container, one]);
  });

  it("is none where all are known", () => refuseLostImages({ notes: ["a word"], lost: [] }, []));
});
