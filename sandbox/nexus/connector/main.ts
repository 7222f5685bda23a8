import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
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

/** Where the image's nexus-default.properties puts the real server. */
const CORE_PORT = 18081;
const PORT = 8081;
const DATA = "/nexus-data";
const DOCKER_DATA = join(DATA, "docker");
/** The volume may be on a file system without sockets. */
const RUN = "/tmp/berth-nexus";

const log = (line: string) => console.log(`berth connector: ${line}`);

/** Only where a request failed in a way nobody foresaw: the log gets the reason, the client a plain 500. */
function guarded(handle: (request: IncomingMessage, response: ServerResponse) => Promise<void>) {
  return (request: IncomingMessage, response: ServerResponse): void => {
    handle(request, response).catch((error: Error) => {
      if (response.destroyed) return; // the client went away
      log(`${request.method} ${request.url?.split("?")[0]}: ${error.message}`);
      if (response.headersSent) response.destroy();
      else
        refuse(response, {
          status: 500,
          code: "UNKNOWN",
          message: "The sandbox's docker connector failed; see docker logs.",
        });
    });
  };
}

async function main(): Promise<void> {
  log(
    "Berth sandbox: the real Nexus Repository core 3.71.0-06 (OSS) with a stand-in for Sonatype's Docker format",
  );
  const began = Date.now();
  const nexus = new CoreProcess({
    home: "/opt/sonatype/nexus",
    data: DATA,
    vmParameters: process.env.INSTALL4J_ADD_VM_PARAMS ?? "",
  });
  const core = new CoreClient(CORE_PORT);
  const record = new ConnectorRecord(join(DOCKER_DATA, "connector.json"));
  const permissions = new Permissions(core);
  const options = { record, dataDirectory: join(DOCKER_DATA, "repositories"), runDirectory: RUN, log };
  const running: RunningRepositories = new RunningRepositories({
    ...options,
    handle: (name, request, response) => guarded((...both) => front.handle(name, ...both))(request, response),
  });
  const front = new DockerFront({
    permissions,
    tokens: new Tokens(),
    tokenRealm: () => record.current.tokenRealm !== null,
    repository: (name) => record.repository(name),
    backend: (name) => running.backend(name),
  });
  const router = new Router({ core, record, running, permissions });
  const server = createServer(
    { requestTimeout: 0 },
    guarded((...both) => router.handle(...both)),
  );

  let stopping = false;
  const stop = async (signal: string) => {
    if (stopping) return;
    stopping = true;
    log(`${signal}: stopping`);
    server.close();
    await Promise.all([running.stop(), nexus.stop()]);
    log("stopped");
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void stop(signal));

  nexus.start();
  await nexus.ready(core);
  void nexus.ended.then((how) => {
    if (stopping) return;
    log(`the Nexus core ${how}`);
    void running.stop().then(() => process.exit(1));
  });
  await running.startAll();
  server.listen(PORT, "0.0.0.0", () =>
    log(`ready on port ${PORT} after ${((Date.now() - began) / 1000).toFixed(1)} s`),
  );
}

main().catch((error: Error) => {
  log(error.message);
  process.exit(1);
});
