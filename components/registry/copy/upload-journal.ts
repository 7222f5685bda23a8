import { createHash, randomBytes } from "node:crypto";
import { chmod, mkdir, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { homedir, hostname } from "node:os";
import { join } from "node:path";
import { isRunning } from "../../values/running-process";
import type { Upload } from "../uploads";

/** The blob of an upload, and where it goes. */
export interface UploadKey {
  registry: string;
  repository: string;
  digest: string;
}

interface Entry extends UploadKey {
  /** Holds the registry's session token. */
  location: string;
  offset: number;
  /** Milliseconds since the epoch. */
  saved: number;
  /** The process that is at it; none where it was left in good order. */
  owner?: { pid: number; host: string };
}

/** Registries forget uploads, too (distribution after a week); a job that is run again comes within hours. */
const KEPT_MS = 24 * 3600 * 1000;
/** Whether a process on another machine still lives can't be seen: after this long without a word it counts as gone. */
const ABANDONED_MS = 3600 * 1000;

/**
 * Notes of unfinished uploads, so that another process can go on with them. Each is a file of its own, readable by
 * this user only, since upload locations are as good as passwords; they are in no message. Whatever is wrong with the
 * folder or a note, the upload starts anew: no copy fails for want of notes.
 */
export class UploadJournal {
  private readonly files = new Map<string, string>();
  private usable: Promise<boolean> | undefined;

  /** @param wished `false`: no notes are kept. */
  constructor(private readonly wished?: string | false) {}

  /** Found out when it is needed: most copies have no blob so large. */
  private get folder(): string | false {
    return this.wished ?? stateFolder("uploads");
  }

  /** An upload of this blob that nobody is at any more; from now on it is this process's. */
  async take(key: UploadKey): Promise<Upload | undefined> {
    if (!(await this.isUsable())) return undefined;
    for (const file of await this.notesOf(key)) {
      const entry = await this.read(file);
      if (entry === undefined || !isFor(entry, key) || !isFree(entry)) continue;
      const mine = this.fileOf(key);
      // Of two processes that find it, one renames it, and the other finds nothing.
      if (!(await tried(rename(file, mine)))) continue;
      await this.write(mine, { ...entry, owner: me() });
      return { location: new URL(entry.location), offset: entry.offset };
    }
    return undefined;
  }

  /** Notes where an upload is; while this process lives, no other one takes it. */
  save(key: UploadKey, upload: Upload): Promise<void> {
    return this.note(key, upload, { owner: me() });
  }

  /** Leaves an upload for whoever comes next. */
  release(key: UploadKey, upload: Upload): Promise<void> {
    return this.note(key, upload, {});
  }

  /** The upload is done, or of no use. */
  async forget(key: UploadKey): Promise<void> {
    const file = this.files.get(nameOf(key));
    if (file !== undefined) await tried(rm(file, { force: true }));
  }

  private async note(key: UploadKey, { location, offset = 0 }: Upload, owner: Pick<Entry, "owner">) {
    if (!(await this.isUsable())) return;
    const { registry, repository, digest } = key;
    const entry = { registry, repository, digest, location: location.href, offset, saved: Date.now() };
    await this.write(this.fileOf(key), { ...entry, ...owner });
  }

  private isUsable(): Promise<boolean> {
    this.usable ??= this.folder === false ? Promise.resolve(false) : prepare(this.folder);
    return this.usable;
  }

  private async notesOf(key: UploadKey): Promise<string[]> {
    const names = await readdir(String(this.folder)).catch(() => []);
    const own = names.filter((name) => name.startsWith(nameOf(key)) && name.endsWith(".json"));
    return own.map((name) => join(String(this.folder), name));
  }

  /** This process's own note of an upload: two copies of one image at once have one each. */
  private fileOf(key: UploadKey): string {
    const name = nameOf(key);
    const file =
      this.files.get(name) ?? join(String(this.folder), `${name}-${randomBytes(6).toString("hex")}.json`);
    this.files.set(name, file);
    return file;
  }

  private async read(file: string): Promise<Entry | undefined> {
    try {
      const entry: unknown = JSON.parse(await readFile(file, "utf8"));
      const isMine = (await stat(file)).uid === process.getuid?.();
      return isMine && typeof entry === "object" && entry !== null ? (entry as Entry) : undefined;
    } catch {
      // Gone meanwhile, or half written by a process that was killed: no use.
      return undefined;
    }
  }

  private async write(file: string, entry: Entry): Promise<void> {
    const fresh = `${file}.new`;
    await tried(writeFile(fresh, JSON.stringify(entry), { mode: 0o600 }).then(() => rename(fresh, file)));
  }
}

/** What berth keeps on this machine between runs: `$XDG_STATE_HOME` or `~/.local/state`, `/berth/<use>`. */
export function stateFolder(use: string): string {
  const { XDG_STATE_HOME: state } = process.env;
  return join(state?.startsWith("/") ? state : join(homedir(), ".local", "state"), "berth", use);
}

/** Makes the folder, private, and drops what is old in it. */
async function prepare(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await chmod(folder, 0o700);
    // Somebody else's notes could send our blobs anywhere.
    if ((await stat(folder)).uid !== process.getuid?.()) return false;
    for (const name of await readdir(folder)) {
      const file = join(folder, name);
      if (Date.now() - (await stat(file)).mtimeMs > KEPT_MS) await rm(file, { force: true });
    }
    return true;
  } catch {
    // No home, a read-only disk: uploads are not resumed then.
    return false;
  }
}

function nameOf({ registry, repository, digest }: UploadKey): string {
  return createHash("sha256").update(`${registry}/${repository}@${digest}`).digest("hex").slice(0, 40);
}

function isFor(entry: Entry, { registry, repository, digest }: UploadKey): boolean {
  const same = entry.registry === registry && entry.repository === repository && entry.digest === digest;
  return same && Date.now() - entry.saved < KEPT_MS && URL.canParse(entry.location);
}

function isFree({ owner, saved }: Entry): boolean {
  if (owner === undefined) return true;
  if (owner.host !== hostname()) return Date.now() - saved > ABANDONED_MS;
  return !isRunning(owner.pid);
}

function me(): Entry["owner"] {
  return { pid: process.pid, host: hostname() };
}

async function tried(work: Promise<unknown>): Promise<boolean> {
  return work.then(
    () => true,
    // As above: notes are a help, not a condition.
    () => false,
  );
}
