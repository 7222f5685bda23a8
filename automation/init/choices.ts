import { dockerAddress, port } from "../../components/settings/fields";
import { gitlabSchema } from "../../components/settings/gitlab-settings";
import { LICENCE_URL } from "../../components/settings/nexus/nexus-licence";
import { CommandError } from "../terminal/exit";
import { type Answers, problemOf } from "./answers";
import type { FoundApp } from "./find-apps";
import type { Found } from "./look-around";
import { chooseNexus, type NexusChoice } from "./nexus-choice";
import { isPipeline } from "./pipeline-file";
import { usualRegistries } from "./probe-servers";

/** All that the files are made of. */
export interface Choices {
  readonly gitlab: { readonly url: string; readonly registry: string; readonly project: string };
  readonly apps: readonly (FoundApp & { readonly port: number })[];
  /** Docker hosts, by stack: each runs its stack's Nexus and apps. */
  readonly dev: string;
  readonly prod: string;
  readonly nexus: NexusChoice;
  /** Where Berth's pipeline is, as an include of GitLab names it. */
  readonly pipeline: string;
}

/** What was given by options. */
export interface Given {
  readonly gitlab?: string | undefined;
  readonly project?: string | undefined;
  readonly registry?: string | undefined;
  readonly dev?: string | undefined;
  readonly prod?: string | undefined;
  readonly nexus?: string | undefined;
  readonly prodNexus?: string | undefined;
  readonly port?: string | undefined;
  readonly pipeline?: string | undefined;
}

const LOCAL = "unix:///var/run/docker.sock";

/** @throws CommandError for what nobody answers, or can't be so; for a licence that somebody doesn't accept (exit 1) */
export async function choose(
  found: Found,
  given: Given,
  answers: Answers,
  version: string,
): Promise<Choices> {
  const gitlab = await chooseGitlab(found, given, answers);
  const apps: Choices["apps"][number][] = [];
  for (const app of found.apps) apps.push({ ...app, port: await choosePort(app, given, answers) });
  const dev = await answers.to({
    text: "Docker that runs dev: its Nexus and the app",
    flag: "--dev",
    given: given.dev,
    usual: found.docker ?? LOCAL,
    choices: [...new Set([found.docker ?? LOCAL, ...found.servers])],
    problem: problemOf(dockerAddress()),
  });
  const prod = await answers.to({
    text: "Docker that runs prod, on a machine of its own if you have one",
    flag: "--prod",
    given: given.prod,
    usual: dev,
    choices: [...new Set([dev, ...found.servers])],
    problem: problemOf(dockerAddress()),
  });
  const nexus = await chooseNexus(found.nexus?.url, given, answers);
  const pipeline = await answers.to({
    text: "Berth's pipeline in your GitLab (PROJECT/berth@VERSION of a component, or a URL or a path of berth.yml)",
    flag: "--pipeline",
    given: given.pipeline,
    usual: `platform/berth/berth@${version}`,
    problem: (answer) =>
      isPipeline(answer)
        ? undefined
        : `expected PROJECT/berth@VERSION, or a URL or a path that ends with .yml, got "${answer}"`,
  });
  answers.refuseMissing();
  const isMade = nexus.dev === undefined || nexus.prod === undefined;
  if (isMade && !(await answers.agreed(`Nexus needs Sonatype's licence, ${LICENCE_URL}. Do you accept it?`)))
    throw new CommandError("Nexus serves nothing until its licence is accepted. Nothing was written.");
  return { gitlab, apps, dev, prod, nexus, pipeline };
}

async function chooseGitlab(found: Found, given: Given, answers: Answers): Promise<Choices["gitlab"]> {
  const { url: urlField, registry: registryField, project: projectField } = gitlabSchema.shape;
  const url = await answers.to({
    text: "Address of your GitLab",
    flag: "--gitlab",
    given: given.gitlab,
    usual: found.gitlab?.url,
    problem: problemOf(urlField),
  });
  const isFound = url === found.gitlab?.url;
  const project = await answers.to({
    text: "Path of its project, group/name",
    flag: "--project",
    given: given.project,
    usual: found.gitlab?.project,
    problem: problemOf(projectField),
  });
  const registry = await answers.to({
    text: "Its container registry, host:port",
    flag: "--registry",
    given: given.registry,
    usual: (isFound ? found.registry : undefined) ?? (url === "" ? "" : usualRegistries(url)[0]),
    problem: problemOf(registryField),
  });
  return { url: url.replace(/\/+$/, ""), project, registry };
}

async function choosePort(app: FoundApp, given: Given, answers: Answers): Promise<number> {
  if (app.port !== undefined) return app.port;
  const answer = await answers.to({
    text: `Port on which ${app.name} listens in its container`,
    flag: "--port",
    given: given.port,
    usual: String(app.usualPort),
    problem: (value) => problemOf(port())(/^\d+$/.test(value) ? Number(value) : value),
  });
  return Number(answer);
}
