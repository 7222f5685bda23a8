import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as docker from "@pulumi/docker";
import * as pulumi from "@pulumi/pulumi";
import type { ContainerInfo } from "dockerode";
import { ServerHost } from "../../../components/deploy/server-host";
import { Traffic } from "../../../components/deploy/traffic";
import type { KeptEdge } from "../../../components/edge/edge-proxy";
import { isServed } from "../../../components/settings/app-settings";
import { parseSettings, type Settings } from "../../../components/settings/settings";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { pushUpstream } from "../../../sandbox/images/base-images";
import { recipes } from "../../../sandbox/images/recipes";
import { startUpstream } from "../../../sandbox/images/upstream";
import { defaultPlaces, type Places } from "../../../sandbox/lib/places";
import { ensureSandboxImages } from "../docker/sandbox-images";
import { testIdentity } from "../identity";
import { type Changes, InlineProject, type InlineStack, type TestProject } from "../stack/inline-stack";
import { ownPlaces, removeOwnPlaces } from "../stack/own-sandbox";

const execute = promisify(execFile);
const quiet = () => undefined;

export const ADDRESS = "127.0.0.1";
export const CADDY = "berth-sandbox/caddy:2";
export const NGINX = "berth-sandbox/nginx:1";

/**
 * Says its name and the headers that it got, on the port that it is given; becomes a websocket (without frames: what comes in
 * goes back) where it is asked to; ends only when nobody waits for an answer.
 */
const APP = `
import http.server, json, os, signal, sys, threading
name, port = sys.argv[1], int(sys.argv[2])
class App(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        if self.headers.get("upgrade"):
            self.send_response(101)
            self.send_header("connection", "Upgrade")
            self.send_header("upgrade", self.headers["upgrade"])
            self.end_headers()
            while True:
                line = self.rfile.readline()
                if not line: return
                self.wfile.write(line)
        body = name if self.path == "/" else json.dumps({key.lower(): value for key, value in self.headers.items()})
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body.encode())
    def log_message(self, *words): pass
class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
server = Server(("", port), App)
signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=server.shutdown).start())
server.serve_forever()
`;

/** One app of the stage. */
export interface StageApp {
  readonly publish: number;
  /** In its container. @default 8000 */
  readonly port?: number;
}

export interface StageWish {
  readonly apps: { readonly [name: string]: StageApp };
  /** Of the server. @default none */
  readonly tls?: object;
  /** Another image of the same software. */
  readonly image?: string;
}

/** One server with an edge, on this machine's Docker, whose apps and settings change from one `up` to the next. */
export class EdgeStage {
  readonly project: InlineProject;
  stack!: InlineStack;
  /** PEM of the edge's own authority, as of the last update. */
  ca = "";
  private places: Places | undefined;

  constructor(private readonly name: TestProject) {
    this.project = new InlineProject(name);
  }

  async prepare(): Promise<void> {
    const client = await ensureSandboxImages();
    this.places = { ...(await ownPlaces()), imagePrefix: defaultPlaces.imagePrefix };
    await startUpstream(this.places); // where an edge without TLS gets its image
    for (const recipe of recipes.filter(({ repository }) => repository !== "library/python"))
      await pushUpstream(client, this.places, recipe, quiet);
    this.stack = await this.project.stack("dev");
  }

  up(wish: StageWish, oldEdge?: KeptEdge): Promise<Changes> {
    return this.stack.up(this.program(wish, oldEdge));
  }

  program(wish: StageWish, oldEdge?: KeptEdge) {
    return () => {
      const { servers, apps: all } = settingsOf(wish);
      const apps = all.filter(isServed);
      const [server] = servers;
      const puller = { username: "nobody", password: pulumi.output("nothing") };
      const registry = `${ADDRESS}:${this.places!.ports.upstream}`;
      const from = { dockerHosted: registry, dockerGroup: registry, puller };
      const host = new ServerHost("web", {
        server: server!,
        identity: testIdentity(),
        apps,
        ...from,
        oldEdge,
      });
      this.ca = "";
      host.ca?.apply((pem) => {
        this.ca = pem;
      });
      const moved = apps.map((app) => {
        const container = this.appContainer(app.name, app.port, host.network, host.provider);
        const place = { name: "web", docker: server!.docker, edge: host.edge, container: container.name };
        const { publish, port } = app;
        const what = { app: app.name, publish, port, healthTimeout: 30 };
        return new Traffic(`${app.name}-traffic`, { ...what, servers: [{ ...place, ...host.placeOf(app) }] });
      });
      host.keepOnly(apps, moved);
    };
  }

  /** An app's container, whichever version of Berth makes the rest. */
  appContainer(name: string, port: number, network: pulumi.Output<string>, provider: docker.Provider) {
    const { project, stack } = { project: this.name, stack: "dev" };
    const labels = { "berth.project": project, "berth.stack": stack, "berth.resource": `${name}-container` };
    return new docker.Container(
      `${name}-container`,
      {
        image: "berth-sandbox/python:3.11-slim",
        memory: 64,
        memorySwap: 64,
        command: ["python3", "-c", APP, name, String(port)],
        networksAdvanced: [{ name: network }],
        labels: Object.entries(labels).map(([label, value]) => ({ label, value })),
        destroyGraceSeconds: 10,
      },
      { provider, deleteBeforeReplace: false },
    );
  }

  /** As the stage's registry has it. */
  get caddyImage(): string {
    return `${ADDRESS}:${this.places!.ports.upstream}/library/caddy:2`;
  }

  /** Names of the stage's volumes. */
  async volumes(): Promise<string[]> {
    const { Volumes } = await dockerAt(standardSocket).listVolumes({
      filters: { label: [`berth.project=${this.name}`] },
    });
    return (Volumes ?? []).map(({ Name }) => Name);
  }

  /** Running containers of the stage with that resource label. */
  async containers(resource: string): Promise<ContainerInfo[]> {
    const label = [`berth.project=${this.name}`, `berth.resource=${resource}`];
    return dockerAt(standardSocket).listContainers({ filters: { label } });
  }

  /** Id of the one of the pair to which no door leads. */
  async idleEdge(): Promise<string> {
    const pair = [...(await this.containers("web-edge-a")), ...(await this.containers("web-edge-b"))];
    const { active } = JSON.parse(await this.docker("exec", pair[0]!.Id, "cat", "/config/edge.json")) as {
      active: string;
    };
    return pair.find(({ Names }) => Names[0] !== `/${active}`)!.Id;
  }

  async docker(...args: string[]): Promise<string> {
    return (await execute("docker", args)).stdout;
  }

  async remove(): Promise<void> {
    await this.stack?.destroy();
    this.project.remove();
    if (this.places) await removeOwnPlaces(this.places);
  }
}

function settingsOf({ apps, tls, image = CADDY }: StageWish): Settings {
  const release = { tag: "1", digest: `sha256:${"1".repeat(64)}` };
  const wanted = Object.entries(apps).map(([name, app]) => [
    name,
    { release, port: 8000, servers: ["web"], ...app },
  ]);
  const images = { image, doorImage: NGINX };
  return parseSettings({
    nexus: { hostname: "nexus.test", eula: "accepted" },
    gitlab: { url: "http://gitlab.test", registry: "gitlab.test", project: "team/site" },
    servers: {
      web: {
        docker: `unix://${standardSocket}`,
        address: ADDRESS,
        ...(tls && { tls: { ...images, ...tls } }),
      },
    },
    apps: Object.fromEntries(wanted),
  });
}
