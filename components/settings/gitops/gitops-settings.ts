import { z } from "zod";
import { parseKeyPath } from "../../values/key-path";
import { checked, expectation, flag, matching, oneOrMore, seconds, text, writtenAs } from "../fields";
import { projectPath } from "../gitlab-settings";

/** `gitops` of an app: files in GitLab projects that say what a cluster runs. docs/kubernetes.md has examples. */

const keyPath = () =>
  checked(
    (text) => parseKeyPath(text) !== undefined,
    'a key path like image.tag, images[name=blog].digest, containers[0].image or a["example.com/b"]',
    "^\\S",
  );

/** One is the usual case; a path for each workload of the image where there are several. */
const keyPaths = () => oneOrMore(keyPath(), "a key path, or a list of them", "at least one key path");

/** Where in the file each part of the image's name stands. */
const values = z
  .strictObject(
    {
      image: keyPaths()
        .optional()
        .meta({
          description: "Key path of all of it in one, or a list of them: `host:port/app@sha256:…`.",
          examples: ["containers[0].image"],
        }),
      repository: keyPaths().optional().describe("Key path of `host:port/app`, or a list of them."),
      tag: keyPaths().optional().describe("Key path of the tag, or a list of them."),
      digest: keyPaths()
        .optional()
        .meta({
          description: "Key path of the digest, or a list of them. It is needed where `image` isn't there.",
          examples: ["image.digest"],
        }),
    },
    {
      error: ({ code, input }) =>
        code === "invalid_type" ? expectation("key paths by name", input) : undefined,
    },
  )
  .refine(({ image, digest }) => image !== undefined || digest !== undefined, {
    error:
      "expected digest, or image for all of it in one: without the digest the file doesn't say what runs",
  });

/** A name of Kubernetes's: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/ */
const kubernetesName = (what: string) =>
  matching(/^[a-z0-9]([-a-z0-9]{0,251}[a-z0-9])?$/, `${what}'s name of small letters, digits and -`);

const deployments = oneOrMore(
  kubernetesName("a Deployment"),
  "a Deployment's name, or a list of them",
  "at least one Deployment",
);

/** Where the pods of a target's release are to be seen. */
const cluster = z.strictObject({
  kubeconfig: text("a kubeconfig's path")
    .optional()
    .describe(
      "Path of a kubeconfig. Without it: what BERTH_KUBECONFIG or KUBECONFIG names, else the cluster that Berth runs in.",
    ),
  context: text("a context of the kubeconfig")
    .optional()
    .describe("A context of the kubeconfig. Without it: its current one."),
  namespace: kubernetesName("a namespace").describe("The namespace that the app's pods are in."),
  deployment: deployments
    .optional()
    .describe("The Deployment to wait for, or a list of them. Without it: the one with the app's name."),
  pullSecret: kubernetesName("a Secret")
    .optional()
    .describe(
      "A Secret for `imagePullSecrets`, kept there with the login of the account `puller`. Without it none is made.",
    ),
  timeout: seconds()
    .default(300)
    .describe("Seconds until the pods have to be ready. Argo CD looks at git every 3 minutes."),
});

export type ClusterSettings = z.infer<typeof cluster>;

const target = z.strictObject({
  project: projectPath().describe("Path of the GitLab project that the cluster follows: `group/name`."),
  branch: matching(/^[^\s~^:?*[\\]+$/, "a branch").describe("The branch that the cluster follows."),
  path: checked(
    isFilePath,
    "a file's path from the top of the project, like dev/values.yaml",
    "^[^/\\\\][^\\\\]*$",
  ).meta({
    description: "The YAML file, from the top of the project.",
    examples: ["dev/values.yaml"],
  }),
  document: matching(/^[^/\s]+\/[^/\s]+$/, "kind and name, like Deployment/blog")
    .optional()
    .meta({
      description: "Which of the documents in it, as kind/name. Without it: the only one with the key paths.",
      examples: ["Deployment/blog"],
    }),
  values: values.describe("Where in the file each part of the image's name stands, as key paths."),
  chart: checked(
    isFilePath,
    "a chart's folder from the top of the project, like charts/app",
    "^[^/\\\\][^\\\\]*$",
  )
    .optional()
    .meta({
      description:
        "The chart that takes the file, from the top of the project: before a commit it is rendered, and has to run the digest.",
      examples: ["charts/app"],
    }),
  mergeRequest: flag()
    .default(false)
    .describe("Opens a merge request into the branch; else the branch gets the commit itself."),
  cluster: cluster
    .optional()
    .describe("The cluster that Berth asks, to wait for the release. Without it nobody looks."),
});

export type GitopsTarget = z.infer<typeof target>;

/** One target, or a list of them. A mistake is told with the path that it has in the file. */
export const gitopsSchema = writtenAs(
  z.union([target, z.array(target)]),
  z.unknown().transform((given, context): GitopsTarget[] => {
    const isList = Array.isArray(given);
    const targets: unknown[] = isList ? given : [given];
    return targets.flatMap((one, index) => {
      const { data, error } = target.safeParse(one, { reportInput: true });
      const at = isList ? [index] : [];
      for (const issue of error?.issues ?? [])
        context.issues.push({ ...issue, path: [...at, ...issue.path] } as z.core.$ZodRawIssue);
      return data ?? [];
    });
  }),
).default([]);

function isFilePath(path: string): boolean {
  return (
    path.split("/").every((part) => !["", ".", "..", ".git"].includes(part.toLowerCase())) &&
    !/[\0\\]/.test(path)
  );
}

/** Every key path of a target. */
export function keyPathsOf({
  values: { image = [], repository = [], tag = [], digest = [] },
}: GitopsTarget): string[] {
  return [...image, ...repository, ...tag, ...digest];
}

/** Two targets of one file and document are one target with more paths. */
export function fileOf({ project, branch, path, document }: GitopsTarget): string {
  return [project, branch, path, ...(document === undefined ? [] : [document])].join(" ");
}

type Problem = (app: string, index: number, message: string) => void;

/** A place has one writer. */
export function checkTargets(
  apps: Readonly<Record<string, { readonly gitops: readonly GitopsTarget[] }>>,
  problem: Problem,
): void {
  const written: { readonly app: string; readonly file: string; readonly path: string }[] = [];
  const files = new Set<string>();
  const workloads = new Set<string>();
  for (const [app, { gitops }] of Object.entries(apps))
    for (const [index, one] of gitops.entries()) {
      const file = fileOf(one);
      if (files.has(`${app} ${file}`))
        problem(app, index, `${one.path} is given twice: list all of its key paths in one target`);
      files.add(`${app} ${file}`);
      for (const workload of workloadNames(app, one)) {
        if (workloads.has(workload))
          problem(app, index, `Deployment ${workload} is given twice: one target is enough`);
        workloads.add(workload);
      }
      for (const path of keyPathsOf(one)) {
        const twin = written.find((other) => other.file === file && overlap(other.path, path));
        if (twin)
          problem(
            app,
            index,
            `${path} is already ${twin.path} of ${twin.app === app ? "this app" : `app ${twin.app}`}`,
          );
        written.push({ app, file, path });
      }
    }
}

function workloadNames(app: string, { cluster }: GitopsTarget): string[] {
  if (!cluster) return [];
  const { kubeconfig = "", context = "", namespace, deployment = [app] } = cluster;
  return deployment.map((one) => `${kubeconfig} ${context} ${namespace}/${one} of ${app}`.trim());
}

function overlap(one: string, other: string): boolean {
  const [a, b] = [one, other].map((path) => JSON.stringify(parseKeyPath(path)).slice(0, -1)) as [
    string,
    string,
  ];
  return `${a},`.startsWith(`${b},`) || `${b},`.startsWith(`${a},`);
}
