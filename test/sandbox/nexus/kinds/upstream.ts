import { NEXUS_IMAGE } from "../../../../sandbox/nexus/build";
import type { NexusStage } from "../harness";
import { passwords } from "./passwords";

/** Logins at the upstream of the proxies. */
export const logins = {
  first: { remoteUsername: "first-user", remotePassword: passwords.upstream },
  next: { remoteUsername: "next-user", remotePassword: passwords.nextUpstream },
};

/** As Nexus reaches it; below each folder another login is right. */
export const upstreamUrl = (login: keyof typeof logins) => `http://remote:8000/${login}/`;

/** Answers any path below /first/ and /next/, to whoever logs in as the folder wants it. */
const SERVER = `
const right = JSON.parse(process.env.LOGINS);
require("node:http").createServer((request, response) => {
  if (request.headers.authorization === right[request.url.split("/")[1]])
    return response.writeHead(200, { "content-type": "application/xml" }).end('<?xml version="1.0"?><project/>');
  response.writeHead(401, { "www-authenticate": 'Basic realm="upstream"' }).end();
}).listen(8000);`;

/** Starts it in a container beside the stage's Nexus; gives how to remove it. */
export async function startUpstream(stage: NexusStage): Promise<() => Promise<unknown>> {
  const headers = Object.entries(logins).map(([folder, { remoteUsername, remotePassword }]) => [
    folder,
    `Basic ${Buffer.from(`${remoteUsername}:${remotePassword}`).toString("base64")}`,
  ]);
  const name = `${stage.run}-remote`;
  const where = ["--name", name, "--network", stage.run, "--network-alias", "remote"];
  const env = ["--env", `LOGINS=${JSON.stringify(Object.fromEntries(headers))}`];
  const program = ["--entrypoint", "/usr/bin/node", NEXUS_IMAGE, "-e", SERVER];
  await stage.docker(["run", "--detach", ...where, ...env, ...program]);
  return () => stage.docker(["rm", "--force", "--volumes", name]);
}
