import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { git, makeRepository, removeRepository } from "../../unit/automation/init/repositories";
import { readersShell } from "../stack/reader";
import { type Ran, root, run } from "../stack/sandbox";
import { pulumiEnvironment } from "../stack/sandbox-pulumi";
import { NpmRegistry } from "./npm-registry";
import { packBerth } from "./team-project";
import type { TeamApp } from "./ten-apps";

/** By links, where both are on one disk. */
const COPY = 'cp -al "$0" "$1" 2>/dev/null || { rm -rf "$1"; cp -a "$0" "$1"; }';
/** A version that Node 20 runs. */
const PNPM = "pnpm@10";

interface Said {
  readonly stdout: string;
  readonly stderr: string;
}

/** What all teams of a test share: a registry with the package, and what the package depends on. */
export class Tools {
  private constructor(
    private readonly directory: string,
    readonly registry: NpmRegistry,
  ) {}

  static async start(): Promise<Tools> {
    const directory = mkdtempSync(join(tmpdir(), "berth-tools-"));
    const registry = await new NpmRegistry().start();
    const tools = new Tools(directory, registry);
    try {
      registry.publish(packBerth(directory));
    } catch (error) {
      await tools.stop();
      throw error;
    }
    return tools;
  }

  /** A shell's, with homes of the tests' own for all that package managers keep. */
  get environment(): NodeJS.ProcessEnv {
    const kept = ["DATA", "CACHE", "STATE", "CONFIG"].map((what) => [`XDG_${what}_HOME`, this.directory]);
    const others = Object.entries(readersShell(process.env)).filter(([name]) => !name.startsWith("DOCKER_"));
    return this.registry.environment({ ...Object.fromEntries([...others, ...kept]) });
  }

  /** What the first team's node_modules has after `npm install berth`, but for Berth: as npm notes it there, the next needs no look at each. */
  get packages(): string {
    return join(this.directory, "node_modules");
  }

  keepPackages(from: string): void {
    if (existsSync(this.packages)) return;
    execFileSync("sh", ["-c", `${COPY}; rm -rf "$1"/berth* "$1"/.bin/berth`, from, this.packages]);
  }

  async stop(): Promise<void> {
    await this.registry.stop();
    rmSync(this.directory, { recursive: true, force: true });
  }
}

/** A team's repository, and what is typed in it. @throws Error with what was said, by each command that fails */
export class TeamRepository {
  readonly root: string;
  /** Of the Pulumi project. */
  readonly folder: string;
  /** A state, a home and a passphrase of its own, for an engine. */
  private readonly engine: string;

  constructor(
    private readonly tools: Tools,
    private readonly app: TeamApp,
    remote: string,
  ) {
    this.root = makeRepository(app.files, app.hasRemote ? remote : undefined);
    this.folder = join(this.root, app.folder);
    this.engine = join(dirname(this.root), "engine");
    mkdirSync(join(this.engine, "state"), { recursive: true });
  }

  /**
   * Puts Berth into the repository. What it depends on npm finds there, as this checkout has it; pnpm, which keeps packages in a way of
   * its own, gets all of it from the registry.
   * @param bare whether npm does so, too
   */
  install(bare = false): void {
    if (this.app.manager === "pnpm") {
      this.types(["npx", "--yes", PNPM, "add", "--save-dev", "berth"], this.root);
      return;
    }
    mkdirSync(this.folder, { recursive: true });
    if (!bare) this.givePackages();
    this.types(
      ["npm", "install", "--prefer-offline", "--ignore-scripts", "--save-dev", "berth"],
      this.folder,
    );
    if (!bare) this.tools.keepPackages(join(this.folder, "node_modules"));
  }

  /** What the team before had, else what this checkout has. */
  private givePackages(): void {
    if (existsSync(this.tools.packages))
      execFileSync("sh", ["-c", COPY, this.tools.packages, join(this.folder, "node_modules")]);
    else givePackages(this.folder);
  }

  /** As `berth init` says. */
  installAgain(): void {
    const npm = ["npm", "install", "--ignore-scripts"];
    this.types(this.app.manager === "pnpm" ? ["npx", "--yes", PNPM, "install"] : npm, this.folder);
  }

  init(...args: string[]): Said {
    return this.types(["npx", "--no-install", "berth", "init", "--yes", ...args], this.folder);
  }

  /** For GitLab's registry the environment has a login, as in a job. */
  environment(over: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
    return {
      ...this.tools.environment,
      ...pulumiEnvironment(join(this.engine, "home")),
      PULUMI_BACKEND_URL: `file://${join(this.engine, "state")}`,
      PULUMI_CONFIG_PASSPHRASE: "a team's",
      CI_REGISTRY_USER: "somebody",
      CI_REGISTRY_PASSWORD: "a registry's password",
      ...over,
    };
  }

  /** Makes the stack and commits, as `berth init` says. @param password of a Nexus that is there already */
  begin(password?: string): void {
    const env = this.environment();
    const pulumi = (args: readonly string[], input?: string) =>
      this.types(["pulumi", ...args, "--stack", "dev", "--non-interactive"], this.folder, env, input);
    pulumi(["stack", "init"]);
    if (password !== undefined)
      pulumi(["config", "set", "--secret", "--path", "berth:nexus.password"], password);
    this.commit();
  }

  commit(): void {
    git(this.root, "add", "--all");
    const author = ["-c", "user.name=t", "-c", "user.email=t@example.com"];
    git(this.root, ...author, "commit", "--quiet", "--allow-empty", "--message", "Deployed by Berth");
  }

  /** What the pipeline of `berth init` types first in a repository with pnpm, in a new checkout of what was committed. */
  installInJob(): void {
    const checkout = join(dirname(this.root), "job");
    git(dirname(this.root), "clone", "--quiet", this.root, checkout);
    const env = { ...this.tools.environment, CI: "true", GITLAB_CI: "true" };
    this.types(["npx", "--yes", PNPM, "install", "--frozen-lockfile"], checkout, env);
  }

  berth(args: readonly string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const bin = join(this.folder, "node_modules", ".bin", "berth");
    return run([bin, ...args], this.environment(over), this.folder);
  }

  remove(): void {
    removeRepository(this.root);
  }

  private types(words: readonly string[], cwd: string, env = this.tools.environment, input = ""): Said {
    const [program = "", ...args] = words;
    const { status, stdout, stderr } = spawnSync(program, args, { cwd, env, input, encoding: "utf8" });
    if (status === 0) return { stdout, stderr };
    throw new Error(`${words.join(" ")} in ${cwd} ended with ${status}\n${stdout}\n${stderr}`);
  }
}

/** For a project all that this checkout has, but for Berth itself and what npm notes. */
export function givePackages(project: string): void {
  const copy = `${COPY}; rm -rf "$1"/berth* "$1"/@pulumi/gitlab "$1"/.[!.]*`;
  execFileSync("sh", ["-c", copy, join(root, "node_modules"), join(project, "node_modules")]);
}
