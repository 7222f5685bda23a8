/** The services of the compose file, and the places that they and the program in one of them share. */

export const SERVICES = {
  /** Looks at the volume before Nexus starts. */
  check: "check",
  nexus: "nexus",
  edge: "edge",
  /** Applies the settings, and ends. */
  configure: "configure",
  /** Runs once they are applied: Compose waits for no service that ends unless one that stays depends on it. */
  ready: "ready",
} as const;

/** In the containers of `check` and `configure`. */
export const PLACES = {
  program: "/berth/configure.cjs",
  plan: "/berth/nexus.json",
  /** Compose's own place for secrets, one file each. */
  secrets: "/run/secrets",
  /** Nexus's data, to be read only. */
  data: "/nexus-data",
  /** What was asked for the last time. */
  memory: "/memory",
} as const;
