import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** Hosts of git servers: nobody deploys there. */
const GIT_HOSTS = /(^|\.)(git|gitlab|github|bitbucket|gitea|codeberg)\./i;

/**
 * The machines that `~/.ssh/config` names, as Docker addresses `ssh://user@host:port` (man ssh_config). Patterns, and what is
 * included from other files, are left out. The list only makes suggestions: nothing is reached.
 */
export function sshHosts(home: string): string[] {
  const path = join(home, ".ssh", "config");
  if (!existsSync(path)) return [];
  const hosts: Record<string, string>[] = [];
  for (const line of readFileSync(path, "utf8").split(/\r?\n/)) {
    const [, key = "", value = ""] = /^\s*(\w+)(?:\s*=\s*|\s+)"?([^"]*?)"?\s*$/.exec(line) ?? [];
    const name = key.toLowerCase();
    if (name === "host" || name === "match") hosts.push(name === "host" ? { alias: value } : {});
    else if (hosts.length > 0) hosts[hosts.length - 1] = { [name]: value, ...hosts.at(-1) };
  }
  const addresses = hosts.flatMap(({ alias, hostname = alias, user, port }) => {
    if (alias === undefined || hostname === undefined || /[*?!\s%]/.test(alias + hostname)) return [];
    if (GIT_HOSTS.test(`${hostname}.`) || user === "git") return [];
    return [
      `ssh://${user === undefined ? "" : `${user}@`}${hostname}${port && port !== "22" ? `:${port}` : ""}`,
    ];
  });
  return [...new Set(addresses)];
}
