import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import { CoreClient } from "./core-client";
import { CoreProcess } from "./core-process";
import { refuse } from "./docker/answers";
import { DockerFront } from "./docker/front";
import { RunningRepositories } from "./docker/repositories";
import { Permissions } from "./permissions";
import { ConnectorRecord } from "./record";
import { Router } from "./rest/router";
import { Tokens } from "./tokens";

export interface ConnectorOptions {
  /** the unpacked distribution */
  home: string;
  /** the volume, as in the official image */
  data: string;
  /** for sockets, which the volume's file system may not know */
  run: string;
  /** where Nexus answers to the world */
  port: number;
  /** where etc/nexus-default.properties of the image puts the real server, on loopback */
  corePort: number;
  vmParameters: string;
  log: (line: string) => void;
}

/** The real Nexus and the docker repositories beside it, started and stopped as one. */
export class Connector {
  private readonly nexus: CoreProcess;
  private readonly core: CoreClient;
  private readonly running: RunningRepositories;
  private readonly server: Server;
  private stopping = false;

  constructor(private readonly options: ConnectorOptions) {
    const { home, data, vmParameters, log } = options;
    this.nexus = new CoreProcess({ home, data, vmParameters });
    const core = new CoreClient(options.corePort);
    const record = new ConnectorRecord(join(data, "docker", "connector.json"));
    const permissions = new Permissions(core);
    const running = new RunningRepositories({
      record,
      dataDirectory: join(data, "docker", "repositories"),
      runDirectory: options.run,
      handle: (name, ...both) => this.guard(front.handle(name, ...both), ...both),
      log,
    });
    const front = new DockerFront({
      permissions,
      tokens: new Tokens(),
      tokenRealm: () => record.current.tokenRealm !== null,
      repository: (name) => record.repository(name),
      backend: (name) => running.backend(name),
    });
    const router = new Router({ core, record, running, permissions });
    this.core = core;
    this.running = running;
    this.server = createServer({ requestTimeout: 0 }, (...both) =>
      this.guard(router.handle(...both), ...both),
    );
  }

  /** Listens only once the real server is ready: until then the port refuses, as Nexus's own does. */
  async start(): Promise<void> {
    const { log, port } = this.options;
    const began = Date.now();
    this.nexus.start();
    await this.nexus.ready(this.core);
    await this.running.startAll((name) => this.exists(name));
    await new Promise<void>((resolve, reject) => {
      this.server.once("error", reject);
      this.server.listen(port, "0.0.0.0", resolve);
    });
    log(`ready on port ${port} after ${((Date.now() - began) / 1000).toFixed(1)} s`);
  }

  /** Resolves with the reason when the real server ends by itself. */
  async broken(): Promise<string> {
    const how = await this.nexus.ended;
    return this.stopping ? new Promise<string>(() => undefined) : `the Nexus core ${how}`;
  }

  async stop(): Promise<void> {
    this.stopping = true;
    this.server.close();
    this.server.closeIdleConnections();
    await Promise.all([this.running.stop(), this.nexus.stop()]);
  }

  /** A repository deleted behind the connector's back (in the web interface): the real server says 404 to anybody. */
  private async exists(name: string): Promise<boolean> {
    const path = `/repository/${encodeURIComponent(name)}/v2/`;
    return (await this.core.ask({ method: "OPTIONS", path })).status !== 404;
  }

  /** For failures nobody foresaw: the log gets the reason, the client a plain 500. */
  private guard(handled: Promise<void>, request: IncomingMessage, response: ServerResponse): void {
    handled.catch((error: Error) => {
      if (response.destroyed) return; // the client went away
      this.options.log(`${request.method} ${request.url?.split("?")[0]}: ${error.message}`);
      // Nexus on its way down breaks connections off, it doesn't answer 500.
      if (response.headersSent || this.stopping) response.destroy();
      else
        refuse(response, {
          status: 500,
          code: "UNKNOWN",
          message: "The docker connector failed; see docker logs.",
        });
    });
  }
}
