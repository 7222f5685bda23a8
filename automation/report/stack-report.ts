import { messageOf } from "../../components/values/error-facts";
import type { Deployment } from "../releases/deployments";

/** A part of a report: what was found, or why it could not be asked. One part's trouble is no other's. */
export type Part<T> = { readonly found: T } | { readonly problem: string };

/** All that is known of a stack at one moment, as `berth report --json` prints it and the page shows it. */
export interface StackReport {
  readonly project: string;
  readonly stack: string;
  /** When it was made, ISO 8601. */
  readonly made: string;
  readonly services: Part<readonly ReportedService[]>;
  readonly apps: Part<readonly ReportedApp[]>;
  readonly registries: readonly ReportedRegistry[];
  readonly nexus: Part<ReportedNexus>;
  readonly certificates: Part<readonly ReportedCertificate[]>;
  readonly drift: Part<ReportedDrift>;
}

/** What runs, or should, at one place. */
export interface ReportedService {
  readonly service: string;
  readonly app?: string;
  /** Name of the server, or of the cluster in the settings; undefined for what is on the host of Nexus. */
  readonly where?: string;
  readonly state: string;
  /** Release that it runs. */
  readonly tag?: string;
  readonly digest?: string;
  /** Since when it runs, ISO 8601. */
  readonly since?: string;
  /** Only where addresses are asked for. */
  readonly docker?: string;
  readonly image?: string;
  readonly ports?: readonly string[];
  /** Why it could not be asked. */
  readonly problem?: string;
}

export interface ReportedApp {
  readonly app: string;
  /** Its name before. */
  readonly was?: string;
  /** Newest first. */
  readonly releases: readonly ReportedRelease[];
  /** Releases that lead back from the running one, the next first. */
  readonly back: readonly WayBack[];
  /** Files that it is written to for clusters that nobody asks. */
  readonly files?: readonly string[];
}

export interface ReportedRelease extends Omit<Deployment, "app"> {
  /** Servers and clusters that run it now. */
  readonly runsOn: readonly string[];
  /** What each registry that could be asked has under its tag: a digest, or nothing any more. */
  readonly registries?: readonly { readonly where: string; readonly digest?: string }[];
}

export interface WayBack {
  readonly tag: string;
  readonly digest?: string;
  /** When it was last deployed, ISO 8601. */
  readonly when?: string;
}

/** What a registry holds of the stack's releases. */
export interface ReportedRegistry {
  /** `GitLab`, `Nexus`. */
  readonly where: string;
  readonly holds: Part<readonly HeldReleases[]>;
}

/** Releases of an app in one registry. */
export interface HeldReleases {
  readonly app: string;
  readonly releases: number;
  /** Of all images that are looked at, each once, with layers that they share. */
  readonly bytes: number;
  /** Tags that are no release of a stack. */
  readonly foreign: number;
  /** What `berth cleanup` would delete, by its usual rule. */
  readonly cleanup: Part<{ readonly tags: readonly string[]; readonly bytes: number }>;
}

export interface ReportedNexus {
  readonly repositories: readonly ReportedRepository[];
  /** What the edition takes, how much of it is used, quotas and disks. */
  readonly limits: readonly ReportedFinding[];
}

export interface ReportedRepository {
  readonly name: string;
  readonly format: string;
  readonly type: string;
  readonly online: boolean;
  readonly blobStore: string;
  /** None of a group, which holds nothing itself. */
  readonly content?: Part<{ readonly components: number; readonly bytes: number; readonly more: boolean }>;
  readonly address?: string;
}

export interface ReportedFinding {
  readonly what: string;
  readonly state: "ok" | "warn" | "fail";
  readonly text: string;
}

export interface ReportedCertificate extends ReportedFinding {
  /** Only where addresses are asked for. */
  readonly address?: string;
}

/** What a run of `berth drift` found, without values. */
export interface ReportedDrift {
  /** When its result was written, ISO 8601. */
  readonly when: string;
  readonly resources: readonly {
    readonly name: string;
    readonly state: "gone" | "changed";
    readonly properties: readonly string[];
  }[];
  readonly unseen: readonly { readonly why: string; readonly count: number }[];
}

/** What an attempt gives, or what it says against it. */
export async function part<T>(attempt: () => T | Promise<T>): Promise<Part<T>> {
  try {
    return { found: await attempt() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
