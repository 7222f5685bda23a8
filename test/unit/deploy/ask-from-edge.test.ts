import assert from "node:assert/strict";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer, type IncomingHttpHeaders } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { httpAnswer, portProblem } from "../../../components/deploy/ask-from-edge";
import { dockerHost } from "../../../components/docker/docker-host";
import { scriptedDocker } from "../../support/docker/scripted-docker";
import { inEdgeShell } from "../../support/edge/edge-shell";
import { freePort } from "../../support/free-port";

/** As much of nc as is asked of it: `nc -v [-z] HOST PORT`. As that of busybox it goes on until its input has ended. */
const NC = `
const words = process.argv.slice(2);
const zero = words.includes("-z");
const [host, port] = words.filter((word) => !word.startsWith("-"));
const socket = require("node:net").connect(Number(port), host, () => {
  console.error(host + " open");
  if (zero) process.exit(0);
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
});
socket.on("error", (error) => {
  console.error("nc: " + host + ": " + (error.code === "ECONNREFUSED" ? "Connection refused" : error.message));
  process.exit(1);
});
socket.on("close", () => process.stdin.on("end", () => process.exit(0)).resume());
`;

describe("asking from the edge's network", () => {
  const folder = mkdtempSync(join(tmpdir(), "berth-ask-"));
  const servers: Server[] = [];
  let headers: IncomingHttpHeaders | undefined;

  after(() => {
    for (const server of servers) server.close();
    rmSync(folder, { recursive: true });
  });

  /** The programs of an image with busybox, as Alpine's are, and of one that has none to ask with. */
  function programs(name: string, own: Record<string, string>): string {
    const at = join(folder, name);
    mkdirSync(at);
    for (const tool of ["sh", "timeout", "head", "mktemp", "mkfifo", "sleep", "rm"])
      symlinkSync(place(tool), join(at, tool));
    for (const [file, text] of Object.entries(own)) {
      writeFileSync(join(at, file), text);
      chmodSync(join(at, file), 0o755);
    }
    return at;
  }

  const place = (tool: string) => (tool === "sh" ? "/bin/sh" : `/usr/bin/${tool}`);

  async function listening(server: Server): Promise<number> {
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return (server.address() as AddressInfo).port;
  }

  async function withEdge<T>(
    path: string | undefined,
    work: (edge: ReturnType<typeof edgeOf>) => Promise<T>,
  ) {
    const docker = await scriptedDocker({
      state: () => ({ Running: true }),
      exec: (_edge, exec) => inEdgeShell(exec, path),
    });
    try {
      return await work(edgeOf(docker.address));
    } finally {
      docker.close();
    }
  }

  const edgeOf = (address: string) => (port: number) => ({
    edge: dockerHost(address).getContainer("edge"),
    container: "127.0.0.1",
    port,
  });

  const question = { path: "/up?full=1", host: "blog.example.com", scheme: "https" } as const;

  for (const [image, path] of [
    ["bash", () => undefined],
    ["nc", () => programs("with-nc", { nc: `#!${process.execPath}\n${NC}` })],
  ] as const) {
    describe(`with ${image}`, () => {
      let tools: string | undefined;
      before(() => {
        tools = path();
      });

      it("tells whether a port takes connections", async () => {
        const open = await listening(createTcpServer());
        const closed = await freePort();
        await withEdge(tools, async (to) => {
          assert.equal(await portProblem(to(open), 2), undefined);
          assert.equal(await portProblem(to(closed), 2), "connection refused");
        });
      });

      it("asks by the name that people use, as if TLS had ended in front, and gives status and body", async () => {
        const port = await listening(
          createServer((request, response) => {
            headers = request.headers;
            response.writeHead(request.url === question.path ? 503 : 200).write("no database");
            response.end();
          }),
        );
        const answer = await withEdge(tools, (to) => httpAnswer(to(port), question, 5));
        assert.deepEqual(answer, { status: 503, said: "503 no database" });
        const { host, "x-forwarded-proto": scheme, "x-forwarded-host": forwarded } = headers!;
        assert.deepEqual([host, scheme, forwarded], [question.host, "https", question.host]);
      });

      it("follows no redirect, and takes a status without a body", async () => {
        const port = await listening(
          createServer((_request, response) => response.writeHead(301, { location: "https://x" }).end()),
        );
        const { status, said } = await withEdge(tools, (to) => httpAnswer(to(port), question, 5));
        assert.deepEqual([status, said], [301, "301 Moved Permanently"]);
      });

      it("keeps its side open until the answer is there: some servers answer nobody who has closed it", async () => {
        const port = await listening(
          createTcpServer({ allowHalfOpen: true }, (socket) => {
            const closed = new Promise<string>((resolve) => socket.once("end", () => resolve("closed")));
            const asked = new Promise<string>((resolve) =>
              socket.once("data", () => setTimeout(resolve, 200, "open")),
            );
            void Promise.race([closed, asked]).then((how) => socket.end(`HTTP/1.1 200 ${how}\r\n\r\n`));
          }),
        );
        const { said } = await withEdge(tools, (to) => httpAnswer(to(port), question, 5));
        assert.equal(said, "200 open");
      });

      it("takes the answer of one who keeps the connection open, though asked not to", async () => {
        const answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstill";
        const port = await listening(
          createTcpServer((socket) =>
            socket.on("error", () => undefined).once("data", () => socket.write(answer)),
          ),
        );
        const given = await withEdge(tools, (to) => httpAnswer(to(port), question, 1));
        assert.deepEqual(given, { status: 200, said: "200 still" });
      });

      it("says why there is no answer: nothing listens, or it is silent", async () => {
        const closed = await freePort();
        const silent = await listening(createTcpServer(() => undefined));
        await withEdge(tools, async (to) => {
          assert.deepEqual(await httpAnswer(to(closed), question, 2), { said: "connection refused" });
          const { status, said } = await httpAnswer(to(silent), question, 1);
          assert.equal(status, undefined);
          assert.match(said, /^no answer/);
        });
      });
    });
  }

  it("says so where the image has neither", async () => {
    const bare = programs("bare", {});
    const problem = await withEdge(bare, (to) => portProblem(to(1), 1));
    assert.equal(problem, "its image has neither bash nor nc to ask with");
  });

  it("says so where the edge itself can't be asked", async () => {
    const edge = dockerHost("unix:///nowhere.sock").getContainer("edge");
    const problem = await portProblem({ edge, container: "app", port: 1 }, 1);
    assert.match(problem!, /the edge proxy could not ask: Docker at unix:\/\/\/nowhere\.sock: .*ENOENT/);
  });
});
