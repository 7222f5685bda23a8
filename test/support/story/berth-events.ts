import type { EngineEvent } from "@pulumi/pulumi/automation";

/** A resource of Berth's program, as the engine's events name it. */
export interface Made {
  readonly op?: string;
  /** The types of the components around it, and its own: `berth:app:AppImage$docker:index/image:Image`. */
  readonly type: string;
  readonly name: string;
  /** The name of the component that it is in. */
  readonly parent?: string;
  readonly inputs?: object;
  readonly outputs?: object;
  /** Milliseconds that it takes. */
  readonly takes: number;
  /** What it says meanwhile. */
  readonly says?: string;
}

const urnOf = ({ type, name }: Made) => `urn:pulumi:dev::berth::${type}::${name}`;

/** In the form of the real engine's events, of which 3-update has recorded ones. */
function metadataOf(made: Made, outputs: object) {
  const { op = "create", type, parent = "berth-dev", inputs = {} } = made;
  const side = { custom: true, parent: `urn:pulumi:dev::berth::x::${parent}`, inputs, outputs };
  const isDelete = op.startsWith("delete");
  const sides = isDelete ? { old: side, new: null } : { old: null, new: side };
  return { op, urn: urnOf(made), type: type.split("$").at(-1), ...sides };
}

const event = (told: object) => told as unknown as EngineEvent;

export const begins = (made: Made) => event({ resourcePreEvent: { metadata: metadataOf(made, {}) } });
export const ends = (made: Made) =>
  event({ resOutputsEvent: { metadata: metadataOf(made, made.outputs ?? {}) } });
export const fails = (made: Made) => event({ resOpFailedEvent: { metadata: metadataOf(made, {}) } });
export const says = (made: Made, message: string, severity = "info") =>
  event({ diagnosticEvent: { urn: urnOf(made), message: `${message}\n`, severity, color: "never" } });

const dynamic = (id: string) => `pulumi-nodejs:dynamic/${id}`;
const IMAGE = "docker:index/remoteImage:RemoteImage";
const CONTAINER = "docker:index/container:Container";

/** A first update of a stack with one app on two servers, in the order of the engine. */
export const FIRST_UP: readonly Made[] = [
  { type: `berth:nexus:NexusHost$${IMAGE}`, name: "nexus-image", parent: "nexus", takes: 600 },
  { type: `berth:nexus:NexusHost$${CONTAINER}`, name: "nexus-container", parent: "nexus", takes: 700 },
  {
    type: `berth:nexus:NexusConfiguration$${dynamic("nexus:RegistryReady")}`,
    name: "registry-ready",
    parent: "registry",
    takes: 800,
  },
  {
    type: `berth:app:AppImage$${dynamic("nexus:BaseAvailable")}`,
    name: "blog-base-available",
    parent: "blog",
    inputs: { image: "nexus.test:8082/python:3.11-slim" },
    takes: 100,
  },
  {
    type: `berth:app:AppImage$${IMAGE}`,
    name: "blog-base",
    parent: "blog",
    inputs: { name: "nexus.test:8082/python:3.11-slim" },
    outputs: { repoDigest: `nexus.test:8082/python@sha256:84ff0c5a6b21${"0".repeat(52)}` },
    takes: 300,
  },
  {
    type: "berth:app:AppImage$docker:index/image:Image",
    name: "blog-image",
    parent: "blog",
    inputs: { imageName: "gitlab.test:5050/team/blog:f342e05a91c0" },
    says: "[2/3] RUN pip install --requirement requirements.txt",
    takes: 22_800,
  },
  {
    type: "berth:registry:Republish$command:local:Command",
    name: "blog-copy",
    parent: "blog",
    inputs: { environment: { BERTH_TARGET: "nexus.test:8082/blog:f342e05a91c0" } },
    outputs: { stdout: JSON.stringify({ digest: "d", blobs: { copied: 4, bytesCopied: 41_000_000 } }) },
    says: "Copying blobs: 3 of 4, 20.5 MB",
    takes: 2_100,
  },
  {
    type: dynamic("registry:KeptTags"),
    name: "blog-kept-tags",
    inputs: { app: "blog", tag: "f342e05a91c0" },
    takes: 100,
  },
  ...["web1", "web2"].map((server) => ({
    type: `berth:app:AppDeployment$${IMAGE}`,
    name: `blog-${server}-image`,
    parent: "blog",
    takes: 1_500,
  })),
  {
    type: `berth:app:AppDeployment$${dynamic("deploy:ReleaseCommand")}`,
    name: "blog-release",
    parent: "blog",
    takes: 2_300,
  },
  ...["web1", "web2"].map((server) => ({
    type: `berth:app:AppDeployment$${CONTAINER}`,
    name: `blog-${server}-container`,
    parent: "blog",
    takes: 500,
  })),
  {
    type: `berth:app:AppDeployment$${dynamic("deploy:Traffic")}`,
    name: "blog-traffic",
    parent: "blog",
    inputs: { servers: [{ name: "web1" }, { name: "web2" }] },
    takes: 1_400,
  },
  {
    type: `berth:app:AppDeployment$${dynamic("deploy:Smoke")}`,
    name: "blog-smoke",
    parent: "blog",
    inputs: { path: "/health" },
    takes: 200,
  },
  {
    type: `berth:app:AppDeployment$${dynamic("deploy:OldImages")}`,
    name: "blog-old-images",
    parent: "blog",
    outputs: { told: ["web1, web2: removed 1 image of blog, 82.0 MB"] },
    takes: 300,
  },
  {
    type: dynamic("gitops:ReleaseFile"),
    name: "blog-gitops",
    inputs: { app: "blog", project: "platform/clusters", branch: "main", path: "prod/blog/values.yaml" },
    outputs: {
      outcome: "commit https://gitlab.test/platform/clusters/-/commit/0f1e2d3c4b5a69788796a5b4c3d2e1f0",
    },
    takes: 400,
  },
  {
    type: dynamic("gitops:Rollout"),
    name: "blog-rollout",
    inputs: { app: "blog", namespace: "blog", deployment: "web" },
    takes: 31_000,
  },
  {
    op: "delete-replaced",
    type: `berth:app:AppDeployment$${CONTAINER}`,
    name: "blog-web1-container",
    parent: "blog",
    takes: 1_200,
  },
];
