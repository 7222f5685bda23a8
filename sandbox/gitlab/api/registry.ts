import { existsSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { Level, mustReadAsJobToo, mustWriteAsJobToo } from "./base/caller";
import { failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest } from "./base/request";

/** The registry's repositories below the project, in the storage of distribution 2 (its filesystem driver). */
export function listRegistryRepositories(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const { items, headers } = paginate(repositoriesOf(request), request.address);
  return { status: 200, body: items.map((path) => repositoryJson(path, request)), headers };
}

/** Names and paths only, as GitLab's own list. */
export function listRegistryTags(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const path = findRepository(request);
  const { items, headers } = paginate(tagsOf(request, path), request.address);
  return { status: 200, body: items.map((name) => tagJson(request, path, name)), headers };
}

export function getRegistryTag(request: ApiRequest): ApiAnswer {
  mustReadAsJobToo(request.caller);
  const path = findRepository(request);
  const name = findTag(request, path);
  const link = join(tagDirectory(request, path, name), "current", "link");
  const digest = readFileSync(link, "utf8").trim();
  const revision = digest.slice("sha256:".length);
  const created_at = statSync(link).mtime.toISOString();
  const told = { revision, short_revision: revision.slice(0, 9), digest, created_at };
  return {
    status: 200,
    body: { ...tagJson(request, path, name), ...told, total_size: sizeOf(request, digest) },
  };
}

/** The tag alone, as GitLab's own registry does it: what it pointed to stays under its digest until garbage is collected. */
export function deleteRegistryTag(request: ApiRequest): ApiAnswer {
  mustWriteAsJobToo(request.caller, Level.developer);
  const path = findRepository(request);
  rmSync(tagDirectory(request, path, findTag(request, path)), { recursive: true });
  return { status: 200 };
}

const rootOf = ({ dir }: ApiRequest) => join(dir, "registry", "docker", "registry", "v2");

function repositoriesOf(request: ApiRequest): string[] {
  const walk = (path: string): string[] => {
    const directory = join(rootOf(request), "repositories", path);
    const names = existsSync(directory) ? readdirSync(directory) : [];
    const below = names.filter((name) => !name.startsWith("_")).flatMap((name) => walk(`${path}/${name}`));
    return names.includes("_manifests") ? [path, ...below] : below;
  };
  return walk(request.project).sort();
}

function findRepository(request: ApiRequest): string {
  const found = repositoriesOf(request).find((path) => idOf(path, request) === request.numbers[0]);
  if (found === undefined) throw failure(404, "Not found");
  return found;
}

function tagsOf(request: ApiRequest, path: string): string[] {
  const directory = tagDirectory(request, path, "");
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return names.filter((name) => existsSync(join(directory, name, "current", "link"))).sort();
}

function findTag(request: ApiRequest, path: string): string {
  const [name] = request.parts;
  const found = tagsOf(request, path).find((one) => one === name);
  if (found === undefined) throw failure(404, "Tag Not Found");
  return found;
}

function tagDirectory(request: ApiRequest, path: string, tag: string): string {
  return join(rootOf(request), "repositories", path, "_manifests", "tags", tag);
}

/** Of configuration and layers; null for an index, as GitLab says it. */
function sizeOf(request: ApiRequest, digest: string): number | null {
  const hex = digest.slice("sha256:".length);
  const file = join(rootOf(request), "blobs", "sha256", hex.slice(0, 2), hex, "data");
  const manifest = JSON.parse(readFileSync(file, "utf8")) as {
    config?: { size: number };
    layers?: { size: number }[];
  };
  return manifest.layers?.reduce((sum, { size }) => sum + size, manifest.config?.size ?? 0) ?? null;
}

const idOf = (path: string, { store }: ApiRequest) => store.idOf(`repository ${path}`);

function repositoryJson(path: string, request: ApiRequest): object {
  const { project, store, address } = request;
  const name = path === project ? "" : path.slice(project.length + 1);
  const ids = { id: idOf(path, request), project_id: store.idOf(`project ${project}`) };
  return { ...ids, name, path, location: `${address.host}/${path}`, cleanup_policy_started_at: null };
}

function tagJson({ address }: ApiRequest, path: string, name: string): object {
  return { name, path: `${path}:${name}`, location: `${address.host}/${path}:${name}` };
}
