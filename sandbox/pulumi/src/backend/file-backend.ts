import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync } from "node:fs";
import { userInfo } from "node:os";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { CliError, EXIT } from "../errors";
import { writeAtomically } from "./atomic-write";
import { type CheckpointJson, parseCheckpoint } from "./checkpoint";

/** Which stack, as the file backend lays it out: its only organization is `organization`. */
export interface StackName {
  readonly project: string;
  readonly stack: string;
}

export function fullName(name: StackName): string {
  return `organization/${name.project}/${name.stack}`;
}

/** `dev`, `project/dev` or `organization/project/dev`. */
export function parseStackName(text: string, project: string): StackName {
  const parts = text.split("/");
  const valid = parts.every((part) => /^[\w.-]{1,100}$/.test(part));
  if (!valid || parts.length > 3)
    throw new CliError(`'${text}' is not a valid stack name`, EXIT.configuration);
  if (parts.length === 3 && parts[0] !== "organization") {
    throw new CliError(
      `the organization of a stack in a file backend must be 'organization', not '${parts[0]}'`,
    );
  }
  return { stack: parts[parts.length - 1]!, project: parts.length > 1 ? parts[parts.length - 2]! : project };
}

/** Pulumi's "DIY" backend on a local directory: `<root>/.pulumi/{stacks,history,locks}/…`. */
export class FileBackend {
  readonly root: string;

  constructor(readonly url: string) {
    this.root = join(directoryOf(url), ".pulumi");
    if (!existsSync(directoryOf(url))) {
      throw new CliError(
        `problem logging in: unable to open bucket ${url}: no such directory`,
        EXIT.configuration,
      );
    }
  }

  get user(): string {
    return userInfo().username;
  }

  stackFile(name: StackName): string {
    return join(this.root, "stacks", name.project, `${name.stack}.json`);
  }

  historyDirectory(name: StackName): string {
    return join(this.root, "history", name.project, name.stack);
  }

  lockDirectory(name: StackName): string {
    return join(this.root, "locks", "organization", name.project, name.stack);
  }

  exists(name: StackName): boolean {
    return existsSync(this.stackFile(name));
  }

  /** Throws where there is no such stack, in the words by which the Automation API knows it. */
  read(name: StackName): CheckpointJson {
    const file = this.stackFile(name);
    if (!existsSync(file)) throw new CliError(`no stack named '${name.stack}' found`, EXIT.stackNotFound);
    return parseCheckpoint(readFileSync(file, "utf8"), file);
  }

  write(name: StackName, checkpoint: CheckpointJson): void {
    this.ensureLayout();
    writeAtomically(this.stackFile(name), JSON.stringify(checkpoint), { backup: true });
  }

  list(project?: string): StackName[] {
    const stacks = join(this.root, "stacks");
    const projects = project === undefined ? directories(stacks) : [project];
    return projects.flatMap((owner) =>
      (existsSync(join(stacks, owner)) ? readdirSync(join(stacks, owner)) : [])
        .filter((file) => file.endsWith(".json"))
        .map((file) => ({ project: owner, stack: file.slice(0, -".json".length) })),
    );
  }

  lastModified(name: StackName): Date {
    return statSync(this.stackFile(name)).mtime;
  }

  /** The state stays as `.bak`, the history goes: as Pulumi does. */
  remove(name: StackName): void {
    const file = this.stackFile(name);
    renameSync(file, `${file}.bak`);
    rmSync(`${file}.attrs`, { force: true });
    rmSync(this.historyDirectory(name), { recursive: true, force: true });
  }

  ensureLayout(): void {
    const meta = join(this.root, "meta.yaml");
    if (existsSync(meta)) {
      if (!/^version: 1$/m.test(readFileSync(meta, "utf8"))) {
        throw new CliError(`the state in ${this.url} has a layout other than version 1; see ${meta}`);
      }
      return;
    }
    mkdirSync(this.root, { recursive: true, mode: 0o700 });
    writeAtomically(meta, "version: 1\n");
  }
}

function directoryOf(url: string): string {
  if (!url.startsWith("file://")) {
    throw new CliError(
      `the backend '${url}' is not supported by the sandbox's Pulumi engine: only file:// is`,
      EXIT.configuration,
    );
  }
  const withoutQuery = url.replace(/\?.*$/, "");
  const path = withoutQuery.slice("file://".length);
  if (path === "~" || path.startsWith("~/")) return resolve(process.env["HOME"] ?? "/", path.slice(2));
  return isAbsolute(path) ? fileURLToPath(withoutQuery) : resolve(path);
}

function directories(parent: string): string[] {
  if (!existsSync(parent)) return [];
  return readdirSync(parent, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
}
