import assert from "node:assert/strict";
import type * as pulumi from "@pulumi/pulumi";
import { type KindName, kinds, providers } from "../../../components/nexus/kinds";
import {
  GoGroup,
  GoHosted,
  GoProxy,
  HelmGroup,
  HelmHosted,
  HelmProxy,
  NpmGroup,
  NpmHosted,
  NpmProxy,
  PypiGroup,
  PypiHosted,
  PypiProxy,
  RubygemsGroup,
  RubygemsHosted,
  RubygemsProxy,
} from "../../../components/nexus/kinds/repository/package-repository";
import { YumGroup, YumHosted, YumProxy } from "../../../components/nexus/kinds/repository/yum-repository";
import { S3BlobStore } from "../../../components/nexus/kinds/s3-blob-store";
import { SsrfProtection } from "../../../components/nexus/kinds/ssrf-protection";
import type { Fields } from "../../../components/nexus/object/kind";
import { absentKinds } from "../../sandbox/nexus/kinds/bad-repositories";
import { type AnyCase, argsAfter, kindCase, nameOf } from "../../sandbox/nexus/kinds/kind-case";
import { passwords } from "../../sandbox/nexus/kinds/passwords";
import { type FormatPart, repositoryCase } from "../../sandbox/nexus/kinds/repository-case";
import { group, hosted, proxy } from "../../sandbox/nexus/kinds/repository-types";
import { table } from "../../sandbox/nexus/kinds/table";
import { complaints, describedPath } from "../../support/nexus/api-description";
import { describedNexus } from "../../support/nexus/described-nexus";
import { anyServer } from "../../support/nexus/nexus-kind";
import { inputsOf } from "../../support/serialised-provider";

type Type = AnyCase["type"];
/** What a format has of its own, by its kinds. */
type OwnParts = { readonly [kind in KindName]?: Pick<FormatPart, "first" | "updates"> };

const { signingKey, nextSigningKey, passphrase } = passwords;
const signing = {
  first: { signingKey, passphrase },
  updates: [{ patch: { signingKey: nextSigningKey } }, { patch: { passphrase: undefined } }],
};
const yumParts: OwnParts = {
  YumHosted: {
    updates: [{ patch: { repodataDepth: 2 } }, { patch: { deployPolicy: "PERMISSIVE", repodataDepth: 0 } }],
  },
  YumProxy: signing,
  YumGroup: signing,
};

/** What the real core of the other tests doesn't have. */
const onlyDescribed: readonly AnyCase[] = [
  ...formatCases("yum", { YumHosted, YumProxy, YumGroup }, yumParts),
  ...formatCases("npm", { NpmHosted, NpmProxy, NpmGroup }),
  ...formatCases("pypi", { PypiHosted, PypiProxy, PypiGroup }),
  ...formatCases("rubygems", { RubygemsHosted, RubygemsProxy, RubygemsGroup }),
  ...formatCases("helm", { HelmHosted, HelmProxy, HelmGroup }),
  ...formatCases("go", { GoHosted, GoProxy, GoGroup }),
  described("S3BlobStore", S3BlobStore, {
    first: { name: "life-s3", bucket: "life", accessKeyId: "id", secretAccessKey: "secret", prefix: "here" },
    updates: [{ patch: { region: "eu-central-1", endpoint: "http://minio:9000", forcePathStyle: true } }],
  }),
  described("SsrfProtection", SsrfProtection, {
    first: { hosts: ["10.0.0.5", "localhost"] },
    updates: [{ patch: { hosts: ["10.0.0.6"] } }],
  }),
];

/**
 * Fields that the kinds send for the sake of other versions, and that this one ignores: up to 3.93 a proxy's rule is
 * `routingRule`, S3's `expiration` is of 3.71.
 */
const FOR_OLDER = ["routingRule", "expiration"];

function formatCases(
  format: string,
  types: { readonly [kind in KindName]?: unknown },
  own: OwnParts = {},
): AnyCase[] {
  const named = Object.entries(types) as [KindName, Type][];
  return named.map(([kind, type]) => {
    const sort = `${format} ${kind.replace(/^.*(Hosted|Proxy|Group)$/, "$1").toLowerCase()}`;
    const members = group(`life-${format}-hosted`, `life-${format}-proxy`);
    const parts = kind.endsWith("Hosted") ? hosted : kind.endsWith("Proxy") ? proxy : members;
    return repositoryCase(parts, { kind, type, sort, ...own[kind] });
  });
}

function described(kind: KindName, type: unknown, own: Pick<AnyCase, "first" | "updates">): AnyCase {
  return kindCase({
    kind,
    type: type as Type,
    ...own,
    read: async () => undefined,
    deep: undefined,
  }) as AnyCase;
}

/** What the engine hands to a kind's provider, after so many updates. */
async function inputsAfter(entry: AnyCase, updates: number, server: object): Promise<Fields> {
  const make = () =>
    new entry.type(nameOf(entry), { ...argsAfter(entry, updates), server: anyServer }) as pulumi.Resource;
  return { ...(await inputsOf(make)), server };
}

describe("what the kinds send, beside Sonatype's description of Nexus 3.94", function () {
  this.timeout(60_000);
  let nexus: Awaited<ReturnType<typeof describedNexus>>;
  const states = new Map<AnyCase, Fields>();
  const all = [...table, ...onlyDescribed];

  before(async () => {
    nexus = await describedNexus({ ignored: FOR_OLDER });
  });
  after(() => nexus.close());

  for (const entry of all) {
    it(`has the right fields in every change of ${nameOf(entry)}, and then there is nothing to do`, async () => {
      const provider = providers[entry.kind];
      const { id } = kinds[entry.kind];
      for (let step = 0; step <= entry.updates.length; step++) {
        const olds = states.get(entry);
        const asked = await inputsAfter(entry, step, nexus.server);
        const { inputs, failures } = await provider.check(olds ?? {}, asked);
        assert.deepEqual(failures, []);
        const { outs } = olds
          ? await provider.update(id(olds), olds, inputs)
          : await provider.create({ ...inputs, adopt: kinds[entry.kind].single === true });
        states.set(entry, { ...outs, adopt: undefined });
        const { props } = await provider.read(id(outs), outs);
        assert.deepEqual(
          (await provider.diff(id(outs), props!, inputs)).changes,
          false,
          `after update ${step}`,
        );
      }
    });
  }

  it("covers every kind that this version has", () => {
    const covered = new Set<string>(all.map(({ kind }) => kind));
    assert.deepEqual(
      Object.keys(kinds).filter((kind) => !covered.has(kind)),
      ["AptGroup"],
    );
    const created = [
      "POST /v1/repositories/helm/group",
      "POST /v1/repositories/go/hosted",
      "PUT /v1/security/ssrf-protection",
      "POST /v1/tasks",
    ];
    for (const call of [...created, "PUT /internal/cleanup-policies/{name}", "PUT /v1/tasks/{taskId}"])
      assert.ok(nexus.judged.includes(call), call);
  });

  it("has the life of every kind that the real core lacks", () => {
    const beside = ["S3BlobStore", "SsrfProtection"];
    assert.deepEqual(
      onlyDescribed.map(({ kind }) => kind).sort(),
      [...absentKinds, ...beside].sort(),
      "ABSENT_FORMATS of test/sandbox/nexus/kinds/bad-repositories.ts and onlyDescribed here have the same formats",
    );
  });

  it("is deleted by calls that it has, too", async () => {
    for (const entry of [...all].reverse()) {
      const state = states.get(entry)!;
      // As in a run of its own: what a run has made itself, it doesn't delete.
      const server = { ...nexus.server, url: nexus.url.replace("127.0.0.1", "localhost") };
      await providers[entry.kind].delete(kinds[entry.kind].id(state), {
        ...state,
        server,
        allowDataLoss: true,
      });
    }
    const left = [...nexus.objects.keys()].filter((path) => path.includes("life-"));
    assert.deepEqual(left, []);
  });

  it("would show a field that it doesn't have, and one that it wants", () => {
    const path = "/v1/repositories/npm/hosted";
    const storage = { blobStoreName: "default", strictContentTypeValidation: true, writePolicy: "ALLOW" };
    const body = { name: "it", online: true, storage };
    assert.deepEqual(complaints("POST", path, body), []);
    assert.deepEqual(complaints("POST", path, { ...body, colour: "blue" }), [
      "must NOT have additional properties colour",
    ]);
    assert.deepEqual(complaints("POST", path, { ...body, storage: { ...storage, writePolicy: undefined } }), [
      "/storage must have required property 'writePolicy'",
    ]);
    assert.equal(describedPath("POST", "/v1/repositories/apt/group"), undefined);
  });
});
