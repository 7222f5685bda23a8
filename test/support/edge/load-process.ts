import { Agent, get, type RequestOptions } from "node:http";
import * as https from "node:https";
import type { LookupFunction } from "node:net";

/**
 * A process that asks one address at a steady rate, whether answers come or not, until it is told to stop or its count is
 * reached: `node --require tsx/cjs test/support/edge/load-process.ts URL PER_SECOND MOST`. Half of the requests open a
 * connection of their own, half use connections that are kept open, as browsers and as other servers do. Nothing is asked
 * twice: a connection that the edge closes under a request counts as a failure.
 */
const [url, perSecond, most] = [process.argv[2]!, Number(process.argv[3]), Number(process.argv[4])];

/** Authorities to trust; with TLS every host name leads to this machine. */
const ca = process.env["BERTH_LOAD_CA"];
const secure = url.startsWith("https:");
const AnyAgent = secure ? https.Agent : Agent;
const ask = secure ? https.get : get;
const lookup: LookupFunction = (_name, _options, done) => done(null, [{ address: "127.0.0.1", family: 4 }]);
const how: RequestOptions & { ca?: string } = {
  timeout: 20_000,
  ...(secure && { lookup, ...(ca && { ca }) }),
};

const kept = new AnyAgent({ keepAlive: true, maxSockets: 16 });
const own = new AnyAgent({ keepAlive: false });
const began = performance.now();
const answers: Answer[] = [];
let asked = 0;
let open = 0;
let stopped = false;

/** One request; milliseconds since the load began, in `epoch` of Unix. */
export interface Answer {
  readonly at: number;
  readonly ms: number;
  readonly kept: boolean;
  /** What a good answer said. */
  readonly said?: string;
  /** What went wrong. */
  readonly failure?: string;
}

export interface Answers {
  readonly epoch: number;
  readonly answers: readonly Answer[];
}

const epoch = Date.now();

function one(): void {
  const at = performance.now() - began;
  const isKept = asked++ % 2 === 0;
  open++;
  let done = false;
  const ended = (rest: { said?: string; failure?: string }) => {
    if (done) return;
    done = true;
    open--;
    answers.push({ at, ms: performance.now() - began - at, kept: isKept, ...rest });
    finishIfDone();
  };
  const request = ask(url, { ...how, agent: isKept ? kept : own }, (response) => {
    let text = "";
    response.setEncoding("utf8");
    response.on("data", (chunk: string) => {
      text += chunk;
    });
    response.on("error", (error) => ended({ failure: error.message }));
    response.on("end", () => {
      if (response.statusCode === 200 && response.complete) ended({ said: text.trim() });
      else ended({ failure: `${response.statusCode} ${text.slice(0, 100)}` });
    });
  });
  request.on("timeout", () => request.destroy(new Error("no answer in 20 s")));
  request.on("error", (error: NodeJS.ErrnoException) => ended({ failure: error.code ?? error.message }));
}

/** A machine that can't keep up is not asked ever more: what waits would be all that it still does. */
const MOST_OPEN = 200;

/** Catches up where the machine kept this process from running: the rate is steady over a second. */
const beat = setInterval(() => {
  const due = Math.min(most, Math.floor(((performance.now() - began) / 1000) * perSecond));
  while (!stopped && asked < due && open < MOST_OPEN) one();
  if (asked >= most) stop();
}, 4);

function stop(): void {
  stopped = true;
  clearInterval(beat);
  finishIfDone();
}

let told = false;

/** Once: it may be told to stop when it has just come to its own end. */
function finishIfDone(): void {
  if (!stopped || open > 0 || told) return;
  told = true;
  kept.destroy();
  process.send?.({ epoch, answers } satisfies Answers, () => process.disconnect());
}

process.on("message", (word) => {
  if (word === "stop") stop();
});
// Nobody is left to tell: a test that died leaves no load behind.
process.on("disconnect", () => process.exit());
