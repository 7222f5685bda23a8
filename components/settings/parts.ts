import type { AppFields } from "./app-settings";
import type { GitlabSettings } from "./gitlab-settings";
import type { NexusSettings } from "./nexus/nexus-settings";
import type { ServerFields } from "./server-settings";

/** The parts of the settings that are valid in themselves. */
export interface ValidParts {
  readonly nexus?: NexusSettings | undefined;
  readonly gitlab?: GitlabSettings | undefined;
  readonly servers?: Readonly<Record<string, ServerFields>> | undefined;
  readonly apps?: Readonly<Record<string, AppFields>> | undefined;
}

/** Says what is wrong with the setting at this path. */
export type Problem = (path: readonly string[], message: string) => void;
