import { mayPush } from "../git/branch-rules";
import { Repository } from "../git/repository";
import { type FileChange, writeCommit } from "../git/write-commit";
import { Level, mustRead, mustWrite } from "./base/caller";
import { ApiFailure, badParameter, failure, notInSandbox } from "./base/failure";
import type { ApiAnswer, ApiRequest, Body } from "./base/request";
import { commitJson } from "./commit-json";
import { protectedBranches } from "./protected-refs";

/** GitLab's answers to a commit that can't be made: 400, without the number before the words. */
const refused = (words: string) => new ApiFailure(400, { message: words });

export async function getCommit(request: ApiRequest): Promise<ApiAnswer> {
  mustRead(request.caller);
  const repository = await Repository.of(request.dir, request.project).ensure();
  const commit = await repository.commitOf(request.parts[0] ?? "");
  if (!commit) throw failure(404, "Commit Not Found");
  return { status: 200, body: await commitJson(commit, repository, request) };
}

/** Commits to one repository, one after the other. */
const queues = new Map<string, Promise<unknown>>();

/**
 * A commit of several actions: create, update and delete, each with `last_commit_id` as its guard; on top of the branch, or with
 * `start_branch` on top of another, and with `force` in place of what was there (GitLab's app/services/commits/create_service.rb).
 */
export async function createCommit(request: ApiRequest): Promise<ApiAnswer> {
  const { caller, store, project, body, dir } = request;
  mustWrite(caller, Level.guest);
  const [branch, message, actions] = [
    body.text("branch"),
    body.text("commit_message"),
    body.objects("actions"),
  ];
  for (const name of ["start_sha", "start_project"])
    if (body.has(name)) throw notInSandbox(`commits with ${name}`);
  if (!mayPush(caller.token, branch, protectedBranches(store, project)))
    throw failure(403, "Forbidden - You are not allowed to push into this branch");
  const repository = await Repository.of(dir, project).ensure();
  const start = body.optional("start_branch") ?? branch;
  const wish = { branch, start, force: body.flag("force"), message, actions };
  const before = queues.get(repository.path) ?? Promise.resolve();
  const made = before.catch(() => {}).then(() => commit(request, repository, wish));
  queues.set(repository.path, made);
  return { status: 201, body: await commitJson(await made, repository, request) };
}

interface Wish {
  readonly branch: string;
  /** The branch that it begins at. */
  readonly start: string;
  readonly force: boolean;
  readonly message: string;
  readonly actions: readonly Body[];
}

async function commit(request: ApiRequest, repository: Repository, wish: Wish): Promise<string> {
  const { branch, start, force, message, actions } = wish;
  if (!(await repository.ask("check-ref-format", "--branch", branch)))
    throw refused("Branch name is invalid");
  const [head, parent] = await Promise.all([branch, start].map((name) => repository.branch(name)));
  if (!parent && !(await repository.isEmpty()))
    throw refused("You can only create or edit files when you are on a branch");
  if (head && start !== branch && !force)
    throw refused(
      `A branch called '${branch}' already exists. Switch to that branch in order to make changes`,
    );
  const changes: FileChange[] = [];
  for (const action of actions) changes.push(await changeOf(action, repository, parent));
  const { username, name } = request.caller.user;
  const committer = { name, email: `${username}@noreply.localhost` };
  const author = {
    name: request.body.optional("author_name") ?? committer.name,
    email: request.body.optional("author_email") ?? committer.email,
  };
  const made = await writeCommit(repository, { branch, parent, head, message, author, committer, changes });
  if (!made) throw refused(`Could not update refs/heads/${branch}. Please refresh and try again.`);
  await repository.adoptFirstBranch();
  return made;
}

async function changeOf(action: Body, repository: Repository, head: string | undefined): Promise<FileChange> {
  const [kind, path] = [action.text("action"), pathIn(action)];
  if (kind === "move" || kind === "chmod") throw notInSandbox(`commits with the action ${kind}`);
  if (kind !== "create" && kind !== "update" && kind !== "delete")
    throw badParameter("actions[0][action] does not have a valid value");
  const known = head && (await repository.ask("cat-file", "-t", `${head}:${path}`)) === "blob";
  if (kind === "create" && known) throw refused("A file with this name already exists");
  if (kind !== "create" && !known) throw refused("A file with this name doesn't exist");
  const last = action.optional("last_commit_id");
  if (kind !== "create" && last && (await hasChanged(repository, { path, head: head!, since: last })))
    throw refused(`The file has changed since you started editing it: ${path}`);
  return { path, content: kind === "delete" ? undefined : contentIn(action) };
}

/** As GitLab asks (app/services/files/base_service.rb): a commit that it doesn't know, or without the file, is no reason. */
async function hasChanged(
  repository: Repository,
  { path, head, since }: { readonly path: string; readonly head: string; readonly since: string },
): Promise<boolean> {
  const known = await repository.lastCommit(since, path);
  return known !== undefined && known !== (await repository.lastCommit(head, path));
}

function pathIn(action: Body): string {
  const path = action.text("file_path").replace(/^\//, "");
  const isWrong = path.split("/").some((part) => ["", ".", "..", ".git"].includes(part.toLowerCase()));
  if (isWrong) throw refused("Invalid file path");
  return path;
}

function contentIn(action: Body): Buffer {
  const encoding = action.optional("encoding") ?? "text";
  if (encoding !== "text" && encoding !== "base64")
    throw badParameter("actions[0][encoding] does not have a valid value");
  return Buffer.from(action.text("content"), encoding === "text" ? "utf8" : "base64");
}
