import { execFileSync, spawnSync } from "node:child_process";
import { saidBy } from "../../components/values/error-facts";
import { CommandError, Exit } from "../terminal/exit";

/** A project on a GitLab, as the address of a git remote or GitLab's own variables name it. */
export interface GitlabPlace {
  readonly url: string;
  /** `group/name` */
  readonly project: string;
}

export interface GitRepository {
  /** Its top folder. */
  readonly root: string;
  /** The address of `origin`, else of the only remote. */
  readonly remote: string | undefined;
}

/** @throws CommandError (exit 2) where the folder is in none, or git won't read it */
export function gitRepository(folder: string): GitRepository {
  const root = git(folder, ["rev-parse", "--show-toplevel"]);
  const lines = git(folder, ["remote", "-v"]).split("\n");
  const fetched = lines.flatMap((line) => {
    const [, name, address] = /^(\S+)\t(.+) \(fetch\)/.exec(line) ?? [];
    return name === undefined || address === undefined ? [] : [{ name, address }];
  });
  const origin =
    fetched.find(({ name }) => name === "origin") ?? (fetched.length === 1 ? fetched[0] : undefined);
  return { root, remote: origin?.address };
}

/** Whether a file that git doesn't have yet would be left out of a commit. @param path from the folder */
export function isLeftOut(folder: string, path: string): boolean {
  return spawnSync("git", ["-C", folder, "check-ignore", "--quiet", path], { stdio: "ignore" }).status === 0;
}

function git(folder: string, args: string[]): string {
  try {
    const stdio: ["ignore", "pipe", "pipe"] = ["ignore", "pipe", "pipe"];
    return execFileSync("git", ["-C", folder, ...args], { encoding: "utf8", stdio }).trim();
  } catch (error) {
    throw new CommandError(
      `git ${args.join(" ")} in ${folder} failed: ${saidBy(error)}\n` +
        "Berth names releases after commits. Run this in a git repository: git init, then commit your app.",
      Exit.usage,
    );
  }
}

/** Hosts of git that are no GitLab. */
const OTHERS = /(^|\.)(github\.com|bitbucket\.org|codeberg\.org|dev\.azure\.com|visualstudio\.com)$/i;

/**
 * The GitLab project behind a remote's address: `git@host:group/name.git`, `ssh://…`, `https://…`. A server that is reached by ssh
 * is taken to answer at https, without a port. Undefined for a folder, and for hosts that are surely no GitLab.
 */
export function gitlabOf(remote: string): GitlabPlace | undefined {
  const [, scpHost, scpPath] = /^(?:[^@/\s]+@)?([A-Za-z0-9.-]{2,}):(?!\/\/)(.+)$/.exec(remote) ?? [];
  if (scpHost !== undefined) return placeOf(`https://${scpHost}`, scpHost, scpPath ?? "");
  if (!URL.canParse(remote)) return undefined;
  const { protocol, host, hostname, pathname } = new URL(remote);
  const isWeb = protocol === "https:" || protocol === "http:";
  if (!isWeb && !/^(git\+)?ssh:$|^git:$/.test(protocol)) return undefined;
  return placeOf(
    isWeb ? `${protocol}//${host}` : `https://${hostname}`,
    hostname,
    decodeURIComponent(pathname),
  );
}

function placeOf(url: string, host: string, path: string): GitlabPlace | undefined {
  const project = path.replace(/^\/+|\/+$/g, "").replace(/\.git$/, "");
  return OTHERS.test(host) || !project.includes("/") ? undefined : { url, project };
}
