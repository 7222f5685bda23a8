import type { ToldRelease } from "../change/model/change";
import type { Replaced } from "../change/told-replacements";

/** An app before and after an update. */
export interface UpdatedApp {
  readonly app: string;
  /** Its name until this update. */
  readonly was?: string | undefined;
  readonly before?: ToldRelease | undefined;
  /** What runs now; after a failure, what was wanted. */
  readonly after?: ToldRelease | undefined;
  readonly url?: string | undefined;
  /** What came of its files in GitLab projects, a sentence each. */
  readonly files?: readonly string[];
}

/** What an update did, as its merge request is told. */
export interface ToldUpdate {
  readonly project: string;
  readonly stack: string;
  readonly apps: readonly UpdatedApp[];
  /** What was removed of old images, and what could not be, a line each. */
  readonly images?: readonly string[];
  readonly replaced?: readonly Replaced[];
  readonly who: string;
  readonly seconds: number;
  /** Operation → number of resources; after a failure nobody counts. */
  readonly changes?: Readonly<Record<string, number>>;
  readonly failure?: {
    readonly text: string;
    /** Another run holds the stack. */
    readonly locked: boolean;
  };
}
