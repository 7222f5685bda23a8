import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { BenchRegistry } from "./bench-registry";
import { type Case, makeImages, type Prepared, TAG } from "./cases";
import { digestAt } from "./images";
import { type Measured, measured } from "./measured";
import type { Tool } from "./tools";

/** Milliseconds of a round trip to a registry that is far. */
export const ROUND_TRIP = 20;

/** Two registries, near and at the end of a long line, and all that was measured of copies between them. */
export class Contest {
  /** In memory: a disk would decide, and other writers on it. */
  readonly folder = mkdtempSync("/dev/shm/berth-bench-");
  private readonly source = new BenchRegistry(join(this.folder, "source"));
  private readonly target = new BenchRegistry(join(this.folder, "target"));
  private readonly results = new Map<string, Measured[]>();
  private line: ChildProcess | undefined;
  private far: readonly string[] = [];
  private prepared: Prepared | undefined;
  private runs = 0;

  async prepare(): Promise<void> {
    for (const part of ["source", "target"]) mkdirSync(join(this.folder, part));
    await Promise.all([this.source.start(), this.target.start()]);
    this.prepared = await makeImages(this.source);
    this.far = await this.startLine();
  }

  /** One run of each tool; who begins changes from run to run. */
  async play(one: Case, tools: readonly Tool[]): Promise<void> {
    const first = this.runs++ % tools.length;
    for (const tool of [...tools.slice(first), ...tools.slice(0, first)]) {
      const key = `${one.name} ${tool.name}`;
      this.results.set(key, [...(this.results.get(key) ?? []), await this.run(one, tool)]);
    }
  }

  of(one: Case, tool: Tool): readonly Measured[] {
    return this.results.get(`${one.name} ${tool.name}`) ?? [];
  }

  async end(): Promise<void> {
    this.line?.stdin?.end();
    await Promise.all([this.source.stop(), this.target.stop()]);
    rmSync(this.folder, { recursive: true });
  }

  /** @throws where what is at the target afterwards is not the source's image, whole. */
  private async run({ image, before, far }: Case, tool: Tool): Promise<Measured> {
    const { kept, digests } = this.prepared!;
    this.target.reset(before && kept[before]);
    const near = [this.source.host, this.target.host];
    const [from, to] = far ? this.far : near;
    const command = tool.command(`${from}/${image}:${TAG}`, `${to}/${image}:${TAG}`, [...near, ...this.far]);
    const result = await measured(command, tool.env);
    const digest = await digestAt(this.target.host, image, TAG);
    if (digest === digests[image]) return result;
    throw new Error(`${command.join(" ")}: expected ${digests[image]} at the target, found ${digest}`);
  }

  private async startLine(): Promise<readonly string[]> {
    const script = join(__dirname, "far-away.ts");
    const args = ["--require", "tsx/cjs", script, String(ROUND_TRIP), this.source.host, this.target.host];
    this.line = spawn(process.execPath, args, { stdio: ["pipe", "pipe", "inherit"] });
    const [hosts] = await once(this.line.stdout!, "data");
    return JSON.parse(String(hosts)) as string[];
  }
}
