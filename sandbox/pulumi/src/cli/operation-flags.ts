import type { FlagSpec } from "./flags";

const unsupported = (name: string, type: FlagSpec["type"], short?: string): FlagSpec => ({
  name,
  type,
  unsupported: true,
  ...(short ? { short } : {}),
});

const COMMON: readonly FlagSpec[] = [
  { name: "stack", short: "s", type: "string" },
  { name: "message", short: "m", type: "string" },
  { name: "parallel", short: "p", type: "int" },
  { name: "debug", short: "d", type: "bool" },
  { name: "diff", type: "bool" },
  { name: "json", short: "j", type: "bool" },
  { name: "expect-no-changes", type: "bool" },
  { name: "config-file", type: "string" },
  { name: "event-log", type: "string" },
  { name: "client", type: "string" },
  { name: "exec-kind", type: "string" },
  { name: "exec-agent", type: "string" },
  { name: "show-secrets", type: "bool" },
  { name: "show-sames", type: "bool" },
  { name: "show-full-output", type: "bool" },
  { name: "suppress-outputs", type: "bool" },
  { name: "suppress-progress", type: "bool" },
  { name: "suppress-permalink", type: "optional" },
  { name: "skip-plugin-pre-install", type: "bool" },
  { name: "skip-config-validation", type: "bool" },
  unsupported("attach-debugger", "optional"),
  unsupported("exclude", "strings"),
  unsupported("exclude-dependents", "bool"),
  unsupported("neo", "bool"),
  unsupported("override-env", "strings"),
  unsupported("run-program", "bool"),
  unsupported("show-config", "bool"),
  unsupported("show-replacement-steps", "bool"),
  unsupported("target", "strings", "t"),
  unsupported("target-dependents", "bool"),
  unsupported("remote", "bool"),
];

const PROGRAM: readonly FlagSpec[] = [
  { name: "config", short: "c", type: "strings" },
  { name: "config-path", type: "bool" },
  unsupported("continue-on-error", "bool"),
  unsupported("ignore-protect", "bool"),
  unsupported("policy-pack", "strings"),
  unsupported("policy-pack-config", "strings"),
  unsupported("replace", "strings"),
  unsupported("secrets-provider", "string"),
  unsupported("show-policy-remediations", "bool"),
  unsupported("show-reads", "bool"),
  unsupported("strict", "bool"),
  unsupported("target-replace", "strings"),
  unsupported("urns", "bool"),
  unsupported("plan", "string"),
  unsupported("save-plan", "string"),
];

const YES: readonly FlagSpec[] = [
  { name: "yes", short: "y", type: "bool" },
  { name: "skip-preview", short: "f", type: "bool" },
];

const REFRESH: FlagSpec = { name: "refresh", short: "r", type: "optional" };

export const UP_FLAGS: readonly FlagSpec[] = [...COMMON, ...PROGRAM, ...YES, REFRESH];

export const PREVIEW_FLAGS: readonly FlagSpec[] = [
  ...COMMON,
  ...PROGRAM,
  REFRESH,
  unsupported("import-file", "string"),
];

export const REFRESH_FLAGS: readonly FlagSpec[] = [
  ...COMMON,
  ...YES,
  { name: "preview-only", type: "bool" },
  { name: "clear-pending-creates", type: "bool" },
  { name: "skip-pending-creates", type: "bool" },
  unsupported("import-pending-creates", "strings"),
];

export const DESTROY_FLAGS: readonly FlagSpec[] = [
  ...COMMON,
  ...YES,
  REFRESH,
  { name: "preview-only", type: "bool" },
  { name: "remove", type: "bool" },
  unsupported("continue-on-error", "bool"),
  unsupported("exclude-protected", "bool"),
  unsupported("ignore-protect", "bool"),
];
