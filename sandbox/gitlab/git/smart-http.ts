import { spawn } from "node:child_process";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { readTokens } from "../access-tokens";
import { protectedBranches } from "../api/protected-refs";
import type { ApiStore } from "../api/store";
import { basicCredentials } from "../basic-credentials";
import { rulesText } from "./branch-rules";
import { type GitAccess, type GitService, gitAccess } from "./git-access";
import { isolated } from "./git-environment";
import { Pushed } from "./pushed";
import { Repository } from "./repository";

/** A fetch or a push in one of its two requests (gitprotocol-http, "smart" clients). */
interface GitRequest {
  readonly project: string;
  readonly service: GitService;
  /** Below the repository: `info/refs`, or the service. */
  readonly rest: string;
  readonly query: string;
}

const PATH = /^\/(.+)\.git\/(info\/refs|git-upload-pack|git-receive-pack)$/;

/** Undefined where it isn't git that asks. */
export function gitRequest({ method, url = "/" }: IncomingMessage): GitRequest | undefined {
  const [path = "", query = ""] = url.split("?");
  const [, project, rest] = PATH.exec(path) ?? [];
  if (!project || !rest) return undefined;
  const isAdvertisement = rest === "info/refs";
  if (method !== (isAdvertisement ? "GET" : "POST")) return undefined;
  const service = isAdvertisement ? new URLSearchParams(query).get("service") : rest;
  if (service !== "git-upload-pack" && service !== "git-receive-pack") return undefined;
  return { project, service, rest, query };
}

/** Serves it by git's own `http-backend`; what is sent either way is streamed. */
export async function serveGit(
  dir: string,
  store: ApiStore,
  wish: GitRequest,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const login = basicCredentials(request.headers.authorization);
  const access = gitAccess(readTokens(dir), wish.project, wish.service, login);
  if ("status" in access) {
    const { status, words } = access;
    const challenge = status === 401 && { "WWW-Authenticate": 'Basic realm="GitLab"' };
    response.writeHead(status, { "Content-Type": "text/plain", ...challenge });
    request.resume();
    response.end(`${words}\n`);
    return;
  }
  const repository = await Repository.of(dir, access.project).ensure();
  const rules = rulesText(access.token, protectedBranches(store, access.project));
  const environment = { ...cgiEnvironment(wish, request, repository, access), BERTH_GIT_RULES: rules };
  if (wish.rest !== "git-receive-pack") return runBackend(environment, request, response);
  const pushed = new Pushed();
  try {
    await runBackend({ ...environment, BERTH_PUSHED: pushed.file }, request, response);
    await repository.adoptFirstBranch();
    const address = new URL(`http://${request.headers.host}`);
    await pushed.carryOut({ dir, store, ...access, address });
  } finally {
    pushed.remove();
  }
}

function cgiEnvironment(
  { rest, query }: GitRequest,
  { method, headers }: IncomingMessage,
  repository: Repository,
  { token }: GitAccess,
): NodeJS.ProcessEnv {
  const given = (name: string, value: string | undefined) => (value === undefined ? {} : { [name]: value });
  return {
    ...isolated(),
    GIT_PROJECT_ROOT: repository.root,
    GIT_HTTP_EXPORT_ALL: "1",
    PATH_INFO: `/${repository.project}.git/${rest}`,
    QUERY_STRING: query,
    REQUEST_METHOD: method,
    REMOTE_USER: token.name,
    REMOTE_ADDR: "127.0.0.1",
    ...given("CONTENT_TYPE", headers["content-type"]),
    ...given("CONTENT_LENGTH", headers["content-length"]),
    ...given("HTTP_CONTENT_ENCODING", headers["content-encoding"]),
    ...given("GIT_PROTOCOL", String(headers["git-protocol"] ?? "") || undefined),
  };
}

async function runBackend(
  env: NodeJS.ProcessEnv,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const child = spawn("git", ["http-backend"], { env, stdio: ["pipe", "pipe", "inherit"] });
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", () => resolve());
  });
  // A client that goes away takes its git with it, and what that has started; half a push changes nothing.
  response.once("close", () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.kill();
  });
  request.pipe(child.stdin);
  child.stdin.once("error", () => request.unpipe(child.stdin).resume());
  await Promise.all([ended, answer(child.stdout, response)]).catch((error: Error) => {
    if (!response.destroyed) throw error;
  });
}

/** CGI's answer: header lines (one may be `Status`), an empty line, then the body. */
async function answer(output: Readable, response: ServerResponse): Promise<void> {
  let head = Buffer.alloc(0);
  for await (const chunk of output.iterator({ destroyOnReturn: false })) {
    head = Buffer.concat([head, chunk as Buffer]);
    if (head.includes("\r\n\r\n")) break;
  }
  const end = head.indexOf("\r\n\r\n");
  if (end < 0) throw new Error("git http-backend ended without an answer");
  const lines = head.subarray(0, end).toString("latin1").split("\r\n");
  const headers = lines.map(
    (line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()] as const,
  );
  const status = headers.find(([name]) => name.toLowerCase() === "status")?.[1];
  response.writeHead(
    Number.parseInt(status ?? "200", 10),
    Object.fromEntries(headers.filter(([name]) => name.toLowerCase() !== "status")),
  );
  response.write(head.subarray(end + 4));
  await pipeline(output, response);
}
