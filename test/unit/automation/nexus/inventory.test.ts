import assert from "node:assert/strict";
import {
  anna,
  client,
  dockerHosted,
  inventoryOf,
  mirror,
  ownRole,
  raw,
  storage,
  tools,
} from "./inventory-of";

describe("the inventory of a Nexus", () => {
  it("leaves out what the stack manages and what every Nexus has by itself", async () => {
    const { names } = await inventoryOf(
      {
        repositories: [raw, mirror],
        privileges: [{ name: "nx-all", type: "wildcard", readOnly: true }],
        roles: [
          { id: "nx-admin", readOnly: true },
          { id: "nx-anonymous", readOnly: false },
        ],
        users: [
          { userId: "admin", source: "default" },
          { userId: "anonymous", source: "default" },
          { userId: "puller", source: "default" },
        ],
        tasks: [{ id: "1", name: "Cleanup service", typeId: "repository.cleanup", schedule: "advanced" }],
        certificates: [{ id: "AA:BB", pem: "", subjectCommonName: "ours" }],
      },
      {
        managed: [
          { kind: "RawProxy", id: "mirror", allowDataLoss: false },
          { kind: "User", id: "puller", allowDataLoss: false },
          { kind: "Certificate", id: "AA:BB", allowDataLoss: false },
        ],
      },
    );
    assert.deepEqual(names, ["tools"]);
  });

  it("counts what is in repositories and blob stores", async () => {
    const pages: Record<string, unknown> = {
      "/service/rest/v1/components?repository=tools": { items: [{}, {}], continuationToken: "next" },
      "/service/rest/v1/components?repository=tools&continuationToken=next": {
        items: [{}],
        continuationToken: null,
      },
      "/service/rest/v1/assets?repository=tools": { items: [{ fileSize: 1500 }, { fileSize: 2e6 }] },
    };
    const store = { name: "default", type: "File", path: "default", blobCount: 1, totalSizeInBytes: 3.4e9 };
    const { list } = await inventoryOf(
      { repositories: [raw, { ...mirror, httpClient: client }], blobStores: [store] },
      {
        over: ({ path }) => {
          if (path.includes("repository=mirror")) return { status: 500, body: "ERROR: (ID 1) broken" };
          return pages[path] ? { status: 200, body: pages[path] } : undefined;
        },
      },
    );
    const lines = list.split("\n");
    assert.deepEqual(lines.slice(0, 4), [
      "blob stores",
      "  default  File; 1 blob, 3.4 GB",
      "repositories",
      "  tools   raw hosted in default; 3 components, 2.0 MB",
    ]);
    assert.match(lines[4]!, /mirror {2}raw proxy in default; what it holds could not be counted \(GET .*500/);
  });

  it("prints settings for a stack's file, and as a comment what they would change", async () => {
    const { lines } = await inventoryOf({
      blobStores: [{ name: "default", type: "File", path: "default" }],
      repositories: [
        raw,
        { ...mirror, negativeCache: { enabled: false, timeToLive: 5 } },
        { ...tools, name: "files", type: "group", storage, group: { memberNames: ["tools", "mirror"] } },
        { name: "team", ...dockerHosted({ httpPort: 8090 }) },
      ],
      roles: [
        {
          id: "devs",
          name: "devs",
          description: "people",
          readOnly: false,
          roles: ["nx-anonymous"],
          privileges: [
            "nx-search-read",
            "nx-repository-view-raw-tools-read",
            "nx-repository-view-raw-tools-browse",
          ],
        },
      ],
    });
    assert.deepEqual(lines, [
      "    blobStores:",
      "      default: { type: file }",
      "    repositories:",
      "      tools: { format: raw, type: hosted, blobStore: default, writePolicy: ALLOW }",
      "      # it would set negativeCache.timeToLive from 5 to 1440",
      "      # mirror: { format: raw, type: proxy, blobStore: default, remote: https://files.test }",
      '      # it needs something else first (members: there is no repository "mirror")',
      "      # files: { format: raw, type: group, blobStore: default, members: [ tools, mirror ] }",
      "      # Nexus serves it on its port 8090; port: 8090 would publish that, for which Nexus's container is made anew",
      "      team: { type: hosted, blobStore: default, writePolicy: ALLOW_ONCE, movableLatest: true }",
      "    roles:",
      "      devs: { description: people, pull: [ tools ], privileges: [ nx-search-read ], roles: [ nx-anonymous ] }",
    ]);
  });

  it("has words for every field of a proxy, and for what the rest of the stack would decide otherwise", async () => {
    const certificate = { id: "AA:11", pem: "PEM", subjectCommonName: "Office CA" };
    const connection = { retries: 2, timeout: 30, useTrustStore: false };
    const { lines } = await inventoryOf(
      {
        certificates: [certificate],
        repositories: [
          {
            ...mirror,
            httpClient: { blocked: true, autoBlock: false, connection },
            raw: { contentDisposition: "INLINE" },
          },
          {
            ...mirror,
            name: "npmjs",
            format: "npm",
            storage: { ...storage, strictContentTypeValidation: false },
            httpClient: {
              ...client,
              connection: { ...connection, retries: null, timeout: null, useTrustStore: true },
            },
          },
          { ...raw, name: "ours", format: "pypi", component: { proprietaryComponents: true } },
          { name: "team", ...dockerHosted({}) },
        ],
      },
      { nexus: { image: "sonatype/nexus3:3.94.0", eula: "accepted" } },
    );
    const repositories = lines.slice(
      lines.indexOf("    repositories:") + 1,
      lines.indexOf("    # certificates:"),
    );
    assert.deepEqual(
      repositories.map((line) => line.trim()),
      [
        ...[
          "mirror:",
          "format: raw",
          "type: proxy",
          "blobStore: default",
          "remote: https://files.test",
          "blocked: true",
        ],
        ...[
          "autoBlock: false",
          "retries: 2",
          "timeoutSeconds: 30",
          "useTrustStore: false",
          "contentDisposition: INLINE",
        ],
        ...["npmjs:", "format: npm", "type: proxy", "blobStore: default"],
        ...["strictContentTypeValidation: false", "remote: https://files.test"],
        "ours: { format: pypi, type: hosted, blobStore: default, writePolicy: ALLOW, proprietaryComponents: true }",
        ...["team:", "type: hosted", "blobStore: default", "writePolicy: ALLOW_ONCE", "movableLatest: true"],
        "forceBasicAuth: false",
      ],
    );
  });

  it("asks for what Nexus doesn't tell by the command that sets it, and prints no secret", async () => {
    const login = { type: "username", username: "u" };
    const debs = { ...raw, name: "my.debs", format: "apt", apt: { distribution: "bookworm" } };
    const s3 = {
      name: "s3",
      type: "S3",
      softQuota: null,
      bucketConfiguration: {
        bucket: { name: "b", region: "DEFAULT", prefix: "", expiration: 3 },
        bucketSecurity: { accessKeyId: "AKIA" },
      },
    };
    const { lines, list, json } = await inventoryOf({
      blobStores: [s3],
      repositories: [
        { ...mirror, httpClient: { ...client, authentication: login } },
        { ...debs, aptSigning: { keypair: "KEY-OF-APT", passphrase: "PHRASE" } },
        { ...mirror, name: "fedora", format: "yum", yumSigning: { keypair: "KEY-OF-YUM", passphrase: null } },
        { ...mirror, name: "epel", format: "yum", yumSigning: null },
      ],
      users: [anna],
      roles: [{ ...ownRole, description: "Berth: Anna", privileges: [] }],
    });
    const commands = lines
      .filter((line) => line.includes("pulumi config set"))
      .map((line) => line.replace(/.*(?=pulumi config)/, ""));
    assert.deepEqual(commands, [
      "pulumi config set --secret --path 'berth:nexus.blobStores.s3.secretAccessKey'",
      "pulumi config set --secret --path 'berth:nexus.repositories.mirror.password'",
      `pulumi config set --secret --path 'berth:nexus.repositories["my.debs"].signingKey' < key.asc`,
      "pulumi config set --secret --path 'berth:nexus.repositories.fedora.signingKey' < key.asc",
      "pulumi config set --secret --path 'berth:nexus.accounts.anna.password'",
    ]);
    assert.ok(
      lines.includes(
        "      mirror: { format: raw, type: proxy, blobStore: default, remote: https://files.test }",
      ),
    );
    assert.ok(
      lines.some((line) => line.startsWith("      # my.debs: {")),
      "it can't be pasted without its key",
    );
    for (const word of ["KEY-OF-APT", "KEY-OF-YUM", "PHRASE", "s3cret-of-admin"])
      assert.ok(![lines.join(), list, json].some((text) => text.includes(word)), `${word} is printed`);
  });

  it("asks for the login of a proxy before anything else of it changes", async () => {
    const login = { type: "username", username: "u" };
    const { lines } = await inventoryOf({
      repositories: [
        {
          ...mirror,
          negativeCache: { enabled: false, timeToLive: 5 },
          httpClient: { ...client, authentication: login },
        },
      ],
    });
    assert.deepEqual(lines.slice(1, 3), [
      "      # it would set negativeCache.timeToLive from 5 to 1440",
      '      # it logs in at its remote, for which Nexus wants the password again: add username: "u" and run ' +
        "pulumi config set --secret --path 'berth:nexus.repositories.mirror.password'",
    ]);
  });

  it("takes an account and its own role together, and others with what they would become", async () => {
    const ben = {
      ...anna,
      userId: "ben",
      firstName: "Ben",
      lastName: "",
      status: "disabled",
      roles: ["devs", "ops"],
    };
    const { lines } = await inventoryOf({
      users: [anna, ben],
      roles: [{ ...ownRole, description: "Berth: Anna", privileges: ["nx-search-read"] }],
    });
    const password = (name: string) =>
      "      # it would get a new random password, unless you give the one it has: " +
      `pulumi config set --secret --path 'berth:nexus.accounts.${name}.password'`;
    assert.deepEqual(lines, [
      "    # roles:",
      "      # berth-anna: not in the settings: it is the account anna's own and goes with it",
      "    # accounts:",
      password("anna"),
      "      # anna: { purpose: Anna, privileges: [ nx-search-read ] }",
      "      # it would get a role of its own, berth-ben, that holds its roles devs, ops",
      '      # it would set its first name from "Ben" to "berth"',
      '      # it would set its status from "disabled" to "active"',
      password("ben"),
      "      # ben: { roles: [ devs, ops ] }",
    ]);
  });

  it("tells certificates of one name apart and says what their files are to hold", async () => {
    const pem = (text: string) => `-----BEGIN CERTIFICATE-----\n${text}\n-----END CERTIFICATE-----\n`;
    const { lines } = await inventoryOf({
      certificates: [
        { id: "AA:11:22:33:44", pem: pem("one"), subjectCommonName: "Office CA" },
        { id: "BB:11:22:33:44", pem: pem("two"), subjectCommonName: "Office CA" },
      ],
    });
    assert.deepEqual(lines, [
      "    # certificates:",
      "      # save it first as certs/office-ca.pem:",
      ...pem("one")
        .trim()
        .split("\n")
        .map((line) => `      # ${line}`),
      "      # office-ca: certs/office-ca.pem",
      "      # save it first as certs/office-ca-bb112233.pem:",
      ...pem("two")
        .trim()
        .split("\n")
        .map((line) => `      # ${line}`),
      "      # office-ca-bb112233: certs/office-ca-bb112233.pem",
    ]);
  });

  it("lists what this Nexus doesn't tell with the reason, and goes on", async () => {
    const { list, found } = await inventoryOf(
      { repositories: [raw] },
      {
        over: ({ path }) =>
          path === "/service/extdirect"
            ? { status: 405 }
            : path.endsWith("/internal/cleanup-policies")
              ? { status: 404 }
              : undefined,
      },
    );
    assert.equal(found.unmanaged.length, 1);
    assert.match(list, /cleanup policies\n {2}not listed: this Nexus has no \/internal\/cleanup-policies/);
    assert.match(list, /tasks\n {2}not listed: This Nexus has no coreui_Task\.read/);
  });
});
