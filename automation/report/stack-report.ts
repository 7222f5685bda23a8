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
}

export interface WayBack {
  readonly tag: string;
  readonly digest?: string;
  /** When it was last deployed, ISO 8601. */
  readonly when?: string;
}

/** What an attempt gives, or what it says against it. */
export async function part<T>(attempt: () => T | Promise<T>): Promise<Part<T>> {
  try {
    return { found: await attempt() };
  } catch (error) {
    return { problem: messageOf(error) };
  }
}
