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
  /** Earlier heads. */
  past?: string[];
  /** What it became on the target branch. */
  merge_commit_sha?: string | null;
  source_branch: string;
  /** Id of the fork that it is from. @default its own project */
  source_project_id?: number;
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

export const STATES = ["available", "stopping", "stopped"] as const;
export const TIERS = ["production", "staging", "testing", "development", "other"] as const;

export interface Environment {
  id: number;
  project: string;
  name: string;
  slug: string;
  description: string | null;
  external_url: string | null;
  state: (typeof STATES)[number];
  tier: (typeof TIERS)[number];
  created_at: string;
  updated_at: string;
}

export interface Deployment {
  id: number;
  iid: number;
  project: string;
  /** Its environment's id. */
  environment: number;
  ref: string;
  sha: string;
  tag: boolean;
  status: "running" | "success" | "failed" | "canceled";
  user: User;
  created_at: string;
  updated_at: string;
}

export interface Variable {
  project: string;
  key: string;
  value: string;
  variable_type: "env_var" | "file";
  protected: boolean;
  masked: boolean;
  hidden: boolean;
  raw: boolean;
  environment_scope: string;
  description: string | null;
}

export interface ScheduleVariable {
  key: string;
  value: string;
  variable_type: "env_var" | "file";
  raw: boolean;
}

export interface PipelineSchedule {
  id: number;
  project: string;
  description: string;
  /** In full: `refs/heads/main`. */
  ref: string;
  cron: string;
  cron_timezone: string;
  active: boolean;
  owner: User;
  variables: ScheduleVariable[];
  created_at: string;
  updated_at: string;
}

/** Levels are the least roles that may; 0 is nobody. */
export interface ProtectedBranch {
  id: number;
  project: string;
  name: string;
  push: number;
  merge: number;
  allow_force_push: boolean;
}

export interface ProtectedTag {
  id: number;
  project: string;
  name: string;
  create: number;
}

/** The least role that may deploy. */
export interface DeployLevel {
  id: number;
  level: number;
}

/** How many approvals of the role, or a higher one, a deployment takes. */
export interface ApprovalRule extends DeployLevel {
  required: number;
}

export interface ProtectedEnvironment {
  project: string;
  name: string;
  deploy: DeployLevel[];
  approvals: ApprovalRule[];
}

interface Content {
  lastId: number;
  /** Ids of projects and of tokens' users, by path and by token name: they don't change. */
  ids: Record<string, number>;
  mergeRequests: MergeRequest[];
  issues: Issue[];
  notes: Note[];
  environments: Environment[];
  deployments: Deployment[];
  variables: Variable[];
  pipelineSchedules: PipelineSchedule[];
  protectedBranches: ProtectedBranch[];
  protectedTags: ProtectedTag[];
  protectedEnvironments: ProtectedEnvironment[];
}

/** In a file of an earlier sandbox not all of it is there. */
const EMPTY: () => Content = () => ({
  lastId: 0,
  ids: {},
  mergeRequests: [],
  issues: [],
  notes: [],
  environments: [],
  deployments: [],
  variables: [],
  pipelineSchedules: [],
  protectedBranches: [],
  protectedTags: [],
  protectedEnvironments: [],
});

/** Writes that come close together are one. */
const WRITE_DELAY_MS = 50;

/** What people wrote into the sandbox's GitLab, but for tokens. Kept in a file over restarts. */
export class ApiStore {
  readonly content: Content;
  private readonly file: string;
  private timer: NodeJS.Timeout | undefined;

  constructor(dir: string) {
    this.file = join(dir, "api.json");
    const kept = existsSync(this.file) ? (JSON.parse(readFileSync(this.file, "utf8")) as Content) : {};
    this.content = { ...EMPTY(), ...kept };
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
