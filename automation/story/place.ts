import type { StepEventMetadata } from "@pulumi/pulumi/automation";
import { CONTAINER_TYPE, VOLUME_TYPE } from "../../components/docker/resource-types";
import { bytesText } from "../../components/values/bytes-text";
import { type JsonObject, objectOf } from "../../components/values/json-object";
import { plural } from "../../components/values/plain-words";
import { resourceName } from "../engine/resource-words";
import { STACK_TYPE } from "../engine/stack-state";
import type { Facts } from "./facts";

/** The order of a story. */
export const Phase = {
  nexus: 1,
  server: 2,
  base: 3,
  build: 4,
  copy: 5,
  deploy: 6,
  traffic: 7,
  after: 8,
  rest: 9,
} as const;

/** Which step of the story a resource belongs to, and what it adds. */
export interface Place {
  /** Steps with the same key are one. */
  readonly key: string;
  /** A step of an app has ended when the app's next one begins; one of all when anybody's next one does. */
  readonly app?: string;
  readonly phase: number;
  /** Of the step; what was done follows it where resources add words. */
  readonly label: string;
  /** The same while it isn't done, and where it fails, where the label would say that it is. */
  readonly meanwhile?: string;
  /** `pulled`, in the order in which they are said. */
  readonly word?: Word;
  /** The server that it happens on. */
  readonly server?: string | undefined;
  /** People are told how many resources were in it. */
  readonly isCounted?: boolean;
  /** Nobody waits for it: people are told of it where it fails. */
  readonly isQuiet?: boolean;
  /** This resource is all of the step. */
  readonly isWhole?: boolean;
  /** What people are told of it, by what is known when it has ended. */
  readonly detail?: (inputs: JsonObject, outputs: JsonObject) => string;
}

export const WORDS = ["pulled", "volumes ready", "secrets ready", "release command run", "started"] as const;
export type Word = (typeof WORDS)[number];

/** A resource, as the engine tells of it. */
interface Resource {
  readonly name: string;
  /** `deploy.Traffic` for those of Berth, else as the engine has it. */
  readonly type: string;
  /** The types of the components that it is in, the outermost first. */
  readonly within: readonly string[];
  /** The name of the component that it is in. */
  readonly parent: string;
  readonly inputs: JsonObject;
}

type Rule = (resource: Resource, facts: Facts) => Place | undefined;

/** The step of a resource that is made or changed. */
export function placeOf(step: StepEventMetadata, facts: Facts): Place {
  const resource = resourceOf(step);
  for (const rule of RULES) {
    const place = rule(resource, facts);
    if (place) return place;
  }
  return { key: "others", phase: Phase.rest, label: "other resources", isCounted: true };
}

/** The step of a resource that is deleted while a stack is updated. */
export const CLEARED: Place = {
  key: "cleared",
  phase: Phase.rest,
  label: "what is no longer needed removed",
  isCounted: true,
};

/** The step of a resource that goes with its stack: the apps first. */
export function goingOf(step: StepEventMetadata, facts: Facts): Place {
  const { app, phase, key } = placeOf(step, facts);
  const going = (of: string, order: number) => ({
    key: `${of} goes`,
    phase: order,
    label: `${of} removed`,
    isCounted: true,
  });
  if (app !== undefined) return going(app, 1);
  if (phase === Phase.server) return going(key, 2);
  return phase === Phase.nexus ? going("Nexus", 3) : going("the rest", 4);
}

const RULES: readonly Rule[] = [
  ({ within: [outer], type }, facts) => {
    const ofAll = ["docker.PlainHttp", "docker.TrustedCa"].includes(type) && outer === undefined;
    if (!outer?.startsWith("berth:nexus:") && !ofAll) return undefined;
    return { key: "nexus", phase: Phase.nexus, label: "Nexus ready", detail: () => facts.nexus };
  },
  ({ type, within: [outer], parent }) => {
    if (outer !== "berth:app:ServerHost") return undefined;
    // It only takes away, at the end, what an edge of before had; mostly there is none.
    if (type === "edge.EdgeAddresses") return { ...CLEARED, key: "addresses", isQuiet: true };
    const server = parent.replace(/-edge$/, "");
    // Looked at before anything is made: no sign that Nexus, which comes first, is ready.
    if (type === "docker.PublishedPorts")
      return { key: `ports ${server}`, phase: 0, label: `ports of ${server} free`, isQuiet: true };
    return { key: `server ${server}`, phase: Phase.server, label: `server ${server} ready` };
  },
  (resource) => (resource.within[0] === "berth:app:AppImage" ? ofImage(resource) : undefined),
  (resource) => (resource.type === "nexus.ImageDigest" ? ofGivenImage(resource) : undefined),
  (resource) => (isOfCopy(resource) ? ofCopy(resource) : undefined),
  (resource, facts) =>
    resource.within[0] === "berth:app:AppDeployment" ? ofDeployment(resource, facts) : undefined,
  (resource) => (resource.type.startsWith("gitops.") ? ofGitops(resource) : undefined),
  ({ within: [outer] }) =>
    outer?.startsWith("berth:gitlab:")
      ? { key: "gitlab", phase: Phase.after, label: "GitLab project set up" }
      : undefined,
  ({ type }) =>
    type === "stack.Identity"
      ? { key: "identity", phase: 0, label: "the stack has its identity", isQuiet: true }
      : undefined,
];

function ofImage({ type, name, parent, inputs }: Resource): Place {
  const app = parent;
  if (/^docker(-build)?:index(\/image)?:Image$/.test(type)) {
    const label = `${app} built, pushed to GitLab`;
    return { key: `${app} built`, app, phase: Phase.build, label, isWhole: true, detail: builtTag };
  }
  const base = name.replace(/-available$/, "");
  const image = textOf(inputs["image"] ?? inputs["name"]);
  const label = `base ${withoutRegistry(image)} through Nexus`;
  return {
    key: `base ${base}`,
    app,
    phase: Phase.base,
    label,
    detail: (_, { repoDigest }) => digestIn(repoDigest),
  };
}

/** Somebody else's, that an app runs as it is. */
function ofGivenImage({ inputs }: Resource): Place {
  const app = textOf(inputs["app"]);
  const label = `image ${withoutRegistry(textOf(inputs["image"]))} through Nexus`;
  const detail = (_: JsonObject, { digest }: JsonObject) => digestIn(digest);
  return { key: `${app} image`, app, phase: Phase.base, label, isWhole: true, detail };
}

const isOfCopy = ({ within: [outer], type }: Resource) =>
  outer === "berth:registry:Republish" || type === "registry.KeptTags";

function ofCopy({ type, parent, inputs }: Resource): Place {
  const app = type === "registry.KeptTags" ? textOf(inputs["app"]) : parent;
  const isTags = type === "registry.KeptTags";
  const label = isTags ? `release of ${app} kept by its tags` : `${app} copied to Nexus`;
  return { key: `${app} copied`, app, phase: Phase.copy, label, detail: isTags ? keptTag : copied };
}

const OF_DEPLOYMENT: Readonly<Record<string, Word>> = {
  "docker:index/remoteImage:RemoteImage": "pulled",
  [VOLUME_TYPE]: "volumes ready",
  "docker.VolumeGuard": "volumes ready",
  "deploy.SecretVolume": "secrets ready",
  "deploy.ReleaseCommand": "release command run",
  [CONTAINER_TYPE]: "started",
};

function ofDeployment({ type, name, parent: app, inputs }: Resource, { servers }: Facts): Place {
  const after = { app, phase: Phase.after, isWhole: true };
  if (type === "deploy.Smoke") {
    const detail = () => `GET ${textOf(inputs["path"])}`;
    return { key: `${app} smoke`, label: `${app} answers where people ask`, ...after, detail };
  }
  if (type === "deploy.Drain")
    return { key: `${app} drain`, label: `processes of ${app} before drain`, ...after };
  if (type === "deploy.OldImages") {
    const detail = (_: JsonObject, { told }: JsonObject) =>
      (Array.isArray(told) ? told.map(textOf).join("; ") : "") || "none to remove";
    return { key: `${app} old images`, label: `old images of ${app}`, ...after, detail };
  }
  if (type === "deploy.Traffic") {
    const { servers: serving } = inputs;
    const servesNobody = Array.isArray(serving) && serving.length === 0;
    const label = servesNobody ? `processes of ${app} healthy` : `${app} healthy, traffic moved`;
    const meanwhile = servesNobody ? `processes of ${app}: health` : `${app}: health, then traffic`;
    const detail = () => namesIn(serving).join(", ");
    return { key: `${app} traffic`, app, phase: Phase.traffic, label, meanwhile, isWhole: true, detail };
  }
  const word = OF_DEPLOYMENT[type];
  const server = servers.find((one) => `${name}-`.startsWith(`${app}-${one}-`));
  return { key: `${app} deployed`, app, phase: Phase.deploy, label: app, ...(word && { word }), server };
}

function ofGitops({ type, inputs, name }: Resource): Place | undefined {
  const app = textOf(inputs["app"]);
  const at = (...parts: string[]) => parts.map((part) => textOf(inputs[part])).join("/");
  if (type === "gitops.ReleaseFile") {
    const label = `${app} written to ${textOf(inputs["project"])} ${textOf(inputs["branch"])}:${textOf(inputs["path"])}`;
    const detail = (_: JsonObject, { outcome }: JsonObject) => textOf(outcome);
    return { key: name, app, phase: Phase.deploy, label, isWhole: true, detail };
  }
  if (type === "gitops.Rollout") {
    const label = `pods of ${at("namespace", "deployment")} run it`;
    return { key: name, app, phase: Phase.traffic, label, isWhole: true };
  }
  const label = `pull secret ${at("namespace", "name")} in its cluster`;
  return type === "gitops.PullSecret" ? { key: name, phase: Phase.copy, label, isWhole: true } : undefined;
}

function resourceOf({ urn, type, old, new: next }: StepEventMetadata): Resource {
  const types = (urn.split("::").at(-2)?.split("$") ?? []).filter((one) => one !== STACK_TYPE);
  const { parent = "", inputs } = next ?? old ?? {};
  return {
    name: resourceName(urn),
    type: type.replace(/^pulumi-nodejs:dynamic\/([^:]*):/, "$1."),
    within: types.slice(0, -1),
    parent: resourceName(parent),
    inputs: objectOf(inputs),
  };
}

function builtTag({ imageName, tags }: JsonObject): string {
  const reference = textOf(imageName ?? (Array.isArray(tags) ? tags[0] : ""));
  return /:([\w.-]+)$/.exec(reference)?.[1] ?? "";
}

function keptTag({ tag }: JsonObject): string {
  return textOf(tag);
}

/** `f342e05, 4 blobs, 41 MB`, out of what `berth copy --json` has said. */
function copied(inputs: JsonObject, { stdout }: JsonObject): string {
  const tag = /:([\w.-]+)$/.exec(textOf(objectOf(inputs["environment"])["BERTH_TARGET"]))?.[1] ?? "";
  const { copied: blobs, bytesCopied } = objectOf(objectOf(parsed(textOf(stdout)))["blobs"]);
  const sent =
    typeof blobs !== "number" || typeof bytesCopied !== "number"
      ? ""
      : blobs === 0
        ? "all there already"
        : `${plural(blobs, "blob")}, ${bytesText(bytesCopied)}`;
  return [tag, sent].filter(Boolean).join(", ");
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function namesIn(list: unknown): string[] {
  return Array.isArray(list) ? list.map((one) => textOf(objectOf(one)["name"])).filter(Boolean) : [];
}

/** `sha256:84ff0c5a6b21`, of repository@digest. */
function digestIn(reference: unknown): string {
  return /sha256:[0-9a-f]{12}/.exec(textOf(reference))?.[0] ?? "";
}

/** `python:3.11-slim`, of host:port/library/python:3.11-slim. */
function withoutRegistry(image: string): string {
  return image.replace(/^[^/]*[.:][^/]*\//, "").replace(/^library\//, "");
}

/** Text of a property; what is secret, or not known yet, is none. */
const textOf = (value: unknown) => (typeof value === "string" ? value : "");
