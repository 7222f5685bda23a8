import { startRegistry } from "../lib/distribution";
import { type Places, upstreamDir } from "../lib/places";

/** The registry that stands in for the hub: Nexus's proxy repository has it as its upstream. */
export function startUpstream(places: Places): Promise<"started" | "running"> {
  return startRegistry(places, { name: "upstream", port: places.ports.upstream, dir: upstreamDir(places) });
}
