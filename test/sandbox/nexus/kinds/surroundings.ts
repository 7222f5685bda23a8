import assert from "node:assert/strict";
import { type Changes, InlineProject, type InlineStack } from "../../../support/stack/inline-stack";
import { NexusStage } from "../harness";
import { type AnyCase, nameOf } from "./kind-case";
import { NexusRest } from "./nexus-rest";
import { passwords } from "./passwords";
import { type ProgramOptions, programOf } from "./program";
import { RecordingProxy } from "./recording-proxy";
import { table } from "./table";
import { startUpstream } from "./upstream";

/** What stands beside the table's objects in a stack: the stack itself and the admin password. */
export const BESIDE = 2;

type Changeable<T> = { -readonly [Key in keyof T]: T[Key] };

/** A Nexus of its own, a proxy before it that notes writes, an upstream for its own proxies, and a project. */
export class Surroundings {
  project!: InlineProject;
  private stage!: NexusStage;
  private recording!: RecordingProxy;
  private readonly cleanUps: (() => unknown)[] = [];
  /** Past the proxy. */
  rest!: NexusRest;
  /** How the program is by now; every operation runs it with this. */
  readonly now: Changeable<Omit<ProgramOptions, "url" | "container">> = {
    adminPassword: passwords.admin,
    updates: 0,
  };

  async start(): Promise<void> {
    this.project = new InlineProject("kinds");
    this.cleanUps.push(() => this.project.remove());
    this.stage = new NexusStage();
    this.cleanUps.push(() => this.stage.cleanUp());
    await this.stage.prepare();
    await this.stage.start();
    this.cleanUps.push(await startUpstream(this.stage));
    this.recording = await RecordingProxy.before(this.stage.ports.http);
    this.cleanUps.push(() => this.recording.close());
    this.rest = new NexusRest(`http://127.0.0.1:${this.stage.ports.http}`, passwords.admin);
  }

  async cleanUp(): Promise<void> {
    for (const cleanUp of this.cleanUps.reverse()) await cleanUp();
  }

  /** The program as it is by now, but for what is given: that holds for this run only. */
  program(over: Partial<ProgramOptions> = {}): () => void {
    const fixed = { url: this.recording.url, container: this.stage.run };
    return programOf({ ...fixed, ...this.now, ...over });
  }

  /** What would change Nexus, while something is done: `PUT /service/rest/v1/…`. */
  async writesDuring(work: () => Promise<unknown>): Promise<string[]> {
    const from = this.recording.writes.length;
    await work();
    return this.recording.writes.slice(from);
  }

  /** Looked at once more, there is nothing to do: not on the server, not in the program; and nothing is written. */
  async nothingToDo(stack: InlineStack): Promise<void> {
    const writes = await this.writesDuring(async () => {
      onlySame(await stack.refresh());
      onlySame(await stack.preview(this.program()));
    });
    assert.deepEqual(writes, []);
  }

  /** What Nexus has of the table, by resource name. */
  async readAll(entries: readonly AnyCase[] = table): Promise<Map<string, unknown>> {
    const told = entries.map(async (entry) => [nameOf(entry), await entry.read(this.rest)] as const);
    return new Map(await Promise.all(told));
  }
}

export function onlySame(changes: Changes): void {
  assert.deepEqual(Object.keys(changes), ["same"], JSON.stringify(changes));
}
