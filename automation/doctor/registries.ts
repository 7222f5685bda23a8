import { type Account, keptFor } from "../../components/registry/logins/account";
import { findLogins } from "../../components/registry/logins/logins";
import { clientAccess } from "../../components/registry/registry-access";
import { appRepository, type GitlabSettings } from "../../components/settings/gitlab-settings";
import { registryAddress, speaksTls } from "../../components/settings/nexus/nexus-addresses";
import { STATE } from "./backend";
import { buildsSomething } from "./docker-hosts";
import { type Finding, ok, warn } from "./finding";
import { NEXUS, serverOf } from "./nexus";
import { probeRegistry } from "./registry-probe";
import type { Check } from "./run-checks";
import { hasNexus, nexusPlace, SETTINGS, type Subject } from "./subject";

const [OF_GITLAB, OF_NEXUS] = ["GitLab's registry", "Nexus's registry"] as const;

/** Where a stack has no app yet. */
const NO_APP = "berth-doctor";

/** Milliseconds: six requests, and one of them may be the first that a registry gets in days. */
const LIMIT_MS = 30_000;

/** A probe in each registry that the stack writes to, as whom the stack writes there. */
export function registryChecks(subject: Subject): Check[] {
  const { gitlab, nexus } = subject.settings;
  const ofGitlab: Check[] =
    gitlab && buildsSomething(subject.settings)
      ? [{ name: OF_GITLAB, limit: LIMIT_MS, run: (signal) => gitlabProbe(subject, gitlab, signal) }]
      : [];
  const ofNexus: Check[] = nexus
    ? [
        {
          name: OF_NEXUS,
          needs: [NEXUS, STATE, SETTINGS],
          limit: LIMIT_MS,
          run: (signal) => nexusProbe(subject, signal),
        },
      ]
    : [];
  return [...ofGitlab, ...ofNexus];
}

async function gitlabProbe(subject: Subject, gitlab: GitlabSettings, signal: AbortSignal): Promise<Finding> {
  const { registry } = gitlab;
  const repository = appRepository(gitlab, { name: appOf(subject) }).slice(registry.length + 1);
  const account = await loginFor(registry, repository);
  if (account === undefined) return noLogin(OF_GITLAB, registry);
  const access = { insecure: false, secure: false };
  const accounts = { pusher: account, puller: account, deleter: account };
  const advice = `docker login ${registry} # with a token that has write_registry; berth:gitlab.registry and project say where`;
  return probeRegistry({ what: OF_GITLAB, registry, repository, access, ...accounts, advice, signal });
}

/** As a build has it: of the job, else as docker login left it. */
export async function loginFor(
  registry: string,
  repository: string,
  env = process.env,
): Promise<Account | undefined> {
  const place = { registry, repository };
  const { credentials } = await findLogins({ source: place, target: place, env, helperTimeLimit: 10_000 });
  return keptFor(credentials, registry, repository);
}

function noLogin(what: string, registry: string): Finding {
  const text = `there is no login for ${registry} here: neither CI_REGISTRY_USER and CI_REGISTRY_PASSWORD, nor one that docker login left`;
  return warn(what, text, `docker login ${registry}`);
}

/** Pushed as the pipeline does it, pulled as a server does it, deleted by the administrator. */
async function nexusProbe(subject: Subject, signal: AbortSignal): Promise<Finding | Finding[]> {
  const { nexus } = subject.settings;
  if (nexus === undefined || !(await hasNexus(subject))) return [];
  const { accounts: { pusher, puller } = {} } = await subject.outputs();
  if (!pusher || !puller) return ok(OF_NEXUS, "no update has made its accounts yet");
  const registry = registryAddress(nexus, "releases");
  const { ca } = (await nexusPlace(subject))!;
  const access = clientAccess({ tls: speaksTls(nexus), ...(ca && { ca }) });
  const accounts = { pusher, puller, deleter: await serverOf(subject) };
  const advice = `berth refresh ${subject.stack} && berth up ${subject.stack} # puts accounts, roles and repositories right`;
  return probeRegistry({
    what: OF_NEXUS,
    registry,
    repository: appOf(subject),
    access,
    ...accounts,
    advice,
    signal,
  });
}

const appOf = ({ settings: { apps = [] } }: Subject) => apps[0]?.name ?? NO_APP;
