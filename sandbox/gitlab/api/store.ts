import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";

export interface User {
  id: number;
  username: string;
  name: string;
}

export interface MergeRequest {
  id: number;
  iid: number;
  project: string;
  title: string;
  description: string;
  state: "opened" | "closed" | "merged";
  /** Head of the source branch. */
  sha: string;
  source_branch: string;
  target_branch: string;
  author: User;
  created_at: string;
  updated_at: string;
}

export interface Issue {
  id: number;
  iid: number;
  project: string;
  title: string;
  description: string;
  state: "opened" | "closed";
  labels: string[];
  confidential: boolean;
  author: User;
  created_at: string;
  updated_at: string;
  closed_at: string | null;
}

export type NoteableType = "MergeRequest" | "Issue";

export interface Note {
  id: number;
  body: string;
  author: User;
  noteable_type: NoteableType;
  noteable_id: number;
  noteable_iid: number;
  created_at: string;
  updated_at: string;
}

interface Content {
  lastId: number;
  /** Ids of projects and of tokens' users, by path and by token name: they don't change. */
  ids: Record<string, number>;
  mergeRequests: MergeRequest[];
  issues: Issue[];
  notes: Note[];
}

/** Writes that come close together are one. */
const WRITE_DELAY_MS = 50;

/** What people wrote into the sandbox's GitLab: merge requests, issues, notes. Kept in a file over restarts. */
export class ApiStore {
  readonly content: Content;
  private readonly file: string;
  private timer: NodeJS.Timeout | undefined;

  constructor(dir: string) {
    this.file = join(dir, "api.json");
    this.content = existsSync(this.file)
      ? (JSON.parse(readFileSync(this.file, "utf8")) as Content)
      : { lastId: 0, ids: {}, mergeRequests: [], issues: [], notes: [] };
  }

  nextId(): number {
    this.content.lastId++;
    return this.content.lastId;
  }

  /** A number for a name, the same ever after. */
  idOf(name: string): number {
    const known = this.content.ids[name];
    if (known !== undefined) return known;
    const id = this.nextId();
    this.content.ids[name] = id;
    this.changed();
    return id;
  }

  changed(): void {
    this.timer ??= setTimeout(() => this.save(), WRITE_DELAY_MS);
  }

  /** Writes what is not yet written. */
  save(): void {
    if (!this.timer) return;
    clearTimeout(this.timer);
    this.timer = undefined;
    writeFileSync(`${this.file}.new`, JSON.stringify(this.content), { mode: 0o600 });
    renameSync(`${this.file}.new`, this.file);
  }
}
