import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { isInstalled } from "../../sandbox/lib/requirements";
import { installIfDebian } from "../../sandbox/preflight";

const PROGRAM = process.env["CHROMIUM"] ?? "chromium";

/** Why there is no browser here, after it was looked for among Debian's packages; undefined where there is one. */
export async function browserMissing(): Promise<string | undefined> {
  if (isInstalled(PROGRAM)) return undefined;
  const wanted = { program: PROGRAM, package: "chromium", purpose: "looking at pages as browsers do" };
  const installed = await installIfDebian(wanted, () => undefined).catch(() => false);
  return installed ? undefined : `${PROGRAM} is missing (Debian's package chromium; $CHROMIUM names another)`;
}

/** Of the screen that a page is looked at on. */
export const width = ({ phone = false }) => (phone ? 390 : 1120);

type Params = { readonly [name: string]: unknown };
interface Message {
  readonly id?: number;
  readonly method?: string;
  readonly params?: Params;
  readonly result?: Params;
  readonly error?: { readonly message: string };
}

/** A page in a headless Chromium, told by its DevTools protocol over pipes: no port, no other program. */
export class Browser {
  private readonly waiting = new Map<number, (message: Message) => void>();
  private readonly heard: ((message: Message) => void)[] = [];
  private last = 0;
  private rest = "";
  private session: string | undefined;
  /** What the page did wrong, in the browser's words: exceptions, refused loads, errors of its console. */
  readonly errors: string[] = [];
  /** Every address that it asked for. */
  readonly asked: string[] = [];

  private constructor(
    private readonly child: ChildProcess,
    private readonly home: string,
  ) {
    const out = child.stdio[4] as Readable;
    out.setEncoding("utf8").on("data", (chunk: string) => this.read(chunk));
    this.heard.push((message) => this.note(message));
  }

  static async start(): Promise<Browser> {
    const home = mkdtempSync(join(tmpdir(), "berth-chromium-"));
    const args = [
      "--headless",
      "--no-sandbox",
      "--disable-gpu",
      "--hide-scrollbars",
      "--remote-debugging-pipe",
    ];
    const own = { HOME: home, TMPDIR: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home };
    const stdio = ["ignore", "ignore", "ignore", "pipe", "pipe"] as const;
    const child = spawn(PROGRAM, [...args, `--user-data-dir=${home}`, "about:blank"], {
      env: { ...process.env, ...own },
      stdio: [...stdio],
    });
    const browser = new Browser(child, home);
    const { targetId } = await browser.send("Target.createTarget", { url: "about:blank" });
    const { sessionId } = await browser.send("Target.attachToTarget", { targetId, flatten: true });
    browser.session = String(sessionId);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) await browser.send(`${domain}.enable`);
    return browser;
  }

  /** @param phone as wide as one; @param dark as somebody has it who wants that */
  async look({ phone = false, dark = false }): Promise<void> {
    const size = { width: width({ phone }), height: 860 };
    await this.send("Emulation.setDeviceMetricsOverride", { ...size, deviceScaleFactor: 1, mobile: phone });
    const features = [{ name: "prefers-color-scheme", value: dark ? "dark" : "light" }];
    await this.send("Emulation.setEmulatedMedia", { features });
  }

  async open(url: string): Promise<void> {
    const loaded = this.next("Page.loadEventFired");
    await this.send("Page.navigate", { url });
    await loaded;
  }

  /** What an expression comes to in the page, as JSON. */
  async evaluate<T>(expression: string): Promise<T> {
    const wish = { expression, awaitPromise: true, returnByValue: true };
    const answer = (await this.send("Runtime.evaluate", wish)) as {
      readonly result: { readonly value: T };
      readonly exceptionDetails?: object;
    };
    if (answer.exceptionDetails) throw new Error(JSON.stringify(answer.exceptionDetails));
    return answer.result.value;
  }

  /** The whole page as a PNG. */
  async picture(): Promise<Buffer> {
    const { data } = await this.send("Page.captureScreenshot", { captureBeyondViewport: true });
    return Buffer.from(String(data), "base64");
  }

  async close(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("close", resolve));
    this.child.kill("SIGKILL");
    await ended;
    rmSync(this.home, { recursive: true, force: true, maxRetries: 5 });
  }

  private send(method: string, params: Params = {}): Promise<Params> {
    const id = ++this.last;
    const session = this.session === undefined ? {} : { sessionId: this.session };
    (this.child.stdio[3] as Writable).write(`${JSON.stringify({ id, method, params, ...session })}\0`);
    return new Promise((resolve, reject) => {
      this.waiting.set(id, ({ result, error }) =>
        error ? reject(new Error(`${method}: ${error.message}`)) : resolve(result ?? {}),
      );
    });
  }

  private next(method: string): Promise<void> {
    return new Promise((resolve) => {
      this.heard.push((message) => {
        if (message.method === method) resolve();
      });
    });
  }

  private read(chunk: string): void {
    const parts = (this.rest + chunk).split("\0");
    this.rest = parts.pop() ?? "";
    for (const part of parts) {
      const message = JSON.parse(part) as Message;
      if (message.id === undefined) for (const listener of this.heard) listener(message);
      else this.waiting.get(message.id)?.(message);
    }
  }

  private note({ method, params }: Message): void {
    const text = () => JSON.stringify(params);
    if (method === "Runtime.exceptionThrown" || method === "Log.entryAdded") this.errors.push(text());
    if (method === "Runtime.consoleAPICalled" && params?.["type"] === "error") this.errors.push(text());
    if (method === "Network.requestWillBeSent")
      this.asked.push((params as { readonly request: { readonly url: string } }).request.url);
  }
}
