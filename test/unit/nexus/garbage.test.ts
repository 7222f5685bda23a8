import assert from "node:assert/strict";
import { caller } from "../../../components/nexus/object/object-provider";
import { collectGarbage, type GarbageOptions } from "../../../components/nexus/tasks/garbage";
import type { Call, Reply } from "../../support/nexus/scripted-nexus";
import { scriptedNexus } from "../../support/nexus/scripted-nexus";
import { ScriptedTasks, taskDocuments } from "../../support/nexus/scripted-tasks";

const quick: GarbageOptions = { settle: 1, firstPause: 1 };
const GC = "repository.docker.gc";

/** A Nexus whose blob store `docker` shrinks only when blobs that were released before are compacted. */
class GarbageNexus {
  readonly tasks = new ScriptedTasks();
  readonly ran: string[] = [];
  repositories: object[] = [{ name: "files", format: "raw", type: "hosted" }];
  stores = [
    { name: "docker", type: "File", totalSizeInBytes: 700 },
    { name: "all", type: "Group", totalSizeInBytes: 700 },
  ];
  private released = false;

  constructor(private readonly document: object) {
    this.tasks.onRun = ({ name, type }) => {
      this.ran.push(name);
      if (type === "assetBlob.cleanup") this.released = true;
      if (type === "blobstore.compact" && this.released) this.stores[0]!.totalSizeInBytes = 200;
    };
  }

  answer(call: Call): Reply {
    const body = {
      "/service/rest/swagger.json": this.document,
      "/service/rest/v1/repositories": this.repositories,
      "/service/rest/v1/blobstores": this.stores,
    }[call.path];
    return body ? { status: 200, body } : (this.tasks.answer(call) ?? { status: 500 });
  }

  async collect(options: GarbageOptions = {}, before?: (call: Call) => Reply | undefined) {
    const server = await scriptedNexus((call) => before?.(call) ?? this.answer(call));
    const lines: string[] = [];
    const call = caller({ url: server.url, username: "admin", password: "s3cret" });
    try {
      const result = await collectGarbage(call, (line) => lines.push(line), { ...quick, ...options });
      return { result, lines };
    } finally {
      server.close();
    }
  }
}

const cleanup = { name: "Cleanup unused raw blobs", type: "assetBlob.cleanup" };

describe("collecting garbage", () => {
  for (const [version, document] of Object.entries(taskDocuments)) {
    it(`of ${version} goes from manifests to blobs to compaction, and tells the bytes`, async () => {
      const nexus = new GarbageNexus(document);
      nexus.tasks.types.push(GC);
      nexus.repositories = [
        { name: "releases", format: "docker", type: "hosted" },
        { name: "hub", format: "docker", type: "proxy" },
        { name: "all", format: "docker", type: "group" },
        { name: "files", format: "raw", type: "hosted" },
      ];
      const theirs = nexus.tasks.add(cleanup);
      const { result, lines } = await nexus.collect();
      assert.deepEqual(nexus.ran, [
        "berth: temporary collect unused manifests and layers of releases",
        "berth: temporary collect unused manifests and layers of hub",
        "Cleanup unused raw blobs",
        "berth: temporary compact the blob store docker",
      ]);
      assert.deepEqual(result, {
        blobStores: [
          { name: "docker", before: 700, after: 200, freed: 500 },
          { name: "all", before: 700, after: 700, freed: 0 },
        ],
        skipped: [],
      });
      assert.deepEqual(lines, [
        "collect unused manifests and layers of releases",
        "collect unused manifests and layers of hub",
        "Cleanup unused raw blobs",
        "compact the blob store docker",
      ]);
      assert.deepEqual(nexus.tasks.list, [theirs], "temporary tasks are removed again");
    });
  }

  it("gives the manifests' task its repository and the hours that spare a push under way", async () => {
    const nexus = new GarbageNexus(taskDocuments.today);
    nexus.tasks.types.push(GC);
    nexus.repositories = [{ name: "releases", format: "docker", type: "hosted" }];
    const seen: object[] = [];
    nexus.tasks.onRun = ({ type, properties }) => seen.push({ type, properties });
    await nexus.collect({ deployOffsetHours: 2 });
    assert.deepEqual(seen[0], { type: GC, properties: { repositoryName: "releases", deployOffset: "2" } });
  });

  it("uses the server's own tasks where they fit and are enabled, and leaves them there", async () => {
    const nexus = new GarbageNexus(taskDocuments["3.71"]);
    nexus.tasks.add(cleanup);
    const properties = { blobstoreName: "docker" };
    nexus.tasks.add({ name: "off", enabled: false, properties });
    nexus.tasks.add({ name: "other store", properties: { blobstoreName: "other" } });
    nexus.tasks.add({ name: "nightly", properties });
    await nexus.collect();
    assert.deepEqual(nexus.ran, ["Cleanup unused raw blobs", "nightly"]);
    assert.equal(nexus.tasks.list.length, 4);
  });

  it("says what it can't do, and does the rest", async () => {
    const nexus = new GarbageNexus(taskDocuments["3.71"]);
    nexus.repositories = [{ name: "releases", format: "docker", type: "hosted" }];
    const { result, lines } = await nexus.collect();
    assert.deepEqual(result.skipped, [
      "This Nexus offers no task repository.docker.gc: untagged manifests and their layers stay in releases.",
      "This Nexus shows no task assetBlob.cleanup: it releases unused blobs when it sees fit.",
    ]);
    assert.deepEqual(lines, [...result.skipped, "compact the blob store docker"]);
    nexus.tasks.add({ ...cleanup, enabled: false });
    assert.deepEqual((await nexus.collect()).result.skipped.slice(1), [
      'The task "Cleanup unused raw blobs" is disabled in Nexus: blobs without an asset stay.',
    ]);
  });

  for (const [expiration, stays] of [
    [3, "until S3 removes it by a rule of the bucket, after 3 days (expirationDays: 3)"],
    [-1, "for good (expirationDays: -1)"],
    [0, undefined],
    [undefined, undefined],
  ] as const)
    it(`says what stays in a bucket whose blobs expire after ${expiration ?? "no"} days`, async () => {
      const nexus = new GarbageNexus(taskDocuments.today);
      nexus.tasks.add(cleanup);
      nexus.stores = [{ name: "cloud store", type: "S3", totalSizeInBytes: 700 }];
      const told = { bucketConfiguration: { bucket: { name: "ours", expiration } } };
      const { result } = await nexus.collect({}, ({ path }) =>
        path.endsWith("/v1/blobstores/s3/cloud%20store") ? { status: 200, body: told } : undefined,
      );
      const said = `Blobs of cloud store are only marked as deleted: what came free there stays in the bucket ${stays}.`;
      assert.deepEqual(result.skipped, stays === undefined ? [] : [said]);
    });

  it("waits for a run that Nexus started itself, then runs it once more", async () => {
    const nexus = new GarbageNexus(taskDocuments.today);
    nexus.tasks.runLasts = 3;
    nexus.tasks.add({ ...cleanup, busy: 2 });
    let raced = false;
    await nexus.collect({}, ({ method, path }) => {
      // Nexus starts it in the moment between the look and the call: 500.
      if (raced || method !== "POST" || !path.endsWith("/run")) return undefined;
      raced = true;
      nexus.tasks.list[0]!.busy = 2;
      return undefined;
    });
    assert.deepEqual(
      nexus.ran.filter((name) => name === cleanup.name),
      Array(3).fill(cleanup.name),
    );
  });

  it("stops at a task that failed, and tidies up", async () => {
    const nexus = new GarbageNexus(taskDocuments.today);
    nexus.tasks.result = "FAILED";
    await assert.rejects(nexus.collect(), {
      message:
        'The task "berth: temporary compact the blob store docker" ended with FAILED in Nexus. ' +
        "Its log is in /nexus-data/log/tasks; nothing after it was run.",
    });
    assert.deepEqual(nexus.tasks.list, []);
  });

  it("stops where a task outlasts its limit; the next run uses and removes what stayed", async () => {
    const nexus = new GarbageNexus(taskDocuments.today);
    nexus.tasks.runLasts = 1_000_000;
    const name = "berth: temporary compact the blob store docker";
    await assert.rejects(nexus.collect({ taskLimit: 100 }), {
      message:
        `The task "${name}" is still RUNNING in Nexus after 0 s and goes on there. ` +
        "Run again when it is done, or stop it in Nexus under System, Tasks.",
    });
    assert.deepEqual(
      nexus.tasks.list.map((task) => task.name),
      [name],
    );
    nexus.tasks.list[0]!.busy = 0;
    nexus.tasks.runLasts = 1;
    await nexus.collect();
    assert.deepEqual([nexus.ran, nexus.tasks.list], [[name], []]);
  });

  it("is an error where the task goes away, or Nexus will not run it", async () => {
    const gone = new GarbageNexus(taskDocuments.today);
    const task = gone.tasks.add({ name: "nightly", properties: { blobstoreName: "docker" } });
    await assert.rejects(
      gone.collect({}, ({ path }) => (path.endsWith(task.id) ? { status: 404 } : undefined)),
      {
        message:
          'The task "nightly" was deleted from Nexus while it was needed. Is somebody else collecting garbage?',
      },
    );
    await assert.rejects(
      gone.collect({}, ({ path }) => (path.endsWith("/run") ? { status: 500 } : undefined)),
      { message: 'Nexus answered 500 to running the task "nightly". Its own log says why.' },
    );
  });
});
