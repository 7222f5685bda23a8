import fc from "fast-check";
import type { Fields } from "../../../../components/nexus/object/kind";
import { NEXUS_FORMATS } from "../../../../components/settings/nexus/nexus-formats";
import type { Held } from "./object-server";

/** Nexuses as people leave them: every kind of object, with fields that settings have, and with fields that they haven't. */

/** Mostly one value, now and then another. */
const mostly = <T>(usual: T, ...others: T[]) =>
  fc.oneof({ weight: 6, arbitrary: fc.constant(usual) }, ...others.map((one) => fc.constant(one)));
const namesOf = (prefix: string) =>
  fc.uniqueArray(fc.constantFrom(...[1, 2, 3].flatMap((n) => [`${prefix}${n}`, `${prefix}.${n}`])), {
    minLength: 1,
    maxLength: 3,
  });
const some = <T>(from: readonly T[]) => fc.subarray([...from]);

const quota = fc.option(
  fc.record({
    type: fc.constantFrom("spaceUsedQuota", "spaceRemainingQuota"),
    limit: fc.constantFrom(1e6, 5e9, 1048576),
  }),
);

const fileStore = (name: string) =>
  fc.record({
    name: fc.constant(name),
    type: fc.constant("File"),
    path: fc.constantFrom(name, `/blobs/${name}`),
    softQuota: quota,
    blobCount: fc.nat(),
    totalSizeInBytes: fc.nat(),
  });

const s3Store = (name: string) =>
  fc.record({
    name: fc.constant(name),
    type: fc.constant("S3"),
    softQuota: quota,
    blobCount: fc.nat(),
    totalSizeInBytes: fc.nat(),
    bucketConfiguration: fc.record({
      bucket: fc.record({
        region: fc.constantFrom("DEFAULT", "eu-central-1"),
        name: fc.constant("bucket"),
        prefix: fc.constantFrom(null, "", "nexus"),
        expiration: fc.constantFrom(-1, 3, 7),
      }),
      encryption: fc.constantFrom(null, { encryptionType: "kmsManagedEncryption", encryptionKey: "k" }),
      bucketSecurity: fc.constantFrom(null, { accessKeyId: "AKIA", secretAccessKey: null, role: null }),
      advancedBucketConnection: fc.constantFrom(
        null,
        { endpoint: "http://minio:9000", forcePathStyle: true, maxConnectionPoolSize: null },
        { endpoint: "http://minio:9000/", forcePathStyle: false, maxConnectionPoolSize: 5 },
      ),
    }),
  });

const policy = (name: string) =>
  fc.record({
    name: fc.constant(name),
    format: mostly("*", "raw", "maven2", "npm", "nuget"),
    notes: fc.constantFrom(null, "", "some notes"),
    criteriaLastBlobUpdated: mostly<unknown>(30, null),
    criteriaLastDownloaded: fc.constantFrom(null, 7),
    criteriaAssetRegex: fc.constantFrom(null, ".*-rc[0-9]+.*"),
    criteriaReleaseType: fc.constantFrom(null, "PRERELEASES"),
    retain: fc.constantFrom(null, 5),
    sortBy: fc.constantFrom(null, "version"),
    inUseCount: fc.nat(),
  });

const rule = (name: string) =>
  fc.record({
    name: fc.constant(name),
    description: fc.constantFrom("", "a rule: with # signs"),
    mode: fc.constantFrom("BLOCK", "ALLOW"),
    matchers: fc.constantFrom(["^/x.*"], ["^/a\\.b", '^/"quoted"', "- *"]),
  });

interface Around {
  readonly stores: readonly string[];
  readonly policies: readonly string[];
  readonly rules: readonly string[];
}

const cleanup = ({ policies }: Around) =>
  fc
    .option(some(policies).map((policyNames) => (policyNames.length > 0 ? { policyNames } : null)))
    .map((one) => one ?? null);

const logins = [
  { type: "username", username: "u", ntlmHost: null, ntlmDomain: null },
  { type: "ntlm", username: "u", ntlmHost: "h", ntlmDomain: null },
];

function typed(type: string, around: Around): fc.Arbitrary<Fields> {
  const component = fc.constantFrom({ proprietaryComponents: false }, { proprietaryComponents: true });
  if (type === "hosted") return fc.record({ cleanup: cleanup(around), component });
  return fc.record({
    cleanup: cleanup(around),
    proxy: fc.record({
      remoteUrl: mostly("https://remote.test", "https://registry-1.docker.io", "https://remote.test/x/"),
      contentMaxAge: fc.constantFrom(-1, 1440, 60),
      metadataMaxAge: fc.constantFrom(-1, 1440, 60),
    }),
    negativeCache: fc.record({ enabled: fc.boolean(), timeToLive: mostly(1440, 5, -1) }),
    httpClient: fc.record({
      blocked: mostly<unknown>(false, true),
      autoBlock: mostly<unknown>(true, false),
      connection: fc.constantFrom(
        { retries: null, timeout: null, useTrustStore: false }, // as 3.71 tells it where nothing was set
        { retries: 2, timeout: 30, useTrustStore: true },
      ),
      authentication: mostly(null, ...logins),
    }),
    routingRuleName: mostly<unknown>(null, ...around.rules, "not-there"),
  });
}

function formatted(format: string, type: string): fc.Arbitrary<Fields> {
  if (format === "maven2" && type !== "group") {
    const maven = fc.record({
      versionPolicy: fc.constantFrom("RELEASE", "SNAPSHOT", "MIXED"),
      layoutPolicy: fc.constantFrom("STRICT", "PERMISSIVE"),
      contentDisposition: fc.constantFrom("INLINE", "ATTACHMENT"),
    });
    return fc.record({ maven });
  }
  if (format === "apt") {
    const apt = fc.record({
      distribution: fc.constant("bookworm"),
      ...(type === "proxy" && { flat: fc.boolean() }),
    });
    const aptSigning = fc.constant({ keypair: "KEY-OF-APT", passphrase: null });
    return fc.record({ apt, ...(type === "hosted" && { aptSigning }) });
  }
  if (format === "yum") {
    const yum = fc.record({
      repodataDepth: fc.constantFrom(0, 2),
      deployPolicy: fc.constantFrom("STRICT", "PERMISSIVE"),
    });
    const yumSigning = fc.constantFrom(null, { keypair: "KEY-OF-YUM", passphrase: null });
    return type === "hosted" ? fc.record({ yum }) : fc.record({ yumSigning });
  }
  if (format === "raw") {
    const contentDisposition = fc.constantFrom("ATTACHMENT", "INLINE");
    return fc.record({ raw: fc.record({ contentDisposition }) });
  }
  if (format !== "docker") return fc.constant({});
  const docker = fc.record({
    v1Enabled: mostly<unknown>(false, true),
    forceBasicAuth: mostly<unknown>(false, true),
    httpPort: fc.constantFrom(null, 8090),
    httpsPort: fc.constantFrom(null, 8490),
    subdomain: fc.constantFrom(null, "team"),
  });
  const indexType = fc.constantFrom("HUB", "REGISTRY", "CUSTOM");
  const dockerProxy = fc.record({ indexType, indexUrl: fc.constantFrom(null, "https://index.test") });
  return fc.record({ docker, ...(type === "proxy" && { dockerProxy }) });
}

function repository(name: string, around: Around): fc.Arbitrary<Fields> {
  const kinds = NEXUS_FORMATS.slice(1).flatMap((format) =>
    ["hosted", "proxy"].map((type) => ({ format, type })),
  );
  return fc.constantFrom(...kinds, { format: "nuget", type: "hosted" }).chain(({ format, type }) => {
    const hosted = type === "hosted";
    const storage = fc.record({
      blobStoreName: fc.constantFrom(...around.stores, "default"),
      strictContentTypeValidation: mostly<unknown>(true, false),
      writePolicy: hosted ? fc.constantFrom("ALLOW", "ALLOW_ONCE", "DENY", "allow") : fc.constant("ALLOW"),
      ...(hosted && format === "docker" && { latestPolicy: fc.constantFrom(true, false, null) }),
    });
    return fc
      .tuple(fc.record({ online: fc.boolean(), storage }), typed(type, around), formatted(format, type))
      .map((parts) => Object.assign({ name, format, type }, ...parts));
  });
}

/** Groups over the repositories that are there, of each format that has some. */
function groups(members: readonly Fields[]): fc.Arbitrary<Fields[]> {
  const formats = ["docker", "raw", "maven2", "yum", "npm", "helm"].filter((format) =>
    members.some((one) => one["format"] === format),
  );
  const group = (format: string) => {
    const names = members.filter((one) => one["format"] === format).map(({ name }) => name);
    return fc
      .tuple(fc.subarray(names, { minLength: 1 }), formatted(format, "group"))
      .map(([memberNames, parts]) => ({
        name: `all-${format}`,
        format,
        type: "group",
        online: true,
        storage: { blobStoreName: "default", strictContentTypeValidation: true },
        group: { memberNames },
        ...parts,
      }));
  };
  return fc.tuple(...formats.map(group));
}

const privilege = (name: string) => {
  const common = {
    name: fc.constant(name),
    description: fc.constantFrom("", "d"),
    readOnly: fc.constant(false),
  };
  const actions = fc.subarray(["READ", "BROWSE", "EDIT", "ADD", "DELETE"], { minLength: 1 });
  const of = {
    ...common,
    actions,
    format: mostly("raw", "*", "npm", "nuget"),
    repository: fc.constantFrom("*", "r1"),
  };
  return fc.oneof(
    fc.record({ ...common, type: fc.constant("wildcard"), pattern: fc.constant("nexus:metrics:*") }),
    fc.record({
      ...common,
      type: fc.constant("application"),
      domain: fc.constant("blobstores"),
      actions: fc.constant(["READ"]),
    }),
    fc.record({ ...of, type: fc.constantFrom("repository-view", "repository-admin") }),
    fc.record({
      ...of,
      type: fc.constant("repository-content-selector"),
      contentSelector: fc.constant("cs1"),
    }),
  );
};

const VIEWS = ["browse", "read", "add", "edit", "delete"];

function role(id: string, repositories: readonly Fields[]): fc.Arbitrary<Fields> {
  const views = repositories.flatMap(({ name, format }) =>
    VIEWS.map((action) => `nx-repository-view-${format}-${name}-${action}`),
  );
  return fc.record({
    id: fc.constant(id),
    source: fc.constant("default"),
    name: fc.constantFrom(id, "Another Name"),
    description: fc.constantFrom("", "what it is for"),
    readOnly: fc.constant(false),
    privileges: some([...views, "nx-search-read", "nx-repository-view-*-*-read"]),
    roles: fc.constantFrom([], ["nx-anonymous"]),
  });
}

const task = (name: string) =>
  fc.record({
    id: fc.uuid(),
    name: fc.constant(name),
    typeId: mostly("blobstore.compact", "repository.cleanup"),
    enabled: fc.boolean(),
    alertEmail: fc.constantFrom(null, "ops@example.com"),
    notificationCondition: fc.constantFrom("FAILURE", "SUCCESS_FAILURE"),
    schedule: fc.constantFrom("manual", "advanced", "weekly"),
    cronExpression: fc.constant("0 0 3 * * ?"),
    properties: fc.constantFrom({ ".name": name, blobstoreName: "default" }, {}),
  });

const all = <T>(names: readonly string[], make: (name: string) => fc.Arbitrary<T>) =>
  fc.tuple(...names.map(make)) as fc.Arbitrary<T[]>;

export const anyNexus: fc.Arbitrary<Held> = fc
  .record({
    stores: namesOf("s"),
    policies: namesOf("p"),
    rules: namesOf("rule"),
    names: fc.constant(["r1", "r2", "r3", "r.1", "r.2"]),
  })
  .chain(({ names, ...around }) =>
    fc
      .record({
        blobStores: all<Fields>([...around.stores, "default"], (name) =>
          name === "default" ? fileStore(name) : fc.oneof(fileStore(name), s3Store(name)),
        ),
        cleanupPolicies: all<Fields>(around.policies, policy),
        routingRules: all<Fields>(around.rules, rule),
        members: all<Fields>([...names, "extra"], (name) => repository(name, around)),
        contentSelectors: fc.constant([
          { name: "cs1", type: "csel", description: "", expression: 'path =~ "/a.*"' },
        ]),
        privileges: all<Fields>(["v1", "v.2"], privilege),
        tasks: all<Fields>(["nightly", "Compact: at night #1"], task),
      })
      .chain(({ members, ...rest }) =>
        fc
          .record({
            grouped: groups(members),
            roles: all<Fields>(["devs", "dev ops"], (id) => role(id, members)),
          })
          .map(({ grouped, roles }) => ({ ...rest, roles, repositories: [...members, ...grouped] })),
      ),
  );
