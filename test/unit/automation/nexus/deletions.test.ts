import assert from "node:assert/strict";
import type { EngineEvent } from "@pulumi/pulumi/automation";
import { describeDeletion, lookAtDeletions } from "../../../../automation/nexus/deletion";
import { type ManagedObject, managedObject } from "../../../../automation/nexus/managed";
import { outOfSettings, PlannedDeletions } from "../../../../automation/nexus/planned-deletions";
import { parseSettings } from "../../../../components/settings/settings";
import { objectServer } from "./object-server";

const type = (kind: string) => `pulumi-nodejs:dynamic/nexus:${kind}`;

/** An event as a preview sends it (apitype.ResourcePreEvent). */
function event(op: string, kind: string, old: object | undefined, next?: object): EngineEvent {
  const metadata = { op, type: type(kind), urn: `urn:pulumi:dev::berth::${type(kind)}::x`, old, new: next };
  return { sequence: 1, timestamp: 1, resourcePreEvent: { metadata } } as unknown as EngineEvent;
}

const old = (kind: string, id: string, outputs: object = {}) => ({
  type: type(kind),
  id,
  inputs: {},
  outputs,
});

function plannedBy(...events: EngineEvent[]): ManagedObject[] {
  const planned = new PlannedDeletions();
  events.forEach(planned.onEvent);
  return planned.objects;
}

describe("the deletions in Nexus that a preview plans", () => {
  it("are those of repositories and blob stores, with what the state lets go", () => {
    const planned = plannedBy(
      event("delete", "DockerHosted", old("DockerHosted", "releases", { allowDataLoss: true })),
      event("delete", "FileBlobStore", old("FileBlobStore", "docker")),
      event("delete", "DockerGroup", old("DockerGroup", "docker")),
      event("delete", "Role", old("Role", "devs")),
      event("same", "RawHosted", old("RawHosted", "tools")),
      event("delete", "NoSuchKind", old("NoSuchKind", "x")),
      { sequence: 2, timestamp: 1, preludeEvent: { config: {} } } as unknown as EngineEvent,
    );
    assert.deepEqual(planned, [
      { kind: "DockerHosted", id: "releases", allowDataLoss: true },
      { kind: "FileBlobStore", id: "docker", allowDataLoss: false },
    ]);
  });

  it("leave out what another resource takes over, and what the engine only forgets", () => {
    const next = { type: type("RawHosted"), inputs: { name: "tools" } };
    const planned = plannedBy(
      event("delete", "RawHosted", old("RawHosted", "tools")),
      event("create", "RawHosted", undefined, next),
      event("delete", "RawHosted", { ...old("RawHosted", "kept"), retainOnDelete: true }),
    );
    assert.deepEqual(planned, []);
  });
});

describe("what a stack manages in Nexus and its settings no longer name", () => {
  const { nexus } = parseSettings({
    nexus: {
      hostname: "127.0.0.1",
      eula: "accepted",
      repositories: { tools: { format: "raw", type: "hosted" }, jars: { format: "maven", type: "hosted" } },
      blobStores: { s3: { type: "s3", bucket: "b" } },
    },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test:5050", project: "team/site" },
    servers: {},
    apps: {},
  });
  const managed = (kind: ManagedObject["kind"], id: string) => ({ kind, id, allowDataLoss: false });

  it("is found without a run of the program", () => {
    const named = [
      managed("RawHosted", "tools"),
      managed("MavenHosted", "jars"),
      managed("DockerHosted", "releases"),
      managed("DockerProxy", "gitlab"),
      managed("FileBlobStore", "docker"),
      managed("S3BlobStore", "s3"),
    ];
    const gone = [managed("RawHosted", "old"), managed("RawProxy", "jars"), managed("FileBlobStore", "s3")];
    const empty = [managed("RawGroup", "all"), managed("Role", "devs"), managed("Task", "nightly")];
    assert.deepEqual(outOfSettings([...named, ...gone, ...empty], nexus), gone);
  });
});

describe("a resource of the state", () => {
  it("is an object in Nexus by its type, and goes by what the last update wrote down", () => {
    const resource = { id: "x", inputs: { allowDataLoss: true }, outputs: { allowDataLoss: false } };
    const expected = { kind: "RawHosted", id: "x", allowDataLoss: false };
    assert.deepEqual(managedObject({ type: type("RawHosted"), ...resource }), expected);
    for (const other of ["docker:index/container:Container", type("AdminPassword"), type("toString")])
      assert.equal(managedObject({ type: other, ...resource }), undefined);
  });
});

describe("what a planned deletion would lose", () => {
  const planned = (allowDataLoss = false): ManagedObject[] => [
    { kind: "RawHosted", id: "tools", allowDataLoss },
  ];
  const tools = { name: "tools", format: "raw", type: "hosted" };
  const store = { name: "big", type: "File", path: "big", blobCount: 7, totalSizeInBytes: 340_100_000 };

  async function told(
    objects: readonly ManagedObject[],
    components = 12,
    over = () => undefined as undefined | { status: number },
  ) {
    const nexus = await objectServer({ repositories: [tools], blobStores: [store] }, ({ path }) => {
      const items = Array.from({ length: components }, () => ({ fileSize: 1000 }));
      return /\/(components|assets)\?/.test(path) ? { status: 200, body: { items } } : over();
    });
    try {
      return await lookAtDeletions(nexus.server, objects);
    } finally {
      nexus.close();
    }
  }

  it("is told with the rule of the provider's guard", async () => {
    const [refused] = await told(planned());
    assert.equal(refused!.refused, true);
    assert.equal(
      describeDeletion(refused!),
      'would delete the raw hosted repository "tools": 12 components, 12.0 kB; ' +
        "refused unless allowDataLoss is set for it (it is not)",
    );
    const [allowed] = await told(planned(true));
    assert.equal(allowed!.refused, false);
    assert.equal(
      describeDeletion(allowed!),
      'would delete the raw hosted repository "tools": 12 components, 12.0 kB, which allowDataLoss lets go',
    );
    const [big] = await told([{ kind: "FileBlobStore", id: "big", allowDataLoss: false }]);
    assert.match(
      describeDeletion(big!),
      /^would delete the file blob store "big": 7 components, 340\.1 MB; refused/,
    );
  });

  it("is nothing where it is empty or gone", async () => {
    const [empty, gone] = [
      ...(await told(planned(), 0)),
      ...(await told([{ kind: "RawHosted", id: "gone", allowDataLoss: false }])),
    ];
    for (const one of [empty!, gone!]) {
      assert.equal(one.refused, false);
      assert.match(
        describeDeletion(one),
        /^would delete the raw hosted repository "(tools|gone)", which is empty$/,
      );
    }
  });

  it("is unknown where Nexus doesn't say, or the stack names none", async () => {
    const [broken] = await told(planned(), 0, () => ({ status: 500 }));
    assert.match(
      describeDeletion(broken!),
      /^would delete the raw hosted repository "tools", refused if it holds anything; what it holds is not known: GET .*500/,
    );
    const [none] = await lookAtDeletions(undefined, planned(true));
    assert.equal(
      describeDeletion(none!),
      'would delete the raw hosted repository "tools", allowDataLoss is set for it; ' +
        "what it holds is not known: the stack's outputs name no Nexus",
    );
  });
});
