import { basename } from "node:path";
import { isDockerAddress } from "../../components/docker/docker-address";
import { type FoundApp, findApps } from "./find-apps";
import { type GitlabPlace, gitlabOf, gitRepository } from "./git-repository";
import { type Ask, type FoundNexus, findNexus, findRegistry } from "./probe-servers";
import { sshHosts } from "./ssh-hosts";

export interface Surroundings {
  /** Where the command was called. */
  readonly folder: string;
  readonly env: NodeJS.ProcessEnv;
  /** The user's home. */
  readonly home: string;
  readonly ask: Ask;
}

/** What a repository, its remote and this machine tell by themselves. */
export interface Found {
  /** The repository's top folder. */
  readonly root: string;
  /** What the Pulumi project and an only app are called. */
  readonly project: string;
  readonly gitlab: GitlabPlace | undefined;
  /** host:port of GitLab's registry, where it answered or a job's variables name it. */
  readonly registry: string | undefined;
  readonly apps: readonly FoundApp[];
  /** What DOCKER_HOST names. */
  readonly docker: string | undefined;
  /** Machines of ~/.ssh/config, as Docker addresses. */
  readonly servers: readonly string[];
  readonly nexus: FoundNexus | undefined;
  /** What was seen and couldn't be taken over, in words. */
  readonly notices: readonly string[];
}

/** @throws CommandError (exit 2) outside of a git repository */
export async function lookAround({ folder, env, home, ask }: Surroundings): Promise<Found> {
  const { root, remote } = gitRepository(folder);
  const notices: string[] = [];
  const gitlab = gitlabOfJob(env) ?? (remote === undefined ? undefined : gitlabOf(remote));
  if (gitlab === undefined && remote !== undefined)
    notices.push(`git remote: ${withoutLogin(remote)} is no project on a GitLab`);
  const project = gitlab?.project.split("/").at(-1) ?? basename(root);
  const { apps, notices: ofApps } = findApps(root, project);
  const docker = dockerOf(env, notices);
  const nexus = await findNexus(gitlab?.url, (docker ?? "unix:").startsWith("unix:"), ask);
  const registry = env["CI_REGISTRY"] || (gitlab && (await findRegistry(gitlab.url, ask)));
  const servers = sshHosts(home);
  return { root, project, gitlab, registry, apps, docker, servers, nexus, notices: [...notices, ...ofApps] };
}

/** As GitLab names itself in each job. */
function gitlabOfJob({
  CI_SERVER_URL: url,
  CI_PROJECT_PATH: project,
}: NodeJS.ProcessEnv): GitlabPlace | undefined {
  return url && project ? { url, project } : undefined;
}

/** DOCKER_HOST, with the certificates that DOCKER_CERT_PATH names, as settings write it. */
function dockerOf(
  { DOCKER_HOST: host, DOCKER_CERT_PATH: folder }: NodeJS.ProcessEnv,
  notices: string[],
): string | undefined {
  if (!host) return undefined;
  const address = host.startsWith("tcp:") && folder ? `${host}?certificates=${folder}` : host;
  if (isDockerAddress(address)) return address;
  notices.push(
    `DOCKER_HOST=${withoutLogin(host)} is no address that settings can have (unix:///path, tcp://host:port, ssh://user@host)`,
  );
  return undefined;
}

function withoutLogin(address: string): string {
  return address.replace(/\/\/[^/@]*@/, "//");
}
