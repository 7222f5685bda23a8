import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { json } from "node:stream/consumers";
import { dockerHost } from "../../../components/docker/docker-host";
import { hostDisk } from "../../../components/docker/host-disk";
import { hostSockets } from "../../../components/docker/host-sockets";

const TEXT = `  sl  local_address rem_address   st
   0: 00000000:1F90 00000000:0000 0A 0
`;

interface Created {
  readonly Image: string;
  readonly Labels: Record<string, string>;
  readonly HostConfig: { readonly NetworkMode: string };
}

/** A Docker with these images, whose containers print that, or don't start where it is undefined. */
async function dockerWith(images: Record<string, string | undefined>) {
  const folder = mkdtempSync(join(tmpdir(), "berth-sockets-"));
  const created: Created[] = [];
  const left = new Set<string>();
  const server = createServer(async (request, response) => {
    const answer = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    const [, what, id = "", verb] = request.url!.split("?")[0]!.split("/");
    if (what === "images")
      return answer(
        200,
        Object.keys(images).map((name) => ({ Id: name, RepoTags: [name] })),
      );
    if (id === "create") {
      left.add(String(created.length));
      const Id = String(created.length);
      created.push((await json(request)) as Created);
      return answer(201, { Id });
    }
    const says = images[created[Number(id)]!.Image];
    if (request.method === "DELETE") left.delete(id);
    if (request.method === "DELETE") return response.writeHead(204).end();
    if (verb === "start" && says === undefined) return answer(400, { message: 'exec: "cat": not found' });
    if (verb === "start") return response.writeHead(204).end();
    if (verb === "logs") return response.end(says);
    return answer(200, { StatusCode: 0 });
  });
  const socket = join(folder, "docker.sock");
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  const close = () => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true });
  };
  return { docker: dockerHost(`unix://${socket}`), created, left, close };
}

describe("the sockets of a Docker host", () => {
  it("are read in its own network by a container of an image that is there, of which nothing stays", async () => {
    const { docker, created, left, close } = await dockerWith({ "scratch:1": undefined, "caddy:2": TEXT });
    const sockets = await hostSockets(docker, { "berth.stack": "dev" });
    close();
    assert.deepEqual(
      sockets!.map(({ port, state }) => [port, state]),
      [[8080, "listening"]],
    );
    const [one] = created;
    assert.deepEqual(
      [created.length, one!.Image, one!.HostConfig.NetworkMode, one!.Labels],
      [1, "caddy:2", "host", { "berth.stack": "dev" }],
    );
    assert.equal(left.size, 0);
  });

  it("are read by another image where one has no cat, and unknown where none has", async () => {
    const some = await dockerWith({ "node:slim": undefined, "mine:1": TEXT });
    assert.equal((await hostSockets(some.docker, {}))?.length, 1);
    assert.equal(some.left.size, 0);
    some.close();
    const none = await dockerWith({ "mine:1": undefined });
    assert.equal(await hostSockets(none.docker, {}), undefined);
    assert.equal(none.left.size, 0);
    none.close();
  });
});

describe("the disk of a Docker host", () => {
  const DF = `Filesystem     1024-blocks     Used Available Capacity Mounted on
overlay          264212084 47574300   3000000      94% /
`;
  const elsewhere = { address: "ssh://web1.test", folder: "/var/lib/docker", name: "another machine" };

  it("is told by a container without a network, of which nothing stays", async () => {
    const { docker, created, left, close } = await dockerWith({ "debian:12": DF });
    const disk = await hostDisk(docker, elsewhere, { "berth.id": "one" });
    close();
    assert.deepEqual(disk, { size: 264212084 * 1024, free: 3000000 * 1024 });
    const [one] = created;
    assert.deepEqual(
      [one!.HostConfig.NetworkMode, one!.Labels, left.size],
      ["none", { "berth.id": "one" }, 0],
    );
  });

  it("is not known where no image has a df, nor where it says something else", async () => {
    for (const said of [undefined, "df: /: no such device\n"]) {
      const { docker, left, close } = await dockerWith({ "mine:1": said });
      assert.equal(await hostDisk(docker, elsewhere, {}), undefined);
      assert.equal(left.size, 0);
      close();
    }
  });

  it("is looked at without a container where it is this machine's", async () => {
    const { docker, created, close } = await dockerWith({ "debian:12": DF });
    const here = { address: "unix:///var/run/docker.sock", folder: tmpdir(), name: hostname() };
    const disk = await hostDisk(docker, here, {});
    close();
    assert.ok(disk!.size > disk!.free && disk!.free > 0);
    assert.equal(created.length, 0);
  });
});
