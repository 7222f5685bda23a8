import { execFile } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { filesOf, tarOf } from "../../../components/docker/tar";

/** A container of the test's Docker, whose files are a folder of this machine. */
export class FolderContainer {
  /** What Docker says of it at the n-th inspection; undefined: it is gone. */
  state: (inspection: number) => object | undefined = () => ({ Running: true });
  /** More of an inspection: `Config` with the health check, `RestartCount`. */
  inspection: object = {};
  logs = "";
  /** Answers commands that are not to be run: its own health check. */
  command: (command: string[]) => { exitCode: number; output: string } | undefined = () => undefined;
  labels: Record<string, string> = {};
  inspections = 0;

  constructor(
    readonly name: string,
    readonly root: string,
    readonly volume: string | undefined,
  ) {}

  get isRunning(): boolean {
    return (this.state(this.inspections || 1) as { Running?: boolean } | undefined)?.Running === true;
  }

  path(inside: string): string {
    return join(this.root, inside);
  }

  read(inside: string): string | undefined {
    const file = this.path(inside);
    return existsSync(file) ? readFileSync(file, "utf8") : undefined;
  }

  write(inside: string, text: string): void {
    mkdirSync(dirname(this.path(inside)), { recursive: true });
    writeFileSync(this.path(inside), text);
  }

  list(inside: string): string[] {
    return existsSync(this.path(inside)) ? readdirSync(this.path(inside)).sort() : [];
  }

  /** What its Caddy or nginx was asked to load, in order: the texts of all sites at that time. */
  get loads(): string[] {
    return this.list("loads").map((file) => this.read(`loads/${file}`)!);
  }

  /** Its software refuses a configuration that has this text in it. */
  refuses(text: string, because = "it is refused"): void {
    this.write("refuses", text);
    this.write("because", because);
  }
}

/** What stands for Caddy and for nginx in a container: it keeps what it was asked to load, and may refuse. */
const SOFTWARE = `#!/bin/sh
set -eu
all=$(cat ROOT/config/apps/* ROOT/config/sites/* ROOT/etc/*/main/* ROOT/etc/nginx/next.conf 2>/dev/null || true)
if [ -e ROOT/refuses ] && echo "$all" | grep -qF -- "$(cat ROOT/refuses)"; then cat ROOT/because; exit 1; fi
case "$*" in -t*) exit 0;; esac
mkdir -p ROOT/loads
echo "$all" > ROOT/loads/$(ls ROOT/loads | wc -l | xargs printf %04d)
`;

/**
 * As much of the Docker API, on a unix socket, as edges, health checks and logs take. Commands in a container run for real,
 * with the container's folder in place of its root, so that a test looks at files and not at how they came there.
 */
export class FolderDocker {
  readonly containers = new Map<string, FolderContainer>();
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-folders-"));
  private readonly execs: { container: FolderContainer; command: string[]; exitCode?: number }[] = [];
  private readonly server = createServer((request, response) => {
    this.answer(request, response).catch((error: Error) => json(response, 500, { message: error.message }));
  });

  static async start(): Promise<FolderDocker> {
    const docker = new FolderDocker();
    await new Promise<void>((resolve) => docker.server.listen(join(docker.folder, "docker.sock"), resolve));
    return docker;
  }

  get address(): string {
    return `unix://${join(this.folder, "docker.sock")}`;
  }

  /** @param volume mounted at /config */
  add(name: string, volume?: string): FolderContainer {
    const root = join(this.folder, name);
    for (const inside of ["etc/caddy", "etc/nginx", "tmp", "bin", "run/secrets", "proc/net"])
      mkdirSync(join(root, inside), { recursive: true });
    for (const file of ["tcp", "tcp6"]) writeFileSync(join(root, "proc/net", file), "");
    if (volume !== undefined) {
      mkdirSync(join(this.folder, "volumes", volume), { recursive: true });
      symlinkSync(join(this.folder, "volumes", volume), join(root, "config"));
    }
    for (const software of ["caddy", "nginx"]) {
      writeFileSync(join(root, "bin", software), SOFTWARE.replaceAll("ROOT", root));
      chmodSync(join(root, "bin", software), 0o755);
    }
    const container = new FolderContainer(name, root, volume);
    this.containers.set(name, container);
    return container;
  }

  close(): void {
    this.server.closeAllConnections();
    this.server.close();
    rmSync(this.folder, { recursive: true });
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request);
    const url = new URL(request.url!, "http://docker");
    const [, what, id = "", verb] = url.pathname.split("/");
    if (what === "containers" && id === "json") return json(response, 200, this.listed(url));
    if (what === "exec") return this.exec(Number(id), verb!, response);
    const container = this.containers.get(id);
    if (what !== "containers" || !container)
      return json(response, 404, { message: `No such container: ${id}` });
    if (verb === "json") return inspected(container, response);
    if (verb === "archive")
      return archived(container, url.searchParams.get("path")!, request, body, response);
    if (verb === "logs") {
      response.writeHead(200).end(frame(container.logs));
      return;
    }
    if (verb !== "exec") return json(response, 500, { message: `not in this Docker: ${request.url}` });
    this.execs.push({ container, command: (JSON.parse(body.toString()) as { Cmd: string[] }).Cmd });
    return json(response, 201, { Id: String(this.execs.length - 1) });
  }

  private listed(url: URL): object[] {
    const { volume } = JSON.parse(url.searchParams.get("filters") ?? "{}") as { volume?: string[] };
    const all = ["1", "true"].includes(url.searchParams.get("all") ?? "");
    return [...this.containers.values()]
      .filter((one) => (all || one.isRunning) && (!volume || volume.includes(one.volume ?? "")))
      .map(({ name, labels }) => ({ Id: name, Names: [`/${name}`], Labels: labels, Ports: [] }));
  }

  private async exec(id: number, verb: string, response: ServerResponse): Promise<void> {
    const exec = this.execs[id]!;
    if (verb === "json") return json(response, 200, { ExitCode: exec.exitCode });
    const { container, command } = exec;
    const done = container.command(command) ?? (await run(container, command));
    exec.exitCode = done.exitCode;
    response.writeHead(200, { "content-type": "application/vnd.docker.raw-stream" }).end(frame(done.output));
  }
}

function inspected(container: FolderContainer, response: ServerResponse): void {
  container.inspections += 1;
  const state = container.state(container.inspections);
  const { name: Id, volume: Name, inspection } = container;
  if (!state) {
    json(response, 404, { message: `No such container: ${Id}` });
    return;
  }
  const Mounts = Name === undefined ? [] : [{ Destination: "/config", Name }];
  json(response, 200, { Id, RestartCount: 0, Config: {}, Mounts, State: state, ...inspection });
}

async function archived(
  container: FolderContainer,
  path: string,
  { method }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
) {
  if (method === "PUT") {
    for (const [name, content] of await filesOf(body)) container.write(join(path, name), content.toString());
    return json(response, 200, {});
  }
  const file = container.path(path);
  if (!existsSync(file)) return json(response, 404, { message: "no such path" });
  const inside = statSync(file).isDirectory()
    ? readdirSync(file, { recursive: true, encoding: "utf8" }).filter((name) =>
        statSync(join(file, name)).isFile(),
      )
    : [""];
  const entries = inside.map((name) => ({
    name: join(basename(path), name),
    mode: 0o644,
    content: readFileSync(join(file, name)),
  }));
  response.writeHead(200, { "content-type": "application/x-tar" }).end(await tarOf(entries));
}

/** Absolute paths of the command lead into the container's folder. */
function run({ root }: FolderContainer, command: string[]): Promise<{ exitCode: number; output: string }> {
  const [program = "", ...words] = command.map((word) =>
    word
      .replace(/(?<![\w.}/])\/(config|etc|tmp|run|proc)\b/g, `${root}/$1`)
      .replace(/undo(\.new)?\/config/g, `undo$1${root}/config`),
  );
  const env = { ...process.env, PATH: `${join(root, "bin")}:${process.env["PATH"]}` };
  return new Promise((resolve) => {
    execFile(program, words, { env }, (error, stdout, stderr) =>
      resolve({
        exitCode: typeof error?.code === "number" ? error.code : Number(Boolean(error)),
        output: stdout + stderr,
      }),
    );
  });
}

function json(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}
