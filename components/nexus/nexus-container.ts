import { publishedPorts, UI_PORT } from "../settings/nexus/nexus-addresses";
import type { MadeNexus } from "../settings/nexus/nexus-settings";

/** Megabytes that Nexus needs beside its heap: direct memory, metaspace, threads. */
const BESIDE_HEAP_MB = 1024;
/** A stop of Nexus takes about 5 s; killed earlier, its database has to be repaired. */
const STOP_GRACE_SECONDS = 60;

/** How Nexus's container is made, whoever makes it. */
export function containerOf(settings: MadeNexus) {
  const { bind, port, memory, tls } = settings;
  const heap = memory - BESIDE_HEAP_MB;
  // With TLS it is reached by its edge alone, on their network.
  const published = (tls ? [] : publishedPorts(settings)).map((external) => ({
    ip: bind,
    internal: external === port ? UI_PORT : external,
    external,
  }));
  return {
    envs: [`INSTALL4J_ADD_VM_PARAMS=-Xms${heap}m -Xmx${heap}m -XX:MaxDirectMemorySize=512m`],
    ports: published,
    // An upstream registry on the same machine is reached by the name that Docker Desktop uses too.
    hosts: [{ host: "host.docker.internal", ip: "host-gateway" }],
    memory,
    memorySwap: memory, // set beside memory, else it shows as a change on every run
    restart: "unless-stopped",
    destroyGraceSeconds: STOP_GRACE_SECONDS,
    logDriver: "json-file",
    logOpts: { "max-size": "20m", "max-file": "3" },
  };
}
