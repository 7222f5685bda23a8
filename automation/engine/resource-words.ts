/** The last part of a URN: `nexus-container`. */
export const resourceName = (urn: string): string => urn.replace(/^.*::/, "");

/** Names that resources are made of; where one isn't known, its resource keeps the engine's name. */
export interface KnownNames {
  readonly apps: readonly string[];
  readonly servers: readonly string[];
}

export const NO_NAMES: KnownNames = { apps: [], servers: [] };

/** A resource in the product's words: the `container` of `blog on web1`. */
export interface Thing {
  readonly whose: string;
  readonly what: string;
}

type Named = { readonly name: string };

/** Those of the settings, and those that the state still has. */
export function knownNames(
  { resources }: { readonly resources: readonly { readonly urn: string; readonly type: string }[] },
  settings?: { readonly apps: readonly Named[]; readonly servers: readonly Named[] },
): KnownNames {
  const components = (type: string) =>
    resources.filter((one) => one.type === type).map(({ urn }) => resourceName(urn));
  const names = (all: readonly Named[] = []) => all.map(({ name }) => name);
  return {
    apps: longestFirst([...names(settings?.apps), ...APPS.flatMap(components)]),
    servers: longestFirst([...names(settings?.servers), ...components("berth:app:ServerHost")]),
  };
}

/** `blog on web1: container`. */
export function resourceWords(urn: string, names: KnownNames): string {
  return label(thingOf(urn.split("::").at(-2) ?? "", resourceName(urn), names));
}

/** `container of blog on web1`, for the middle of a sentence. */
export function resourcePhrase(urn: string, names: KnownNames): string {
  const { whose, what } = thingOf(urn.split("::").at(-2) ?? "", resourceName(urn), names);
  return `${what} of ${whose}`;
}

export const label = ({ whose, what }: Thing): string => `${whose}: ${what}`;

/** @param type as a URN has it, or as the engine's messages shorten it: `docker:index:Container` */
export function thingOf(type: string, name: string, names: KnownNames): Thing {
  const last = type.split("$").at(-1)!;
  if (last === "pulumi:pulumi:Stack") return { whose: "the stack", what: "program" };
  const kind = last.replace(/^.*[:/](?=[^:/]+:[^:]+$)/, "").replace(/^index:/, "");
  const words = WORDS.get(kind) ?? WORDS.get(kind.replace(/^.*:/, ""));
  return (
    words?.(name, names) ?? ofNexus(kind, name) ?? ofGitlab(last, name) ?? { whose: name, what: plain(last) }
  );
}

const APPS = ["berth:app:AppDeployment", "berth:app:AppImage", "berth:registry:Republish"];

function longestFirst(names: readonly string[]): string[] {
  return [...new Set(names)].sort((one, other) => other.length - one.length);
}

type Words = (name: string, names: KnownNames) => Thing | undefined;

const ofApp =
  (end: string, what: string): Words =>
  (name) =>
    name.endsWith(end) ? { whose: name.slice(0, name.length - end.length), what } : undefined;

/** Something on a Docker host: Nexus's, an edge's, or an app's on a server. */
const onHost =
  (end: string, what: (rest: string) => string): Words =>
  (whole, names) => {
    if (!whole.endsWith(end)) return undefined;
    const name = whole.slice(0, whole.length - end.length);
    const edge = /^(.+?)-(?:edge-door|edge|door)(?:-(.+))?$/.exec(name);
    const place = placeIn(name, names);
    if (place) return { whose: place.whose, what: what(place.rest) };
    if (edge) return { whose: `edge of ${owner(edge[1]!)}`, what: what(edge[2] ?? "") };
    const [, host = name, rest = ""] = /^(nexus)-(.+)$/.exec(name) ?? [];
    const isHost = host === "nexus" || names.servers.includes(host);
    return isHost ? { whose: owner(host), what: what(rest) } : undefined;
  };

/** `blog-web1-data`: on which server of which app, and what is left of the name. */
function placeIn(name: string, { apps, servers }: KnownNames): { whose: string; rest: string } | undefined {
  for (const app of apps)
    for (const server of servers) {
      const place = `${app}-${server}`;
      if (name === place || name.startsWith(`${place}-`))
        return { whose: `${app} on ${server}`, rest: name.slice(place.length + 1) };
    }
  return undefined;
}

const owner = (name: string) => (name === "nexus" ? "Nexus" : name);

const container: Words = (name, names) => {
  const place = name.endsWith("-container") ? placeIn(name.slice(0, -"-container".length), names) : undefined;
  if (place?.rest) {
    const [app, on] = place.whose.split(" on ");
    return { whose: `${app}/${place.rest} on ${on}`, what: "container" };
  }
  if (place) return { whose: place.whose, what: "container" };
  if (name === "nexus-container") return { whose: "Nexus", what: "container" };
  const [, host, which] = /^(.+)-edge(?:-([ab]|\d+))?$/.exec(name) ?? [];
  if (host === undefined) return undefined;
  const what = which === undefined ? "container" : /\d/.test(which) ? `port ${which}` : `container ${which}`;
  return { whose: `edge of ${owner(host)}`, what };
};

const image: Words = (name, names) => {
  const [, app, argument] = /^(.+)-base(?:-(\w+))?$/.exec(name) ?? [];
  if (app !== undefined)
    return { whose: app, what: ["base image of its build", argument].filter(Boolean).join(" ") };
  return onHost("-image", () => (name.endsWith("-door-image") ? "image of its doors" : "image"))(name, names);
};

const volume = (end: string, what: string) => onHost(end, (rest) => [what, rest].filter(Boolean).join(" "));

const provider: Words = (name) => {
  const [, host, what] = /^(.+)-(docker|builder|buildx|api)$/.exec(name) ?? [];
  return host === undefined ? undefined : { whose: owner(host), what: what === "docker" ? "Docker" : what! };
};

const WORDS: ReadonlyMap<string, Words> = new Map(
  Object.entries({
    Container: container,
    Volume: volume("", "volume"),
    Network: onHost("-network", () => "network"),
    RemoteImage: image,
    // Where a pinned release needs no build, these go: no image does.
    Image: ofApp("-image", "build"),
    Command: ofApp("-copy", "copy to Nexus"),
    docker: provider,
    "docker-build": provider,
    gitlab: provider,
    "deploy:Traffic": ofApp("-traffic", "traffic"),
    "deploy:Smoke": ofApp("-smoke", "look after the switch"),
    "deploy:Drain": ofApp("-drain", "processes of before"),
    "deploy:OldImages": ofApp("-old-images", "old images"),
    "deploy:ReleaseCommand": ofApp("-release", "release command"),
    "deploy:SecretVolume": onHost("-secrets", () => "secrets"),
    "docker:VolumeGuard": volume("-guard", "guard of volume"),
    "docker:PublishedPorts": onHost("-ports", () => "ports"),
    "docker:PlainHttp": (name) => ({ whose: name.replace(/^plain-http-/, ""), what: "plain http" }),
    "docker:TrustedCa": (name) => ({ whose: name.replace(/^trusted-ca-/, ""), what: "trusted CA" }),
    "edge:EdgeAddresses": (name) => ({
      whose: `edge of ${name.replace(/-addresses$/, "")}`,
      what: "addresses",
    }),
    "edge:EdgeConfiguration": onHost("-configuration", () => "configuration"),
    "edge:EdgeFiles": onHost("-files", () => "certificates"),
    "edge:EdgeReady": onHost("-ready", () => "readiness"),
    "nexus:BaseAvailable": (name) => ({
      whose: name.replace(/-base(-\w+)?-available$/, ""),
      what: "check of its base image",
    }),
    "nexus:ImageDigest": ofApp("-image-digest", "look at its image"),
    "registry:KeptTags": ofApp("-kept-tags", "tags of its release"),
    "stack:Identity": () => ({ whose: "the stack", what: "identity" }),
    "gitops:ReleaseFile": (name) => split(name, "-gitops-", "file"),
    "gitops:Rollout": (name) => split(name, "-rollout-", "pods"),
    "gitops:PullSecret": (name) => ({ whose: name.replace(/^pull-secret-/, ""), what: "pull secret" }),
  } satisfies Record<string, Words>),
);

function split(name: string, mark: string, what: string): Thing | undefined {
  const at = name.indexOf(mark);
  return at < 0 ? undefined : { whose: name.slice(0, at), what: `${what} ${name.slice(at + mark.length)}` };
}

/** What is in Nexus, by how components/nexus/nexus-configuration.ts names it. */
const IN_NEXUS: readonly (readonly [RegExp, string])[] = [
  [/^account-(.+)-role$/, "role of account $1"],
  [/^cleanup-(.+)$/, "cleanup policy $1"],
  [/^selector-(.+)$/, "content selector $1"],
  [/^blob-store-(.+)$/, "blob store $1"],
  [/^routing-rule-(.+)$/, "routing rule $1"],
  [/^(repository|privilege|role|account|certificate|task)-(.+)$/, "$1 $2"],
  [/^(.+)-secret$/, "password of $1"],
  [/^(.+)-ready$/, "access to $1"],
];

function ofNexus(kind: string, name: string): Thing | undefined {
  const own = /^registry-(.+)$/.exec(name)?.[1];
  if (own === undefined || !/^(nexus:|randomPassword:|RandomPassword)/.test(kind)) return undefined;
  const [form, words] = IN_NEXUS.find(([one]) => one.test(own)) ?? [/-/g, " "];
  return { whose: "Nexus", what: own.replace(form, words) };
}

function ofGitlab(type: string, name: string): Thing | undefined {
  const own = /^gitlab(?:-project)?-(.+)$/.exec(name)?.[1];
  return own === undefined || !type.startsWith("gitlab:")
    ? undefined
    : { whose: "GitLab", what: own.replaceAll("-", " ") };
}

/** `container`, `docker provider`: the last part of a type, in words. */
function plain(type: string): string {
  const words = type
    .replace(/^.*:/, "")
    .replace(/(?<=[a-z])(?=[A-Z])/g, " ")
    .toLowerCase();
  return type.startsWith("pulumi:providers:") ? `${words} provider` : words;
}
