import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

interface Exec {
  readonly command: string[];
  readonly env: string[];
}

interface Ran {
  readonly exitCode: number;
  readonly output: string;
}

interface Labelled {
  readonly Labels?: Readonly<Record<string, string>>;
}

/** A status with what Docker says to it. */
type Answer = readonly [status: number, body: object];

export interface DockerScript {
  /** `State` of a container at its n-th inspection; undefined: there is no such container. */
  state(container: string, inspection: number): object | undefined;
  exec(container: string, exec: Exec): Ran | Promise<Ran>;
  /** A text, or its messages of which each is a frame. */
  logs?: string | readonly string[];
  /** What is in the container's folder /run/secrets, as a tar archive; without it there is no such folder. */
  secrets?: Buffer;
  /** What is at another path of a container, as a tar archive; undefined: nothing. */
  archive?(container: string, path: string): Buffer | undefined | Promise<Buffer | undefined>;
  /** The rest of an inspection: `Config` with the health check, `RestartCount`. */
  inspection?: object;
  /** What `docker ps`, `docker network ls` and `docker volume ls` list; filters of labels count where there are `Labels`. */
  containers?: object[];
  networks?: object[];
  volumes?: object[];
  /** What `docker info` tells. */
  info?: object;
  /** What `docker images` lists. */
  images?(): object[];
  /** What comes of the removal of an image's name, by that name. */
  untagged?(name: string): Answer;
  /** What an inspection of any image tells, and the daemon's version. */
  image?: object;
  version?: object;
  /** A container's end, which is waited for. @default it has ended */
  end?(container: string): Promise<void>;
  /** Hears of a change of a container (start, stop, restart, kill, rename); gives the status of the answer. @default 204 */
  changed?(container: string, verb: string): number | Promise<number>;
  /** What comes of a login at a registry, by the body of `POST /auth`; a text is Docker's refusal. */
  auth?(login: object): string | undefined;
  /** Hears of every request: `POST /containers/door/stop`. */
  seen?(request: string): void;
}

/** As much of the Docker API, on a unix socket, as waiting for health and running a command in a container take. */
export async function scriptedDocker(script: DockerScript) {
  const folder = mkdtempSync(join(tmpdir(), "berth-docker-"));
  const socket = join(folder, "docker.sock");
  const execs: (Exec & { container: string })[] = [];
  const exitCodes: number[] = [];
  const inspections = new Map<string, number>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    script.seen?.(`${request.method} ${request.url}`);
    const [, what, id, verb] = request.url!.split("?")[0]!.split("/");
    const json = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (what === "auth" && script.auth) {
      const message = script.auth(JSON.parse(Buffer.concat(chunks).toString()));
      return message === undefined ? json(200, { Status: "Login Succeeded" }) : json(500, { message });
    }
    if (what === "info") return json(200, script.info ?? {});
    const asked = (all: readonly object[] = []) => all.filter(fits(request.url!));
    if (what === "containers" && id === "json") return json(200, asked(script.containers));
    if (what === "networks" && id === undefined) return json(200, asked(script.networks));
    if (what === "volumes" && id === undefined) return json(200, { Volumes: asked(script.volumes) });
    if (what === "networks" && request.method === "DELETE") return response.writeHead(204).end();
    if (what === "images" && id === "json") return json(200, script.images?.() ?? []);
    if (what === "images" && request.method === "DELETE" && script.untagged)
      return json(...script.untagged(request.url!.slice("/images/".length).split("?")[0]!));
    if (what === "containers" && verb === "json") {
      const count = (inspections.get(id!) ?? 0) + 1;
      inspections.set(id!, count);
      const state = script.state(id!, count);
      return state
        ? json(200, { Id: id, RestartCount: 0, Config: {}, State: state, ...script.inspection })
        : json(404, { message: `No such container: ${id}` });
    }
    if (what === "containers" && verb === "archive") {
      const path = new URL(request.url!, "http://docker").searchParams.get("path")!;
      const archive = path === "/run/secrets" ? script.secrets : await script.archive?.(id!, path);
      if (!archive) return json(404, { message: "no such path" });
      return response.writeHead(200, { "content-type": "application/x-tar" }).end(archive);
    }
    if (what === "containers" && verb === "logs")
      return response.writeHead(200).end(Buffer.concat([script.logs ?? ""].flat().map(frame)));
    if (what === "containers" && request.method === "DELETE") return response.writeHead(204).end();
    if (what === "containers" && verb === "wait") {
      await script.end?.(id!);
      return json(200, { StatusCode: 0 });
    }
    if (what === "containers" && verb === "update") return json(200, { Warnings: [] });
    if (what === "containers" && ["start", "stop", "restart", "kill", "rename"].includes(verb!))
      return response.writeHead((await script.changed?.(id!, verb!)) ?? 204).end();
    if (what === "containers" && verb === "exec") {
      const { Cmd, Env } = JSON.parse(Buffer.concat(chunks).toString());
      execs.push({ container: id!, command: Cmd, env: Env ?? [] });
      return json(201, { Id: String(execs.length - 1) });
    }
    if (what === "images" && script.image) return json(200, script.image);
    if (what === "version" && script.version) return json(200, script.version);
    const exec = execs[Number(id)];
    if (what !== "exec" || !exec) return json(500, { message: `not in the script: ${request.url}` });
    if (verb === "json") return json(200, { ExitCode: exitCodes[Number(id)] });
    const { exitCode, output } = await script.exec(exec.container, exec);
    exitCodes[Number(id)] = exitCode;
    return response
      .writeHead(200, { "content-type": "application/vnd.docker.raw-stream" })
      .end(frame(output));
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    address: `unix://${socket}`,
    execs,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

function frame(text: string): Buffer {
  const body = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** Of `filters={"label":["key=value"]}`. */
function fits(url: string): (one: Labelled) => boolean {
  const filters = JSON.parse(new URL(url, "http://docker").searchParams.get("filters") ?? "{}");
  const wanted = (filters.label ?? []).map((label: string) => label.split("=") as [string, string?]);
  return ({ Labels: labels }) =>
    labels === undefined ||
    wanted.every(([key, value]: [string, string?]) =>
      value === undefined ? key in labels : labels[key] === value,
    );
}
