import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface ServedPage {
  readonly url: string;
  close(): void;
}

/** Serves one page on this machine alone, at a port that is free. Whoever asks by another name, as a page of somebody's would, gets none. */
export async function servePage(page: string): Promise<ServedPage> {
  const server: Server = createServer(({ method = "", url, headers }, response) => {
    const { port } = server.address() as AddressInfo;
    const isOurs = [`127.0.0.1:${port}`, `localhost:${port}`].includes(headers.host ?? "");
    if (!isOurs || !["GET", "HEAD"].includes(method)) response.writeHead(403).end();
    else if (url !== "/" && url !== "/index.html") response.writeHead(404).end();
    else
      response
        .writeHead(200, { "Content-Type": "text/html; charset=utf-8", "Cache-Control": "no-store" })
        .end(method === "HEAD" ? undefined : page);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;
  const close = () => {
    server.close();
    server.closeAllConnections();
  };
  return { url: `http://127.0.0.1:${port}/`, close };
}
