import { join } from "node:path";

/** GitLab's own limit of a push is the team's choice; a mistake shouldn't fill this machine. */
const LARGEST_PUSH = "1g";

/** The environment for GitLab's git: nothing of whoever started the sandbox, and GitLab's rules for what is pushed. */
export function isolated(): NodeJS.ProcessEnv {
  const settings = {
    "core.hooksPath": join(__dirname, "hooks"),
    "http.receivepack": "true",
    "receive.advertisePushOptions": "true",
    "receive.maxInputSize": LARGEST_PUSH,
    "receive.denyDeleteCurrent": "ignore", // hooks/update decides
    "safe.directory": "*",
  };
  const entries = Object.entries(settings).flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return {
    PATH: process.env.PATH,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_TERMINAL_PROMPT: "0",
    GIT_CONFIG_COUNT: String(Object.keys(settings).length),
    ...Object.fromEntries(entries),
  };
}
