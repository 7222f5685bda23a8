import { Connector } from "./connector";

const log = (line: string) => console.log(`berth connector: ${line}`);

log(
  "Berth sandbox: the real Nexus Repository core 3.71.0-06 (OSS) with a stand-in for Sonatype's Docker format",
);

const connector = new Connector({
  home: "/opt/sonatype/nexus",
  data: "/nexus-data",
  run: "/tmp/berth-nexus",
  port: 8081,
  corePort: 18081,
  vmParameters: process.env.INSTALL4J_ADD_VM_PARAMS ?? "",
  log,
});

let stopping = false;

async function end(reason: string, code: number): Promise<void> {
  if (stopping) return;
  stopping = true;
  log(`${reason}: stopping`);
  await connector.stop();
  log("stopped");
  process.exit(code);
}

for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => void end(signal, 0));
void connector.broken().then((reason) => end(reason, 1));
connector.start().catch((error: Error) => end(error.message, 1));
