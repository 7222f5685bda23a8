import assert from "node:assert/strict";
import { restartEdge } from "../../../components/edge/restart-edge";
import { FolderDocker } from "../../support/docker/folder-docker";

const HEAD = "  sl  local_address rem_address   st\n";
/** Port 80 (0050) is served. */
const LISTENING = `${HEAD}   0: 00000000:0050 00000000:0000 0A 0\n`;

async function withPair() {
  const docker = await FolderDocker.start();
  const pair = ["a", "b"].map((which) => docker.add(`main-edge-${which}`, "main-edge-config"));
  const door = docker.add("main-edge-80");
  const notes = {
    software: "caddy",
    edges: pair.map(({ name }) => name),
    active: "main-edge-a",
    doors: [{ port: 80, container: door.name }],
  };
  pair[0]!.write("/config/edge.json", JSON.stringify(notes));
  door.write("/etc/nginx/loaded.conf", "set $edge main-edge-a;\n");
  for (const edge of pair) edge.write("/proc/net/tcp", LISTENING);
  const leadsTo = () => /set \$edge (\S+);/.exec(door.read("/etc/nginx/loaded.conf")!)?.[1];
  const place = { docker: docker.address, edge: pair[0]!.name };
  return { docker, pair, leadsTo, place, of: (name: string) => docker.containers.get(name)! };
}

describe("restarting an edge", () => {
  it("restarts both, each while the door leads to the other one, and waits until it listens again", async () => {
    const { docker, leadsTo, place, of } = await withPair();
    const order: string[] = [];
    const restart = async (name: string) => {
      order.push(`${name} while the door leads to ${leadsTo()}`);
      of(name).write("/proc/net/tcp", HEAD);
      let looks = 0;
      of(name).command = ([, , script]) => {
        if (script?.startsWith("cat /proc/net/tcp") && ++looks === 3)
          of(name).write("/proc/net/tcp", LISTENING);
        return undefined;
      };
    };
    assert.equal(await restartEdge(place, restart), true);
    assert.deepEqual(order, [
      "main-edge-b while the door leads to main-edge-a",
      "main-edge-a while the door leads to main-edge-b",
    ]);
    docker.close();
  });

  it("leaves the door where it leads when one does not start again", async () => {
    const { docker, leadsTo, place } = await withPair();
    const restart = async (name: string) => {
      throw new Error(`${name} is out of memory`);
    };
    await assert.rejects(restartEdge(place, restart), /main-edge-b is out of memory/);
    assert.equal(leadsTo(), "main-edge-a");
    docker.close();
  });

  it("is nothing that it can do where only one of them runs", async () => {
    const { docker, pair, place } = await withPair();
    pair[1]!.state = () => undefined;
    assert.equal(await restartEdge(place, async () => assert.fail("nobody is to be restarted")), false);
    docker.close();
  });
});
