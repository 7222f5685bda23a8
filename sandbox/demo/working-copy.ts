import { execFileSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseDocument } from "yaml";
import { defaultPlaces, repository, stateDir } from "../lib/places";

/** The stacks that the project ships with. */
const STACKS = ["dev", "prod"];

/**
 * The copy of the project that the demo works on, with a git history of its own: the demo commits new versions
 * and pins releases, and the checkout it was started from stays clean.
 */
export class WorkingCopy {
  readonly folder = join(repository, ".berth", "demo");

  /** Brings the copy up to date with the checkout; its history and the stack's encryption salt stay. */
  sync(): void {
    mkdirSync(this.folder, { recursive: true, mode: 0o700 });
    const salts = STACKS.map((stack) => ({ stack, salt: this.salt(stack) }));
    for (const entry of readdirSync(this.folder)) {
      if (entry !== ".git") rmSync(join(this.folder, entry), { recursive: true });
    }
    for (const file of projectFiles()) {
      cpSync(join(repository, file), join(this.folder, file), { recursive: true });
    }
    for (const { stack, salt } of salts) if (salt) this.setSalt(stack, salt);
    if (!existsSync(join(this.folder, ".git"))) this.git("init", "--quiet");
    rmSync(join(this.folder, ".git", "index.lock"), { force: true }); // of a demo that was killed: one runs at a time
  }

  get stackFile(): string {
    return this.fileOf("dev");
  }

  private fileOf(stack: string): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  /** Gives the app a version and commits it; the release tag is the commit. */
  commitVersion(version: string): void {
    writeFileSync(join(this.folder, "app", "VERSION"), `${version}\n`);
    this.git("add", "--all");
    const who = ["-c", "user.name=Berth demo", "-c", "user.email=demo@berth.invalid"];
    this.git(...who, "commit", "--quiet", "--message", `Version ${version}`);
  }

  /** The version after the newest one that this copy has ever committed. */
  nextVersion(): string {
    const made = existsSync(join(this.folder, ".git")) ? this.commits() : 0;
    return `1.0.${made}`;
  }

  private commits(): number {
    try {
      return Number(this.git("rev-list", "--count", "HEAD"));
    } catch {
      return 0; // nothing committed yet
    }
  }

  /** The salt that the stack's secrets are encrypted with; a new stack makes its own. */
  private salt(stack: string): string | undefined {
    const file = this.fileOf(stack);
    const state = join(stateDir(defaultPlaces), ".pulumi", "stacks", "berth", `${stack}.json`);
    if (!existsSync(file) || !existsSync(state)) return undefined;
    return parseDocument(readFileSync(file, "utf8")).get("encryptionsalt") as string | undefined;
  }

  private setSalt(stack: string, salt: string): void {
    const document = parseDocument(readFileSync(this.fileOf(stack), "utf8"));
    document.set("encryptionsalt", salt);
    writeFileSync(this.fileOf(stack), document.toString({ lineWidth: 0 }));
  }

  private git(...args: string[]): string {
    return execFileSync("git", ["-C", this.folder, ...args], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
    }).trim();
  }
}

/** What belongs to the project: as git sees it, uncommitted files too; everything where there is no git checkout. */
function projectFiles(): string[] {
  if (!existsSync(join(repository, ".git"))) {
    return readdirSync(repository).filter((name) => ![".berth", "node_modules"].includes(name));
  }
  const list = ["-C", repository, "ls-files", "--cached", "--others", "--exclude-standard", "-z"];
  const files = execFileSync("git", list, { encoding: "utf8" }).split("\0");
  return files.filter((file) => file !== "" && existsSync(join(repository, file)));
}
