import type Docker from "dockerode";
import { dockerAt, standardSocket } from "../../../sandbox/docker/client";
import { buildBaseImage, ensureDebianImage, isBuilt } from "../../../sandbox/images/base-images";
import { debianRootfs } from "../../../sandbox/images/debian-rootfs";
import { recipes } from "../../../sandbox/images/recipes";
import { cacheDir, defaultPlaces } from "../../../sandbox/lib/places";

const quiet = () => undefined;

/** The sandbox's images, of edges and of apps, made on this machine's Docker where they are missing. */
export async function ensureSandboxImages(): Promise<Docker> {
  const client = dockerAt(standardSocket);
  const missing = [];
  for (const recipe of recipes) if (!(await isBuilt(client, defaultPlaces, recipe))) missing.push(recipe);
  if (missing.length === 0) return client;
  const rootfs = await debianRootfs(cacheDir(defaultPlaces), quiet);
  await ensureDebianImage(client, defaultPlaces, rootfs);
  for (const recipe of missing) await buildBaseImage(client, defaultPlaces, recipe, quiet);
  return client;
}

/** What an app runs in the image of Python: it answers with the headers that it got. */
export const ECHO = `
import http.server, json
class Echo(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({name.lower(): value for name, value in self.headers.items()}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words):
        pass
http.server.ThreadingHTTPServer(("", 8000), Echo).serve_forever()
`;
