import { connect, createServer, type Socket } from "node:net";

/**
 * A process of its own: `far-away.ts ROUND_TRIP UPSTREAM…` puts a line of so many milliseconds before each of these
 * addresses, and prints the addresses of the near ends as JSON. It ends with its standard input.
 */
const [roundTrip = "20", ...upstreams] = process.argv.slice(2);
const oneWay = Number(roundTrip) / 2;

/** Chunks on their way, in order; what a sender may have on a line before it has to wait is bounded as TCP bounds it. */
class Line {
  private readonly chunks: { at: number; bytes: Buffer | undefined }[] = [];
  private waiting = false;
  private size = 0;

  constructor(
    private readonly from: Socket,
    private readonly to: Socket,
    /** Milliseconds since the start before which nothing arrives: a connection takes a round trip to come about. */
    private readonly opened: number,
  ) {
    from.on("data", (bytes) => this.put(bytes as Buffer));
    from.on("end", () => this.put(undefined));
    to.on("drain", () => this.resume());
  }

  private put(bytes: Buffer | undefined): void {
    this.chunks.push({ at: Math.max(performance.now(), this.opened) + oneWay, bytes });
    this.size += bytes?.length ?? 0;
    if (this.size > WINDOW) this.from.pause();
    this.schedule();
  }

  private schedule(): void {
    const [next] = this.chunks;
    if (this.waiting || next === undefined) return;
    this.waiting = true;
    setTimeout(() => this.deliver(), Math.max(0, next.at - performance.now()));
  }

  private deliver(): void {
    this.waiting = false;
    const now = performance.now();
    while (this.chunks[0] !== undefined && this.chunks[0].at <= now + 0.5) {
      const { bytes } = this.chunks.shift()!;
      if (bytes === undefined) this.to.end();
      else {
        this.size -= bytes.length;
        this.to.write(bytes);
      }
    }
    this.resume();
    this.schedule();
  }

  private resume(): void {
    if (this.size <= WINDOW && !this.to.writableNeedDrain) this.from.resume();
  }
}

/** Bytes; as the largest window of Linux's receivers. */
const WINDOW = 6 * 1024 * 1024;

function serve(near: Socket, upstream: string): void {
  const [host, port] = upstream.split(":");
  const far = connect({ host: host!, port: Number(port), noDelay: true });
  near.setNoDelay(true);
  const opened = performance.now() + oneWay * 2;
  new Line(near, far, opened);
  new Line(far, near, opened);
  near.on("error", () => far.destroy());
  far.on("error", () => near.destroy());
}

Promise.all(
  upstreams.map(
    (upstream) =>
      new Promise((resolve) => {
        const server = createServer((near) => serve(near, upstream));
        server.listen(0, "127.0.0.1", () => {
          const address = server.address();
          resolve(typeof address === "object" && address !== null ? `127.0.0.1:${address.port}` : "");
        });
      }),
  ),
).then((hosts) => process.stdout.write(`${JSON.stringify(hosts)}\n`));

process.stdin.on("end", () => process.exit());
process.stdin.resume();
