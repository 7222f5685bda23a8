import { join } from "node:path";
import { parseArgs } from "node:util";
import { sandboxEnvironment } from "../../env";
import { gitlabDir, type Places } from "../../lib/places";
import { checkCommand } from "../../lib/run-command";
import { messageOf, SandboxError } from "../../lib/sandbox-error";
import { ensureApiToken } from "../access-tokens";
import { sandboxProject } from "../start";
import { GitlabProject } from "./gitlab";
import { type Ended, type PipelineResult, runPipeline } from "./pipeline";
import type { Source, Wish } from "./predefined";
import type { ProjectVariable } from "./variables";

const usage = `Usage: berth sandbox pipeline [options]

Runs the pipeline of the last commit of the git repository in this folder, job after job, on this machine: each in a fresh
checkout, with the variables that GitLab sets and those of the sandbox's project. A job's image is not pulled: its
script runs in this machine's bash. tags, retry and interruptible mean nothing to a single runner.
What GitLab has and this doesn't (services, parallel, trigger, ...) is refused by its name.

  --source SOURCE       push (default), merge_request_event, schedule or web
  --branch NAME         the branch that the commit is on (default: the project's default branch)
  --tag NAME            the pipeline of a tag instead
  --merge-request IID   for --source merge_request_event (default: the open one of the commit)
  --job NAME            only this job, a manual one too; may be given several times
  --pipeline ID         go on with an earlier pipeline, or with the last: of its commit and with its artefacts
  --set KEY=VALUE       a variable of this pipeline, as a schedule has them; --set KEY takes it from the environment, unseen
  --json                print how each job ended as JSON

Exit code: 0 where every job ended well, or may fail; 1 where one failed; 2 for what can't be a pipeline.
`;

const SOURCES = ["push", "merge_request_event", "schedule", "web"];

const options = {
  source: { type: "string", default: "push" },
  branch: { type: "string" },
  tag: { type: "string" },
  "merge-request": { type: "string" },
  job: { type: "string", multiple: true, default: [] as string[] },
  pipeline: { type: "string" },
  set: { type: "string", multiple: true, default: [] as string[] },
  json: { type: "boolean", default: false },
  help: { type: "boolean", short: "h", default: false },
} as const;

export async function pipelineCommand(argv: string[], places: Places): Promise<number> {
  const values = parse(argv);
  if (values.help) {
    process.stdout.write(usage);
    return 0;
  }
  const dir = gitlabDir(places);
  const { CI_REGISTRY_USER, CI_REGISTRY_PASSWORD, BERTH_GITLAB_TOKEN, ...own } = sandboxEnvironment(places);
  const url = `http://127.0.0.1:${places.ports.gitlab}`;
  const token = ensureApiToken(dir, sandboxProject, "runner", { accessLevel: 40 }).token;
  const gitlab = new GitlabProject(url, sandboxProject, token);
  const { id: projectId, defaultBranch } = await gitlab.project();
  const { given, secrets } = givenVariables(values.set);
  const { repository, ...wish } = await wishOf(values, gitlab, defaultBranch);
  const say = (line: string) => {
    process.stderr.write(`${line}\n`);
  };
  const result = await runPipeline({
    repository,
    wish,
    given,
    secrets,
    home: join(dir, "runner"),
    instance: {
      url,
      projectId,
      project: sandboxProject,
      registry: `127.0.0.1:${places.ports.gitlabRegistry}`,
      registryUser: CI_REGISTRY_USER ?? "",
      jobToken: CI_REGISTRY_PASSWORD ?? "",
    },
    variables: [...withToken(BERTH_GITLAB_TOKEN), ...(await gitlab.variables())],
    isProtected: wish.tag === undefined ? isProtected(wish) : await gitlab.isProtectedTag(wish.tag),
    environment: { ...machineEnvironment(process.env), ...runnerEnvironment(own) },
    only: values.job,
    id:
      values.pipeline === "last"
        ? "last"
        : values.pipeline === undefined
          ? undefined
          : Number(values.pipeline),
    log: (job, line) => say(`${job} | ${line}`),
    onJob: async (job, state) => say(state === "running" ? `▶ ${job.name}` : summary(job.name, state)),
  });
  process.stdout.write(values.json ? `${JSON.stringify(result, null, 2)}\n` : table(result));
  return Object.values(result.jobs).some(({ status }) => status === "failed") ? 1 : 0;
}

function parse(argv: string[]) {
  try {
    return parseArgs({ args: argv, options }).values;
  } catch (error) {
    throw new SandboxError(`${messageOf(error)}\n\n${usage}`, 2);
  }
}

type Values = ReturnType<typeof parse>;

async function wishOf(
  values: Values,
  gitlab: GitlabProject,
  defaultBranch: string,
): Promise<Omit<Wish, "id"> & { repository: string }> {
  const { source, tag, branch = defaultBranch } = values;
  if (!SOURCES.includes(source))
    throw new SandboxError(`--source ${source}: expected ${SOURCES.join(", ")}`, 2);
  const iid = values["merge-request"];
  const isReview = source === "merge_request_event";
  if (iid !== undefined && !isReview)
    throw new SandboxError("--merge-request is for --source merge_request_event", 2);
  const git = async (...args: string[]) => (await checkCommand("git", args)).trim();
  const repository = await git("rev-parse", "--show-toplevel");
  const commit = await git("rev-parse", "HEAD");
  const ofThis = () => (iid === undefined ? gitlab.mergeRequestOf(commit) : gitlab.mergeRequest(Number(iid)));
  return {
    repository,
    source: source as Source,
    branch,
    tag,
    defaultBranch,
    commit,
    title: await git("log", "-1", "--format=%s"),
    mergeRequest: isReview ? await ofThis() : undefined,
  };
}

/** A new project's default branch is protected, and its other branches aren't. */
function isProtected({ source, branch, defaultBranch }: Omit<Wish, "id">): boolean {
  return source !== "merge_request_event" && branch === defaultBranch;
}

function givenVariables(set: readonly string[]) {
  const given: Record<string, string> = {};
  const secrets: string[] = [];
  for (const one of set) {
    const [, key, value] = /^([A-Za-z_]\w*)(?:=([\s\S]*))?$/.exec(one) ?? [];
    if (key === undefined) throw new SandboxError(`--set ${one}: expected KEY=VALUE or KEY`, 2);
    const found = value ?? process.env[key];
    if (found === undefined) throw new SandboxError(`--set ${key}: the environment has no ${key}`, 2);
    if (value === undefined) secrets.push(found);
    given[key] = found;
  }
  return { given, secrets };
}

/** The machine's own, without what would make a job's run another one than GitLab's. */
function machineEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const foreign = /^(CI|CI_.*|GITLAB_.*|BERTH_.*|PULUMI_.*|GIT_.*|npm_.*)$/;
  return Object.fromEntries(Object.entries(env).filter(([key]) => !foreign.test(key)));
}

/** What the `environment` of a runner's own configuration would hold: the engine's path, state and passphrase. */
function runnerEnvironment(own: Readonly<Record<string, string>>): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(own).filter(([key]) => !key.startsWith("GIT_")));
}

/** The sandbox's own token as a variable of the project; the project's of that name are stronger. */
function withToken(value: string | undefined): ProjectVariable[] {
  if (value === undefined) return [];
  const variable = { variable_type: "env_var", masked: true, raw: true, environment_scope: "*" } as const;
  return [{ ...variable, key: "BERTH_GITLAB_TOKEN", value, protected: false }];
}

const MARKS: Record<Ended["status"], string> = {
  success: "✓",
  failed: "✗",
  warning: "!",
  skipped: "-",
  manual: "▷",
  created: "·",
};

function summary(job: string, { status, exitCode, url }: Ended): string {
  const code = exitCode === 0 ? "" : `, exit code ${exitCode}`;
  return `${MARKS[status]} ${job}  ${status}${code}${url ? `  ${url}` : ""}`;
}

function table({ id, jobs }: PipelineResult): string {
  const lines = Object.entries(jobs).map(([name, ended]) => `  ${summary(name, ended)}`);
  return `pipeline ${id}\n${lines.join("\n")}\n`;
}
