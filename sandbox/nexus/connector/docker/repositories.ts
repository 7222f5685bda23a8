import { rmSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { join } from "node:path";
import type { ConnectorRecord, DockerRepository } from "../record";
import type { Backend } from "./backend";
import { GroupBackend } from "./group";
import { HostedBackend } from "./hosted";
import { ProxyBackend } from "./proxy";
import { RegistryProcess } from "./registry-process";

export interface RunningOptions {
  record: ConnectorRecord;
  /** holds one directory per repository */
  dataDirectory: string;
  /** sockets and configuration of the registry processes */
  runDirectory: string;
  handle: (name: string, request: IncomingMessage, response: ServerResponse) => void;
  log: (line: string) => void;
}

/** The running side of the docker repositories: their backends, and a listener for each httpPort. */
export class RunningRepositories {
  private readonly backends = new Map<string, Backend>();
  private readonly listeners = new Map<number, { name: string; server: Server }>();

  constructor(private readonly options: RunningOptions) {}

  backend(name: string): Backend | undefined {
    return this.backends.get(name);
  }

  /** After a start: everything the record knows. One that fails is logged and stays away; the others run. */
  async startAll(exists: (name: string) => Promise<boolean>): Promise<void> {
    for (const repository of this.options.record.repositories()) {
      try {
        if (!(await exists(repository.name))) {
          this.options.log(
            `repository ${repository.name} is gone from the Nexus core; its docker content is kept, unused`,
          );
          continue;
        }
        await this.open(repository);
        await this.listen(repository.name, repository.docker.httpPort);
      } catch (error) {
        this.options.log(`docker repository ${repository.name} did not start: ${(error as Error).message}`);
      }
    }
  }

  /** Starts the backend of a repository that is in the record. */
  async open(repository: DockerRepository): Promise<void> {
    const backend = this.make(repository);
    if (backend.start) await backend.start();
    this.backends.set(repository.name, backend.backend);
  }

  /** Takes the repository's one port into use (null: none) and lets an earlier one go. Rejects where it is taken. */
  async listen(name: string, port: number | null): Promise<void> {
    const earlier = [...this.listeners].find(([, listener]) => listener.name === name);
    if (earlier?.[0] === port) return;
    if (port !== null) await this.bind(name, port);
    if (earlier) this.unbind(earlier[0]);
  }

  /** Who listens on a port of this container, if a docker repository does. */
  portOwner(port: number): string | undefined {
    return this.listeners.get(port)?.name;
  }

  /** Forgets a repository and everything in it. */
  async remove(name: string): Promise<void> {
    for (const [port, listener] of this.listeners) if (listener.name === name) this.unbind(port);
    await this.backends.get(name)?.close();
    this.backends.delete(name);
    this.erase(name);
  }

  /** A new repository begins empty, whatever an earlier one of its name left behind. */
  erase(name: string): void {
    rmSync(this.directory(name), { recursive: true, force: true });
  }

  /** Settings of a proxy changed, or its cache was invalidated over REST. */
  invalidate(name: string): void {
    const backend = this.backends.get(name);
    if (backend instanceof ProxyBackend) backend.invalidate();
  }

  async stop(): Promise<void> {
    for (const port of [...this.listeners.keys()]) this.unbind(port);
    await Promise.all([...this.backends.values()].map((backend) => backend.close()));
  }

  directory(name: string): string {
    return join(this.options.dataDirectory, name);
  }

  private make(repository: DockerRepository): { backend: Backend; start?: () => Promise<void> } {
    const { name } = repository;
    const { log, runDirectory, record } = this.options;
    const settings = () => record.repository(name) ?? repository;
    if (repository.type === "proxy")
      return { backend: new ProxyBackend(this.directory(name), settings, log) };
    if (repository.type === "group") return { backend: new GroupBackend(() => this.membersOf(name)) };
    const registry = new RegistryProcess(name, this.directory(name), runDirectory, log);
    return { backend: new HostedBackend(registry, settings), start: () => registry.start() };
  }

  private membersOf(group: string): Backend[] {
    const { record } = this.options;
    return (record.repository(group)?.members ?? [])
      .filter((member) => record.repository(member)?.online)
      .flatMap((member) => this.backends.get(member) ?? []);
  }

  private bind(name: string, port: number): Promise<void> {
    const server = createServer({ requestTimeout: 0 }, (request, response) =>
      this.options.handle(name, request, response),
    );
    return new Promise((resolve, reject) => {
      server.once("error", (error) =>
        reject(new Error(`port ${port} of repository ${name}: ${error.message}`)),
      );
      server.listen(port, "0.0.0.0", () => {
        this.listeners.set(port, { name, server });
        this.options.log(`docker repository ${name} answers on port ${port}`);
        resolve();
      });
    });
  }

  private unbind(port: number): void {
    const listener = this.listeners.get(port);
    this.listeners.delete(port);
    listener?.server.close();
    listener?.server.closeIdleConnections();
  }
}
