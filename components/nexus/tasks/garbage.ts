import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "../../values/error-facts";
import { objectOf } from "../../values/json-object";
import { listIn, objectIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import { allTasks, createTask, removeTask, type ServerTask, taskTypes } from "./task-api";
import { type RunLimits, runTask, StillRunning } from "./task-run";

export interface GarbageOptions extends RunLimits {
  /** Milliseconds until a blob store's size counts as settled. @default 3000 */
  readonly settle?: number;
  /** Hours that a manifest or layer must be old to be collected: a push under way has no manifest yet. @default 24 */
  readonly deployOffsetHours?: number;
}

export interface FreedSpace {
  readonly name: string;
  /** Bytes, as Nexus counts them. */
  readonly before: number;
  readonly after: number;
  readonly freed: number;
}

export interface Garbage {
  readonly blobStores: readonly FreedSpace[];
  /** What could not be done, and why. */
  readonly skipped: readonly string[];
}

/** Nexus writes a file blob store's size down every 2 s (nexus.blobstore.metrics.flushInterval). */
const SETTLE_MS = 3000;
const DEPLOY_OFFSET_HOURS = 24;

/** What a task is called that is made for one run; a killed run leaves it, and the next one uses and removes it. */
const TEMPORARY = "berth: temporary ";

interface Work {
  readonly type: string;
  readonly properties: { readonly [name: string]: string };
  /** "compact the blob store docker" */
  readonly what: string;
}

/**
 * Collects the garbage of a whole Nexus, in the only order that frees space: manifests and layers that no tag reaches
 * (`repository.docker.gc`), blobs that no asset has (`assetBlob.cleanup`), then the blob stores' deleted blobs
 * (`blobstore.compact`). Uses the server's own tasks where it has them, else manual ones that it removes again.
 *
 * Nexus frees no blob younger than an hour (system property `nexus.assetBlobCleanupTask.blobCreatedDelayMinute`): what was
 * pushed and deleted just now goes with a later run.
 * @param report takes each step as a line
 * @throws where a task fails, is gone, or takes longer than its limit
 */
export async function collectGarbage(
  call: Call,
  report: (line: string) => void,
  options: GarbageOptions = {},
): Promise<Garbage> {
  return new Collection(call, report, options).collect();
}

class Collection {
  private readonly skipped: string[] = [];
  private tasks: ServerTask[] = [];

  constructor(
    private readonly call: Call,
    private readonly report: (line: string) => void,
    private readonly options: GarbageOptions,
  ) {}

  async collect(): Promise<Garbage> {
    const { settle = SETTLE_MS } = this.options;
    this.tasks = await allTasks(this.call);
    const types = (await taskTypes(this.call)).map(({ type }) => type);
    await sleep(settle);
    const before = await this.stores();
    await this.collectManifests(types);
    await this.cleanAssets();
    for (const { name, type } of before) {
      if (type === "Group") continue; // its members are in the list themselves
      await this.perform({
        type: "blobstore.compact",
        properties: { blobstoreName: name },
        what: `compact the blob store ${name}`,
      });
      if (type === "S3") await this.sayWhatStays(name);
    }
    await sleep(settle);
    return { blobStores: this.freed(before, await this.stores()), skipped: this.skipped };
  }

  private async collectManifests(types: readonly string[]): Promise<void> {
    const type = "repository.docker.gc";
    const repositories = listIn(await this.call("GET", "/v1/repositories", [200]))
      .filter((repository) => repository.format === "docker" && repository.type !== "group")
      .map(({ name }) => String(name));
    if (repositories.length > 0 && !types.includes(type)) {
      return this.skip(
        `This Nexus offers no task ${type}: untagged manifests and their layers stay in ${repositories.join(", ")}.`,
      );
    }
    const hours = String(this.options.deployOffsetHours ?? DEPLOY_OFFSET_HOURS);
    for (const repositoryName of repositories) {
      await this.perform({
        type,
        properties: { repositoryName, deployOffset: hours },
        what: `collect unused manifests and layers of ${repositoryName}`,
      });
    }
  }

  /** Nexus has one such task per format that was ever used, makes them itself and takes none from outside. */
  private async cleanAssets(): Promise<void> {
    const tasks = this.tasks.filter(({ type }) => type === "assetBlob.cleanup");
    if (tasks.length === 0) {
      this.skip("This Nexus shows no task assetBlob.cleanup: it releases unused blobs when it sees fit.");
    }
    for (const task of tasks) {
      if (task.enabled) await this.run(task, task.name);
      else this.skip(`The task "${task.name}" is disabled in Nexus: blobs without an asset stay.`);
    }
  }

  /** Nexus takes it off its count at once all the same (measured on 3.71; newer servers tell no expiration). */
  private async sayWhatStays(name: string): Promise<void> {
    const store = objectIn(await this.call("GET", `/v1/blobstores/s3/${encodeURIComponent(name)}`, [200]));
    const { expiration } = objectOf(objectOf(store["bucketConfiguration"])["bucket"]);
    if (typeof expiration !== "number" || expiration === 0) return;
    const until =
      expiration > 0 ? `until S3 removes it by a rule of the bucket, after ${expiration} days` : "for good";
    this.skip(
      `Blobs of ${name} are only marked as deleted: what came free there stays in the bucket ${until} (expirationDays: ${expiration}).`,
    );
  }

  private async perform(work: Work): Promise<void> {
    const temporary = `${TEMPORARY}${work.what}`;
    const task = this.fitting(work) ?? (await this.temporaryTask(work, temporary));
    try {
      await this.run(task, work.what);
    } catch (error) {
      if (task.name === temporary && !(error instanceof StillRunning)) await this.tidy(task);
      throw error;
    }
    if (task.name === temporary) await removeTask(this.call, task.id);
  }

  /** After a failure, which is the error to tell, not that of tidying up. */
  private async tidy({ id, name }: ServerTask): Promise<void> {
    try {
      await removeTask(this.call, id);
    } catch (error) {
      this.report(`The task "${name}" stays in Nexus: ${messageOf(error)}`);
    }
  }

  /** A task that the server has already and that does just this. A disabled one can't be run (405). */
  private fitting({ type, properties }: Work): ServerTask | undefined {
    return this.tasks.find(
      (task) =>
        task.type === type &&
        task.enabled &&
        Object.entries(properties).every(([key, value]) => task.properties[key] === value),
    );
  }

  private async temporaryTask({ type, properties }: Work, name: string): Promise<ServerTask> {
    await createTask(this.call, { name, type, enabled: true, schedule: "manual", properties });
    const made = (await allTasks(this.call)).find((task) => task.name === name);
    if (made) return made;
    throw new Error(
      `Nexus took the task "${name}" and does not list it. Is somebody else collecting garbage?`,
    );
  }

  private run(task: ServerTask, what: string): Promise<void> {
    return runTask(this.call, task, { ...this.options, onStart: () => this.report(what) });
  }

  private async stores(): Promise<Store[]> {
    return (await this.call("GET", "/v1/blobstores", [200])).body as Store[];
  }

  private freed(before: readonly Store[], after: readonly Store[]): FreedSpace[] {
    return before.map(({ name, totalSizeInBytes }) => {
      const now = after.find((store) => store.name === name)?.totalSizeInBytes ?? 0;
      return { name, before: totalSizeInBytes, after: now, freed: totalSizeInBytes - now };
    });
  }

  private skip(reason: string): void {
    this.skipped.push(reason);
    this.report(reason);
  }
}

interface Store {
  readonly name: string;
  readonly type: string;
  readonly totalSizeInBytes: number;
}
