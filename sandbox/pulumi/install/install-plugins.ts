import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { runCommand } from "../../lib/run-command";
import type { Progress } from "../../lib/steps";
import type { Part } from "../../part";
import type { Unreachable } from "./download-cli";
import { findExecutable } from "./find-executable";
import { installProgram } from "./install-program";
import { executableOf, folderOf, type PluginSpec, plugins } from "./plugins";
import type { PulumiCli } from "./pulumi-cli";
import { type PulumiPlaces, pulumiHome } from "./pulumi-places";
import { sourcesDigest } from "./sources-digest";

export interface PluginWishes {
  readonly cli: PulumiCli;
  readonly path: string;
  readonly unreachable: Unreachable;
  /** Of the user, where real plugins may be. @default $PULUMI_HOME, else ~/.pulumi */
  readonly usersHome?: string;
  readonly progress: Progress;
}

/** In a plugin's folder: it is one of ours, made of these sources. */
const MARK = "berth-sandbox.txt";
const LIMIT_MS = 180_000;

/** Every plugin of the program in the sandbox's $PULUMI_HOME: the real one where the CLI has it or can get it, else ours. */
export async function installPlugins(places: PulumiPlaces, wishes: PluginWishes): Promise<Part[]> {
  const digest = sourcesDigest();
  return Promise.all(
    plugins().map(async (plugin) => {
      const part = `plugin ${plugin.name} ${plugin.version}`;
      const real = await realPlugin(places, plugin, wishes);
      if ("from" in real) return { part, kind: "real" as const, about: real.from };
      await standIn(pulumiHome(places), plugin, digest, wishes.progress);
      return { part, kind: "stand-in" as const, about: real.reason };
    }),
  );
}

async function realPlugin(
  places: PulumiPlaces,
  plugin: PluginSpec,
  wishes: PluginWishes,
): Promise<{ from: string } | { reason: string }> {
  const onPath = findExecutable(executableOf(plugin), wishes.path, [places.home]);
  if (onPath) return { from: `on the PATH: ${onPath}` };
  const kept = join(pulumiHome(places), "plugins", folderOf(plugin));
  const users = join(wishes.usersHome ?? process.env["PULUMI_HOME"] ?? join(homedir(), ".pulumi"), "plugins");
  const usersOwn = join(users, folderOf(plugin));
  if (usersOwn !== kept && existsSync(join(usersOwn, executableOf(plugin)))) {
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(join(kept, ".."), { recursive: true });
    symlinkSync(usersOwn, kept);
    return { from: `in ${users}` };
  }
  if (existsSync(join(kept, executableOf(plugin))) && markOf(kept) === undefined)
    return { from: "downloaded" };
  if (wishes.unreachable) return { reason: wishes.unreachable };
  return download(places, plugin, wishes);
}

async function download(places: PulumiPlaces, plugin: PluginSpec, { cli, progress }: PluginWishes) {
  progress(`downloading the plugin ${plugin.name}`);
  const kept = join(pulumiHome(places), "plugins", folderOf(plugin));
  // One of ours would be in the way: the CLI takes it for the real one.
  rmSync(kept, { recursive: true, force: true });
  const env = { ...process.env, PULUMI_HOME: pulumiHome(places), PULUMI_SKIP_UPDATE_CHECK: "true" };
  const args = ["plugin", "install", "resource", plugin.name, plugin.version];
  const { code, stderr } = await runCommand(cli.executable, args, {
    env,
    onLine: progress,
    timeoutMs: LIMIT_MS,
  });
  if (code === 0) return { from: "downloaded" };
  return { reason: `its download failed: ${stderr.trim().split("\n").at(-1)}` };
}

/** Ours, made anew where its sources have changed; whoever runs the one of before has it in memory. */
async function standIn(home: string, plugin: PluginSpec, digest: string, progress: Progress): Promise<void> {
  const folder = join(home, "plugins", folderOf(plugin));
  if (markOf(folder) === digest) return;
  progress(`the plugin ${plugin.name}`);
  const unfinished = join(home, `unfinished-${folderOf(plugin)}`);
  rmSync(unfinished, { recursive: true, force: true });
  await installProgram(unfinished, { name: executableOf(plugin), start: plugin.start });
  writeFileSync(join(unfinished, MARK), digest);
  mkdirSync(join(home, "plugins"), { recursive: true });
  rmSync(folder, { recursive: true, force: true });
  renameSync(unfinished, folder);
}

function markOf(folder: string): string | undefined {
  const file = join(folder, MARK);
  return existsSync(file) ? readFileSync(file, "utf8") : undefined;
}
