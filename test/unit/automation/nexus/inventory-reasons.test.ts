import assert from "node:assert/strict";
import { client, dockerHosted, inventoryOf, mirror, ownRole, raw, storage } from "./inventory-of";
import type { Held } from "./object-server";

/** Why the settings have no words for the only object that is there. */
async function reasonFor(held: Held, nexus: Record<string, unknown> = {}): Promise<string | undefined> {
  const { found } = await inventoryOf(held, { nexus });
  assert.equal(found.unmanaged.length, 1);
  const [{ translation }] = found.unmanaged as [(typeof found.unmanaged)[number]];
  assert.equal(translation.settings, undefined);
  return translation.reason;
}

describe("what the settings have no words for", () => {
  const task = {
    id: "1",
    name: "one",
    typeId: "blobstore.compact",
    enabled: true,
    schedule: "weekly",
    properties: {},
  };
  const reasons: [string, Held, string | RegExp, Record<string, unknown>?][] = [
    [
      "a repository of another format",
      { repositories: [{ ...raw, name: "nuget-all", format: "nuget" }] },
      "it is a nuget hosted repository; they have docker, raw, maven, apt, yum, npm, pypi, rubygems, helm, go",
    ],
    [
      "a repository in a blob store that they can't have",
      { repositories: [{ ...raw, storage: { ...raw.storage, blobStoreName: "azure" } }] },
      'blobStore: there is no blob store "azure"',
    ],
    [
      "a write policy of replication",
      { repositories: [{ ...raw, storage: { ...storage, writePolicy: "REPLICATION_ONLY" } }] },
      'writePolicy: expected ALLOW, ALLOW_ONCE or DENY, got "REPLICATION_ONLY"',
    ],
    [
      "a proxy to change whose login is no name and password",
      {
        repositories: [
          {
            ...mirror,
            negativeCache: { enabled: false, timeToLive: 5 },
            httpClient: { ...client, authentication: { type: "ntlm", username: "u" } },
          },
        ],
      },
      /^it would set negativeCache\.timeToLive from 5 to 1440, and with that Nexus wants its login .*\(ntlm\)/,
    ],
    [
      "a blob store elsewhere",
      { blobStores: [{ name: "cloud", type: "Azure Cloud Storage" }] },
      "it is of type Azure Cloud Storage; they have file and s3 blob stores",
    ],
    [
      "a cleanup policy by versions alone",
      { cleanupPolicies: [{ name: "five", format: "maven2", retain: 5, sortBy: "version" }] },
      "its only criterion is retain, and they need one of their own",
    ],
    [
      "a content selector in a language of old",
      { contentSelectors: [{ name: "old", type: "jexl", expression: "x" }] },
      "it is written in jexl; they have csel",
    ],
    [
      "a privilege on another format",
      {
        privileges: [
          { name: "p", type: "repository-view", format: "nuget", repository: "*", actions: ["READ"] },
        ],
      },
      /^format: expected \*, docker, raw, maven2, apt, yum, npm, pypi, rubygems, helm or go, got "nuget"$/,
    ],
    [
      "a privilege of a script",
      { privileges: [{ name: "p", type: "script", scriptName: "s", actions: ["RUN"] }] },
      /^type: expected wildcard, application, .*, got "script"$/,
    ],
    [
      "a role whose name they don't take",
      { roles: [{ id: "dev ops", name: "dev ops", privileges: [], roles: [] }] },
      'expected a name of letters, digits, dashes, dots and underscores, got "dev ops"',
    ],
    [
      "a user of LDAP",
      { users: [{ userId: "lea", source: "LDAP", roles: [] }] },
      "it comes from LDAP; they have Nexus's own",
    ],
    [
      "a task by the week",
      { tasks: [task] },
      'its schedule is "weekly"; they have manual and cron expressions',
    ],
    [
      "what they leave out themselves",
      { repositories: [{ name: "cache", ...dockerHosted({}) }] },
      "they leave it out (cache: false); without that line, the default of its name manages it",
      { repositories: { cache: false } },
    ],
    [
      "what they name and no update has made yet",
      { repositories: [raw] },
      "they name it already; the next `up` takes it over",
      { repositories: { tools: { format: "raw", type: "hosted" } } },
    ],
    [
      "the role of an account of theirs",
      { roles: [{ ...ownRole, id: "berth-pusher", privileges: [] }] },
      "they name it already; the next `up` takes it over",
    ],
  ];
  for (const [what, held, reason, nexus] of reasons) {
    it(`is listed with the reason: ${what}`, async () => {
      const said = await reasonFor(held, nexus);
      if (typeof reason === "string") assert.equal(said, reason);
      else assert.match(said ?? "", reason);
    });
  }

  it("says that two tasks of one name can't be told apart", async () => {
    const manual = { ...task, schedule: "manual" };
    const { list } = await inventoryOf({ tasks: [manual, { ...manual, id: "2" }] });
    assert.equal(list.match(/2 tasks have this name, and they tell them by it/g)?.length, 2);
  });
});
