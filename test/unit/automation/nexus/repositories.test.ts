import assert from "node:assert/strict";
import { listRepositories, repositoriesText } from "../../../../automation/nexus/list-repositories";
import type { Fields } from "../../../../components/nexus/object/kind";
import { caller } from "../../../../components/nexus/object/object-provider";
import { parseSettings } from "../../../../components/settings/settings";
import { dockerHosted, mirror, raw } from "./inventory-of";
import { objectServer } from "./object-server";

const others = {
  gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
  servers: {},
  apps: {},
};

/** What is listed of a Nexus that holds these, and which calls that took. */
async function listOf(held: readonly Fields[], nexus: Record<string, unknown> = {}) {
  const { nexus: place } = parseSettings({
    ...others,
    nexus: { hostname: "nexus.test", eula: "accepted", ...nexus },
  });
  const server = await objectServer({ repositories: held });
  try {
    const found = await listRepositories(caller(server.server, 200), place);
    return { found, calls: server.calls.map(({ method, path }) => `${method} ${path}`) };
  } finally {
    server.close();
  }
}

/** The addresses of docker repositories by their names. */
async function addressesOf(dockers: Record<string, object>, nexus: Record<string, unknown> = {}) {
  const held = Object.entries(dockers).map(([name, docker]) => ({ name, ...dockerHosted(docker) }));
  const { found } = await listOf(held, nexus);
  return Object.fromEntries(found.map(({ name, address }) => [name, address]));
}

describe("the list of a Nexus's repositories", () => {
  it("has them all by name, managed or not, and asks once without changing anything", async () => {
    const { found, calls } = await listOf([raw, { ...mirror, online: false }]);
    assert.deepEqual(found, [
      {
        name: "mirror",
        format: "raw",
        type: "proxy",
        address: "http://nexus.test:8081/repository/mirror",
        blobStore: "default",
        online: false,
      },
      {
        name: "tools",
        format: "raw",
        type: "hosted",
        address: "http://nexus.test:8081/repository/tools",
        blobStore: "default",
        online: true,
      },
    ]);
    assert.deepEqual(calls, ["GET /service/rest/v1/repositorySettings"]);
  });

  it("names docker repositories as images do, by a port that the stack publishes", async () => {
    const repositories = { secure: { type: "hosted", httpsPort: 8443 } };
    assert.deepEqual(
      await addressesOf(
        {
          releases: { httpPort: 8082 },
          secure: { httpsPort: 8443 },
          cache: { httpPort: 9999 },
          stranger: { httpPort: 8082 },
          hub: { httpPort: null },
        },
        { repositories },
      ),
      {
        releases: "nexus.test:8082",
        secure: "nexus.test:8443",
        cache: undefined, // the settings say 8084, and the next update publishes that
        stranger: undefined,
        hub: undefined,
      },
    );
  });

  it("names docker repositories without a port by their path", async () => {
    assert.deepEqual(await addressesOf({ team: { pathEnabled: true } }), { team: "nexus.test:8081/team" });
  });

  it("names those behind https by the names that the edge has for them", async () => {
    const tls = { certificates: "own", names: { releases: "images.nexus.test" } };
    const { found } = await listOf([raw], { tls });
    assert.equal(found[0]?.address, "https://nexus.test/repository/tools");
    assert.deepEqual(
      await addressesOf({ releases: { httpPort: 8082 }, cache: { httpPort: 8084 } }, { tls }),
      {
        cache: "nexus.test:8084",
        releases: "images.nexus.test",
      },
    );
  });

  it("is a table in which states are told where one is offline, and addresses where there are some", async () => {
    const { found } = await listOf([raw, { ...mirror, online: false }, { name: "hub", ...dockerHosted({}) }]);
    assert.deepEqual(repositoriesText(found).split("\n"), [
      "REPOSITORY  FORMAT  TYPE    STATE    ADDRESS                                   BLOB STORE",
      "hub         docker  hosted                                                     default",
      "mirror      raw     proxy   offline  http://nexus.test:8081/repository/mirror  default",
      "tools       raw     hosted           http://nexus.test:8081/repository/tools   default",
    ]);
    assert.doesNotMatch(repositoriesText(found.filter(({ online }) => online)), /STATE/);
    assert.equal(repositoriesText([]), "Nexus has no repositories.");
  });
});
