import type * as pulumi from "@pulumi/pulumi";
import * as z from "zod/mini";
import { dynamicProvider } from "../base/dynamic-provider";
import { DynamicResource } from "../base/dynamic-resource";
import { hasShape, type Shape } from "../base/shape";
import { GitlabError } from "../gitlab/api/gitlab-error";
import { fileLabel, NoToken, TargetFile, type TargetPlace } from "./target-file";

export interface ReleaseFileArgs extends TargetPlace {
  /** repository@digest in Nexus. */
  readonly image: pulumi.Input<string>;
  readonly tag: pulumi.Input<string>;
  /** The file is in the app's own project, whose pipeline writes it: a commit that starts one would go round for ever. */
  readonly skipCi: boolean;
}

type Wanted = pulumi.Unwrap<ReleaseFileArgs>;

interface State {
  readonly outcome?: string;
  /** Key paths at which a look has found something else than the release. */
  readonly differing?: readonly string[];
}

/**
 * A release in a file of a GitLab project, which Argo CD, Flux or somebody brings to a cluster. Whether the pods run it is not
 * known here. When it goes, the file stays as it is.
 */
export class ReleaseFile extends DynamicResource {
  /** What came of it, for people: `commit https://…`. */
  declare readonly outcome: pulumi.Output<string>;

  constructor(name: string, args: ReleaseFileArgs, opts?: pulumi.CustomResourceOptions) {
    const props = { ...args, outcome: undefined, differing: undefined };
    super("gitops.ReleaseFile", name, props, opts);
  }
}

/** The type of its resources, as states and events have it. */
export const RELEASE_FILE = "pulumi-nodejs:dynamic/gitops:ReleaseFile";

const paths = z.optional(z.array(z.string()));
const place = {
  url: z.string(),
  app: z.string(),
  stack: z.string(),
  project: z.string(),
  branch: z.string(),
  path: z.string(),
  document: z.optional(z.string()),
  values: z.looseObject({ image: paths, repository: paths, tag: paths, digest: paths }),
  mergeRequest: z.boolean(),
  chart: z.optional(z.string()),
};
const inputs = { ...place, image: z.string(), tag: z.string(), skipCi: z.boolean() };
const wanted: Shape<Wanted> = z.looseObject(inputs);
const state: Shape<Wanted & State> = z.looseObject({
  ...inputs,
  outcome: z.optional(z.string()),
  differing: z.optional(z.array(z.string())),
});

const planned: Shape<TargetPlace & { readonly tag: string }> = z.looseObject({ ...place, tag: z.string() });

/** Which file these inputs are of, and which release; undefined for what is none. @param told may have what isn't known yet */
export function plannedFile(told: unknown): (TargetPlace & { readonly tag: string }) | undefined {
  return hasShape(planned, told) ? told : undefined;
}

const releaseFile = dynamicProvider<Wanted, Wanted & State>({
  id: fileLabel,
  inputs: wanted,
  state,
  changedBy: ["url", "project", "branch", "path", "document", "values", "mergeRequest", "image", "tag"],
  replacedBy: ["url", "project", "branch", "path", "document"],
  isDue,
  apply: write,
  find,
});

export const providers = { ReleaseFile: releaseFile };

async function write(want: Wanted): Promise<Wanted & State> {
  const { app, tag, stack, image, skipCi } = want;
  const pipeline = process.env["CI_PIPELINE_URL"];
  const title = `Release ${app} ${tag} to ${stack.replace(/^.*\//, "")}${skipCi ? " [skip ci]" : ""}`;
  const body = [image, ...(pipeline ? [pipeline] : [])].join("\n");
  const { result, url } = await new TargetFile(want).write({ image, tag }, { title, body });
  return { ...want, outcome: outcomeOf(result, url), differing: [] };
}

function outcomeOf(result: "committed" | "proposed" | "same", url = "done"): string {
  if (result === "same") return "the file had it already";
  return result === "committed"
    ? `commit ${url}`
    : `merge request ${url}, which waits for somebody to merge it`;
}

/**
 * Whether somebody has written something else. A merge request is opened once for each release: who doesn't merge it has decided.
 * Without a token, and where GitLab doesn't let the file be seen, nothing is known; an update says so, before anything else.
 */
async function isDue(_state: Wanted & State, want: Wanted): Promise<boolean> {
  if (want.mergeRequest) return false;
  try {
    return (await new TargetFile(want, process.env, LOOK).plan(want)).changes.length > 0;
  } catch (error) {
    if (error instanceof NoToken || error instanceof GitlabError) return false;
    throw error;
  }
}

/** A look doesn't wait for a GitLab that is away. */
const LOOK = { patience: 2_000 };

async function find(had: Wanted & State): Promise<(Wanted & State) | undefined> {
  if (had.mergeRequest) return { ...had };
  try {
    const { changes } = await new TargetFile(had).plan(had);
    return { ...had, differing: changes.map(({ path }) => path) };
  } catch (error) {
    if (isNoSuchFile(error)) return undefined;
    throw error;
  }
}

/** Whether GitLab says that the branch is there, and has no such file. */
export function isNoSuchFile(error: unknown): boolean {
  return error instanceof GitlabError && /File Not Found/.test(error.said ?? "");
}
