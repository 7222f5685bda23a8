import { existsSync, mkdirSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { checkCommand } from "../../lib/run-command";
import type { Progress } from "../../lib/steps";
import { PULUMI_VERSION } from "../src/version";
import type { FindGo, Go } from "./find-go";
import { keepCli } from "./keep-cli";
import { type PulumiCli, versionOf } from "./pulumi-cli";
import type { PulumiPlaces } from "./pulumi-places";

const PACKAGE = "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi";
/** The CLI knows its version only by the linker; the Automation API refuses one without. */
const VERSION_VARIABLE = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version";
/** Six minutes of one processor; machines are busy. */
const LIMIT_MS = 3_600_000;

/**
 * Builds the CLI from its sources, which the Go module proxy has. `go install` refuses it for the `replace` lines of its
 * go.mod, so it is a dependency of a module of our own. A build that was broken off goes on where it was: Go keeps what it
 * has compiled. The sources, gigabytes, are removed when the CLI is there.
 * @throws SandboxError where there is no Go, or with Go's last lines
 */
export async function buildCli(
  { cache }: PulumiPlaces,
  findGo: FindGo,
  progress: Progress,
): Promise<PulumiCli> {
  const go = await findGo(cache, progress);
  const folder = join(cache, "build");
  mkdirSync(join(folder, "module"), { recursive: true });
  const { executable, from } = await keepCli(cache, async (kept) => {
    await compile(go, folder, join(kept, "bin", "pulumi"), progress);
    return { from: `built from the Go module proxy (${go.name})` };
  });
  await rm(folder, { recursive: true, force: true });
  return { executable, version: await versionOf(executable), from };
}

async function compile(go: Go, folder: string, output: string, progress: Progress): Promise<void> {
  const cwd = join(folder, "module");
  const env = goEnvironment(folder);
  let packages = 0;
  const count = (line: string) =>
    progress(line.startsWith("go: ") ? line : `${++packages} packages: ${line}`);
  const run = (args: string[], onLine: Progress) =>
    checkCommand(go.executable, args, { cwd, env, onLine, timeoutMs: LIMIT_MS });
  if (!existsSync(join(cwd, "go.mod"))) await run(["mod", "init", "berth.invalid/pulumi"], progress);
  await run(["get", `${PACKAGE}@v${PULUMI_VERSION}`], progress);
  const flags = `-s -w -X ${VERSION_VARIABLE}=v${PULUMI_VERSION}`;
  await run(["build", "-v", "-trimpath", "-ldflags", flags, "-o", output, PACKAGE], count);
}

/**
 * The machine's own settings of Go (proxies, checks) with folders of ours for the sources, that can be removed. What is compiled
 * goes where Go has it: with the same flags as the sandbox's other programs (go-program.ts), which are built beside it
 * and take much of the same packages.
 */
function goEnvironment(folder: string): NodeJS.ProcessEnv {
  const GOFLAGS = [process.env["GOFLAGS"], "-modcacherw"].filter(Boolean).join(" ");
  return {
    ...process.env,
    GOFLAGS,
    GOPATH: join(folder, "path"),
    GOMODCACHE: join(folder, "modules"),
    GOWORK: "off",
    CGO_ENABLED: "0",
  };
}
