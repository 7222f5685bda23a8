import { parseAllDocuments } from "yaml";
import { z } from "zod";
import { berthCalls, parseCall } from "./berth-calls";
import { configuration, header } from "./schema";

/** Stages that GitLab has where a project names none. */
const STAGES = [".pre", "build", "test", "deploy", ".post"];
const SECRET = /gl(pat|cbt|dt|ptt|rt)-|-----BEGIN|password\s*[:=]\s*["']?\w/i;

/**
 * What is wrong with a component (`templates/x.yml`) or a configuration that includes it; empty where nothing is.
 * @param included jobs of what it includes, which it may extend and need
 */
export async function problemsOf(text: string, included: readonly string[] = []): Promise<string[]> {
  const documents = parseAllDocuments(text);
  if (!Array.isArray(documents)) return ["it is empty"];
  const broken = documents.flatMap(({ errors, warnings }) => [...errors, ...warnings]);
  if (broken.length > 0) return broken.map(({ message }) => message);
  const trees = documents.map((document) => document.toJS() as unknown);
  const [head, body] = trees.length > 1 ? [header.safeParse(trees[0]), trees[1]] : [undefined, trees[0]];
  if (head && !head.success) return [z.prettifyError(head.error)];
  const content = configuration.safeParse(body);
  if (!content.success) return [z.prettifyError(content.error)];
  const inputs = head?.data.spec.inputs ?? {};
  return [
    ...inputProblems(text, inputs),
    ...jobProblems(content.data, inputs, included),
    ...imageProblems(content.data.jobs),
    ...(await callProblems(content.data.jobs, inputs)),
    ...(SECRET.test(text) ? ["there is a secret in the file"] : []),
  ];
}

type Inputs = z.infer<typeof header>["spec"]["inputs"];
type Content = z.infer<typeof configuration>;

function inputProblems(text: string, inputs: Inputs): string[] {
  const used = new Set([...text.matchAll(/\$\[\[\s*(.*?)\s*\]\]/g)].map((match) => match[1]!));
  const declared = Object.keys(inputs).map((name) => `inputs.${name}`);
  return [
    ...[...used].filter((name) => !declared.includes(name)).map((name) => `${name} is used and not declared`),
    ...declared.filter((name) => !used.has(name)).map((name) => `${name} is declared and not used`),
  ];
}

function jobProblems(
  { jobs, stages = STAGES }: Content,
  inputs: Inputs,
  included: readonly string[],
): string[] {
  const names = [...Object.keys(jobs), ...included];
  return Object.entries(jobs).flatMap(([name, job]) => {
    const stage = job.stage && resolved(job.stage, inputs);
    const needs = (job.needs ?? []).map((need) => (typeof need === "string" ? need : need.job));
    return [
      ...(stage && !stages.includes(stage) ? [`${name}: there is no stage ${stage}`] : []),
      ...needs
        .filter((need) => !names.includes(need))
        .map((need) => `${name} needs ${need}, which is no job`),
      ...(job.extends && !names.includes(job.extends)
        ? [`${name} extends ${job.extends}, which is none`]
        : []),
    ];
  });
}

/** Every image out of the team's own Nexus: none is named here. */
function imageProblems(jobs: Content["jobs"]): string[] {
  return Object.entries(jobs)
    .filter(([, { image }]) => image !== undefined && !/^\$\[\[ inputs\.\w+ \]\]$/.test(image))
    .map(([name, { image }]) => `${name}: the image ${image} is no input`);
}

async function callProblems(jobs: Content["jobs"], inputs: Inputs): Promise<string[]> {
  const problems: string[] = [];
  for (const [name, { before_script = [], script = [] }] of Object.entries(jobs)) {
    for (const line of [...before_script, ...script].map((one) => resolved(one, inputs))) {
      for (const call of berthCalls(line))
        await parseCall(call).catch((error: Error) =>
          problems.push(`${name}: berth ${call.join(" ")}: ${error.message}`),
        );
    }
  }
  return problems;
}

/** With the defaults of the inputs in it. */
function resolved(text: string, inputs: Inputs): string {
  return text.replaceAll(/\$\[\[ inputs\.(\w+) \]\]/g, (_, name: string) =>
    String(inputs[name]?.default ?? "x"),
  );
}
