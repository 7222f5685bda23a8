import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Reply, scriptedNexus } from "../nexus/scripted-nexus";

const GOLDEN = join(__dirname, "..", "..", "sandbox", "stack", "old-state", "golden");

const NOT_FOUND: Reply = { status: 404, body: "" };

/** What the recordings know of is gone: the containers, and all that was in Nexus. These are always there. */
const answers: [string, Reply][] = [
  ["/swagger.json", { status: 200, body: { paths: {} } }],
  ["/security/users", { status: 200, body: [] }],
  [
    "/security/anonymous",
    { status: 200, body: { enabled: false, userId: "anonymous", realmName: "NexusAuthorizingRealm" } },
  ],
  ["/security/realms/active", { status: 200, body: ["NexusAuthenticatingRealm", "DockerToken"] }],
];

/** A Docker and a Nexus without anything, and states of an earlier version that lead to them. */
export interface EmptyHosts {
  /** The checkpoint of `dev` or `prod` as it was written then (test/sandbox/stack/old-state/README.md), with these hosts in place of its own. */
  oldState(stack: string): string;
  close(): void;
}

export async function emptyHosts(): Promise<EmptyHosts> {
  const docker = await emptyDocker();
  const nexus = await scriptedNexus(({ method, path }) => {
    const known = method === "DELETE" ? undefined : answers.find(([end]) => path.includes(end));
    return known?.[1] ?? NOT_FOUND;
  });
  return {
    oldState: (stack) =>
      readFileSync(join(GOLDEN, `${stack}.json`), "utf8")
        .replaceAll(/https?:\/\/(127\.0\.0\.1:8081|10\.77\.0\.2)(?=["/])/g, nexus.url)
        .replaceAll(/unix:\/\/\/(run\/berth\/server|var\/run\/docker)\.sock/g, `unix://${docker.socket}`),
    close: () => {
      nexus.close();
      docker.close();
    },
  };
}

/** A Docker that has nothing of what it is asked for. Through a container of our own nothing is found in it either. */
async function emptyDocker() {
  const folder = mkdtempSync(join(tmpdir(), "berth-empty-"));
  const socket = join(folder, "docker.sock");
  const server = createServer(({ method, url = "" }, response) => {
    const say = (status: number, body: object) => response.writeHead(status).end(JSON.stringify(body));
    if (/^\/(containers|images)\/json|^\/networks(\?|$)/.test(url)) return say(200, []);
    if (method === "POST" && url.startsWith("/containers/create")) return say(201, { Id: "ours" });
    if (method === "POST" && url.startsWith("/images/create"))
      return say(200, { status: `sha256:${"0".repeat(64)}` });
    if (method === "DELETE" && url.startsWith("/images/")) return say(200, []);
    if (method === "DELETE") return response.writeHead(204).end();
    return say(404, { message: "no such thing" });
  });
  await new Promise<void>((resolve) => server.listen(socket, resolve));
  return {
    socket,
    close: () => {
      server.closeAllConnections();
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}
