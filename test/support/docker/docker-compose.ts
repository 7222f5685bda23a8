import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { type GoProgram, goProgram } from "../../../sandbox/lib/go-program";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";
import { type Ran, run } from "../stack/sandbox";

/** Debian's own is 1.29. The newest that the Go of these machines builds. */
const PROGRAM: GoProgram = {
  package: "github.com/docker/compose/v5/cmd",
  version: "v5.1.0",
  name: "docker-compose",
  versionVariable: "github.com/docker/compose/v5/internal.Version",
};

/** The real Docker Compose, as Docker's own client finds it, with a configuration of its own. */
export class DockerCompose {
  private constructor(
    private readonly configuration: string,
    private readonly api: string,
  ) {}

  /** Built from the Go module proxy where it isn't yet, which takes some minutes. */
  static async get(): Promise<DockerCompose> {
    const program = await goProgram(cacheDir(defaultPlaces), PROGRAM, () => undefined);
    const configuration = mkdtempSync(join(tmpdir(), "berth-compose-"));
    mkdirSync(join(configuration, "cli-plugins"));
    symlinkSync(program, join(configuration, "cli-plugins", "docker-compose"));
    // By itself it speaks no older version of Docker's API than its own.
    const { stdout } = await promisify(execFile)("docker", ["version", "--format", "{{.Server.APIVersion}}"]);
    return new DockerCompose(configuration, stdout.trim());
  }

  /** What a person's shell has who uses it. */
  get env(): NodeJS.ProcessEnv {
    return { ...process.env, DOCKER_CONFIG: this.configuration, DOCKER_API_VERSION: this.api };
  }

  /** `docker compose …` in a folder. */
  in(folder: string, ...args: string[]): Promise<Ran> {
    return run(["docker", "compose", "--ansi", "never", ...args], this.env, folder);
  }

  remove(): void {
    rmSync(this.configuration, { recursive: true, force: true });
  }
}
