import { isProtected, mayPush } from "../git/branch-rules";
import { Repository } from "../git/repository";
import { mustRead } from "./base/caller";
import { failure } from "./base/failure";
import { paginate } from "./base/pagination";
import type { ApiAnswer, ApiRequest, Route } from "./base/request";
import { commitJson } from "./commit-json";
import { createCommit, getCommit } from "./commits";
import { protectedBranches } from "./protected-refs";
import { getFile, getRawFile } from "./repository-files";

/** What is in the project's git repository. */
export const repositoryRoutes: readonly Route[] = [
  ["GET", "/repository/branches", listBranches],
  ["GET", "/repository/branches/*", getBranch],
  ["GET", "/repository/tags", listTags],
  ["GET", "/repository/tags/*", getTag],
  ["GET", "/repository/tree", listTree],
  ["GET", "/repository/files/*", getFile],
  ["HEAD", "/repository/files/*", getFile],
  ["GET", "/repository/files/*/raw", getRawFile],
  ["POST", "/repository/commits", createCommit],
  ["GET", "/repository/commits/*", getCommit],
];

async function listBranches(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const repository = await Repository.of(request.dir, request.project).ensure();
  const search = request.address.searchParams.get("search") ?? "";
  const names = (await repository.names("refs/heads")).filter((name) => name.includes(search));
  const { items, headers } = paginate(names, request.address);
  const body = await Promise.all(items.map((name) => branchJson(name, repository, request)));
  return { status: 200, body, headers };
}

async function getBranch(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const repository = await Repository.of(request.dir, request.project).ensure();
  const [name = ""] = request.parts;
  if (!(await repository.branch(name))) throw failure(404, "Branch Not Found");
  return { status: 200, body: await branchJson(name, repository, request) };
}

async function listTags(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const repository = await Repository.of(request.dir, request.project).ensure();
  const { items, headers } = paginate((await repository.names("refs/tags")).reverse(), request.address);
  return {
    status: 200,
    body: await Promise.all(items.map((name) => tagJson(name, repository, request))),
    headers,
  };
}

async function getTag(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const repository = await Repository.of(request.dir, request.project).ensure();
  const [name = ""] = request.parts;
  if (!(await repository.names("refs/tags")).includes(name)) throw failure(404, "Tag Not Found");
  return { status: 200, body: await tagJson(name, repository, request) };
}

/** Files and folders below a path, with `recursive` all the way down. */
async function listTree(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const { address, dir, project } = request;
  const asked = (name: string) => address.searchParams.get(name) ?? "";
  const repository = await Repository.of(dir, project).ensure();
  const commit = await repository.commitOf(asked("ref") || "HEAD");
  if (!commit) throw failure(404, "Tree Not Found");
  const path = asked("path").replace(/\/$/, "");
  const below = path === "" ? [] : ["--", `${path}/`];
  const deep = asked("recursive") === "true" ? ["-r", "-t"] : [];
  const listed = await repository.git(["ls-tree", "-z", "--full-tree", ...deep, commit, ...below]);
  const entries = listed.toString("utf8").split("\0").flatMap(treeEntry);
  // With -t the folders on the way are listed, too.
  const found = entries.filter((entry) => path === "" || entry.path.startsWith(`${path}/`));
  if (found.length === 0 && path !== "") throw failure(404, "invalid revision or path Not Found");
  const { items, headers } = paginate(found, address);
  return { status: 200, body: items, headers };
}

function treeEntry(line: string) {
  const [, mode, type, id, path = ""] = /^(\d{6}) (blob|tree|commit) ([0-9a-f]{40})\t(.*)$/s.exec(line) ?? [];
  return path === "" ? [] : [{ id, name: path.replace(/^.*\//, ""), type, path, mode }];
}

async function branchJson(name: string, repository: Repository, request: ApiRequest): Promise<object> {
  const { caller, store, project, address } = request;
  const rules = protectedBranches(store, project);
  return {
    name,
    merged: false,
    default: name === (await repository.defaultBranch()),
    protected: isProtected(name, rules),
    can_push: mayPush(caller.token, name, rules),
    web_url: `${address.origin}/${project}/-/tree/${name}`,
    commit: await commitJson((await repository.branch(name))!, repository, request),
  };
}

async function tagJson(name: string, repository: Repository, request: ApiRequest): Promise<object> {
  const target = (await repository.ask("rev-parse", `refs/tags/${name}`))!;
  const commit = (await repository.ask("rev-parse", `refs/tags/${name}^{commit}`))!;
  return {
    name,
    target,
    message: "",
    protected: false,
    commit: await commitJson(commit, repository, request),
  };
}
