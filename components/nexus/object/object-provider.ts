import { setTimeout as sleep } from "node:timers/promises";
import type * as pulumi from "@pulumi/pulumi";
import type { DynamicProvider } from "../../base/dynamic-provider";
import { isKnown, UNKNOWN } from "../../base/shape";
import { bytesText } from "../../values/bytes-text";
import { isJsonObject } from "../../values/json-object";
import type { Call } from "../rest/call";
import { currentLogin } from "../rest/current-login";
import type { NexusServer } from "../rest/nexus-server";
import { factsOf, GLANCE_MS } from "../rest/server-abilities";
import { callNexus, NexusFailure, saysTaken } from "../rest/transport";
import { equalOn, hasDropped, mergeInto, pickLike, splitOff } from "./compare";
import type { Content, Fields, Kind } from "./kind";
import { oursOf, theirsOf } from "./shared-lists";

/** How often a create whose answer got lost is looked for and tried again. */
const CREATE_TRIES = 5;

/** How long Nexus may not show what it says it has: while it stops, starts, or tells a second one. */
const SHOWN_MS = 60_000;

/** What every resource carries besides the fields of its object. */
const OURS = [
  ...["server", "adopt", "keepFound", "allowDataLoss", "since"],
  ...["theirs", "wasThere", "code", "__provider"],
];

/** The life of an object of that kind, as a dynamic provider. */
export function lifeOf(kind: Kind): DynamicProvider {
  const life = new Life(kind);
  return {
    check: (olds, news) => life.check(olds, news),
    diff: async (_id, olds, news) => life.diff(olds, news),
    create: (inputs) => life.create(inputs),
    read: (id, props) => life.read(id, props),
    update: (id, olds, news) => life.update(id, olds, news),
    delete: (id, props) => life.delete(id, props),
  };
}

/** Where the object is, and who asks: the program's arguments have it as it is here. */
function serverOf({ server }: Fields): NexusServer {
  if (isServer(server)) return server;
  throw new Error(
    "An object of Nexus has no server to be asked: its argument `server` takes url, username and password. Where the object left the " +
      "program and its state has none, take it out of the state: pulumi state delete URN",
  );
}

function isServer(server: unknown): server is NexusServer {
  return (
    isJsonObject(server) && ["url", "username", "password"].every((key) => typeof server[key] === "string")
  );
}

/** Whether it is now asked for in another Nexus, which is somebody's: what has its name there isn't the stack's. */
function isMoved({ server: old }: Fields, { server, keepFound }: Fields): boolean {
  return keepFound === true && isServer(old) && isServer(server) && old.url !== server.url;
}

/** The fields of the object itself. */
function wanted(inputs: Fields): Fields {
  return Object.fromEntries(Object.entries(inputs).filter(([field]) => !OURS.includes(field)));
}

/**
 * Calls to the resource's server, with the login that is right by now.
 * @param patience milliseconds to keep trying, where it is not the usual
 */
export function caller(server: NexusServer, patience?: number): Call {
  const limit = patience === undefined ? {} : { patience };
  const call = async (...[method, path, expected, body, options = {}]: Parameters<Call>) => {
    const { below = "/service/rest", ...rest } = options;
    return callNexus(currentLogin(server), method, below + path, expected, body, { ...limit, ...rest });
  };
  return Object.assign(call, { facts: () => factsOf(server, patience) });
}

class Life {
  /** What this run has made or taken over: no longer another resource's to delete. */
  private readonly claimed = new Set<string>();

  constructor(private readonly kind: Kind) {}

  /** Everything that can be known to go wrong before anything is changed; runs in a preview, too. */
  async check(olds: Fields, asked: Fields): Promise<pulumi.dynamic.CheckResult> {
    const news = await this.settled(olds ?? {}, asked);
    const failures = this.fixedFailures(wanted(olds ?? {}), wanted(news));
    const known = isKnown(news.server ?? UNKNOWN);
    if (
      failures.length === 0 &&
      known &&
      (isMoved(olds ?? {}, news) || JSON.stringify(wanted(olds ?? {})) !== JSON.stringify(wanted(news)))
    ) {
      const isNew = Object.keys(wanted(olds ?? {})).length === 0 || isMoved(olds ?? {}, news);
      failures.push(...(await this.serverFailures(serverOf(news), news, isNew)));
    }
    return { inputs: news, failures };
  }

  private async settled(olds: Fields, asked: Fields): Promise<Fields> {
    if (!this.kind.settle) return asked;
    const besides = Object.entries(asked).filter(([field]) => OURS.includes(field));
    return { ...Object.fromEntries(besides), ...(await this.kind.settle(wanted(asked), wanted(olds))) };
  }

  private fixedFailures(olds: Fields, news: Fields): pulumi.dynamic.CheckFailure[] {
    const failures: pulumi.dynamic.CheckFailure[] = [];
    for (const path of this.kind.fixed) {
      const [old, now] = [at(olds, path), at(news, path)];
      if (old === undefined || now === UNKNOWN || equalOn(path, old, now, this.kind)) continue;
      const reason =
        `Nexus can't change "${path}" of the ${this.kind.noun} "${this.kind.id(olds)}". ` +
        `Put ${JSON.stringify(old)} back, or declare a new one beside it under another resource name.`;
      failures.push({ property: path, reason });
    }
    return failures;
  }

  /** What the server itself has against the wish. One that is away has nothing to say: the update will tell. */
  private async serverFailures(
    server: NexusServer,
    news: Fields,
    isNew: boolean,
  ): Promise<pulumi.dynamic.CheckFailure[]> {
    const { kind } = this;
    const want = wanted(news);
    const id = kind.id(want);
    const call = caller(server, GLANCE_MS);
    try {
      const refusal = kind.refusal?.(await factsOf(server, GLANCE_MS), want);
      const reason =
        refusal ??
        (isNew ? await this.taken(call, news) : undefined) ??
        (await kind.conflict?.(call, id, want));
      return reason ? [{ property: "", reason }] : [];
    } catch (error) {
      if (error instanceof NexusFailure && (error.status === undefined || error.status === 401)) return [];
      throw error;
    }
  }

  private async taken(call: Call, news: Fields): Promise<string | undefined> {
    const { kind } = this;
    if (news.adopt === true || kind.single) return undefined;
    const id = kind.id(wanted(news));
    return (await kind.read(call, id)) ? this.existsMessage(id) : undefined;
  }

  private existsMessage(id: string): string {
    return (
      `The ${this.kind.noun} "${id}" already exists in Nexus. ` +
      "Set adopt: true to manage it from here, or delete it there."
    );
  }

  async diff(olds: Fields, news: Fields): Promise<pulumi.dynamic.DiffResult> {
    const [before, want] = [wanted(olds), wanted(news)];
    const changes =
      !equalOn("", before, want, this.kind) ||
      hasDropped(before, want, this.kind) ||
      olds.since !== news.since ||
      (olds.allowDataLoss ?? false) !== (news.allowDataLoss ?? false) ||
      JSON.stringify(olds.server) !== JSON.stringify(news.server) ||
      !(await this.holds(news));
    return { changes, replaces: [], deleteBeforeReplace: false };
  }

  async create(inputs: Fields): Promise<pulumi.dynamic.CreateResult> {
    const { kind } = this;
    const want = wanted(inputs);
    const id = kind.id(want);
    const server = serverOf(inputs);
    const call = caller(server);
    if (await this.isNeedless(server)) return { id, outs: { ...inputs } };
    await this.refuse(server, want);
    const existing = await kind.read(call, id);
    if (existing && inputs.adopt !== true && !kind.single) throw new Error(this.existsMessage(id));
    if (existing) await this.send(call, id, existing, want, {});
    else await this.createOnce(call, id, want);
    this.claimed.add(`${server.url} ${id}`);
    const wasThere = existing && inputs.keepFound === true ? { wasThere: true } : {};
    return { id, outs: { ...inputs, ...wasThere, ...theirsOf(kind, existing, want) } };
  }

  private async isNeedless(server: NexusServer): Promise<boolean> {
    return this.kind.needless?.(await factsOf(server)) ?? false;
  }

  /**
   * Creates what was not there a moment ago: whatever is found after a lost answer is what that call made, even where it
   * is finished so late that the next one is told "already exists".
   */
  private async createOnce(call: Call, id: string, want: Fields): Promise<void> {
    let maybeDone = false;
    for (let attempt = 1; ; attempt++) {
      try {
        await this.kind.create(call, want);
        return;
      } catch (error) {
        if (!(error instanceof NexusFailure)) throw error;
        const late = maybeDone && !error.maybeDone;
        maybeDone ||= error.maybeDone;
        if (!maybeDone || (attempt === CREATE_TRIES && !late)) throw error;
        const made = await (late && saysTaken(error) ? this.shown(call, id) : this.kind.read(call, id));
        if (made) return this.send(call, id, made, want, {});
        if (late) throw error;
      }
    }
  }

  /** As soon as Nexus shows it: one that stops while it creates, and a second one, have it in the database first. */
  private async shown(call: Call, id: string): Promise<Fields | undefined> {
    for (let waited = 0, pause = 250; ; waited += pause, pause = Math.min(2 * pause, 2000)) {
      const found = await this.kind.read(call, id);
      if (found || waited > SHOWN_MS) return found;
      await sleep(pause);
    }
  }

  async read(id: string, props: Fields = {}): Promise<pulumi.dynamic.ReadResult> {
    if (await this.isNeedless(serverOf(props))) return { id, props: { ...props } };
    const found = await this.kind.read(caller(serverOf(props)), id);
    if (!found) return { id: "", props: {} };
    const told = pickLike(found, wanted(props), this.kind.writeOnly ?? [], this.kind) as Fields;
    const lost = (await this.holds(props)) ? {} : this.lostSecrets(wanted(props));
    return { id, props: { ...props, ...told, ...lost } };
  }

  /** Whether the secrets that only a login can prove are still those of the props. */
  private async holds(props: Fields): Promise<boolean> {
    const { holds } = this.kind;
    if (holds === undefined) return true;
    const known = isKnown([props.server ?? UNKNOWN, wanted(props)]);
    return !known || holds(currentLogin(serverOf(props)), wanted(props));
  }

  /** What stands for secrets of which nothing is known but that they are other ones. */
  private lostSecrets(fields: Fields): Fields {
    const secret = (this.kind.writeOnly ?? []).filter((field) => field in fields);
    return Object.fromEntries(secret.map((field) => [field, ""]));
  }

  async update(id: string, olds: Fields, news: Fields): Promise<pulumi.dynamic.UpdateResult> {
    const [before, want] = [oursOf(this.kind, wanted(olds), olds), wanted(news)];
    const server = serverOf(news);
    const call = caller(server);
    if (await this.isNeedless(server)) return { outs: { ...news } };
    await this.refuse(server, want);
    const existing = await this.kind.read(call, id);
    const moved = isMoved(olds, news);
    if (existing && moved && news.adopt !== true && !this.kind.single)
      throw new Error(this.existsMessage(id));
    const isSame = (secret: string) => before[secret] === want[secret];
    const isLost = (this.kind.writeOnly ?? []).every(isSame) && !(await this.holds(news));
    const last = isLost ? { ...before, ...this.lostSecrets(before) } : before;
    if (existing) await this.send(call, id, existing, want, last);
    else await this.createOnce(call, id, want);
    const wasThere = existing && (moved || olds.wasThere === true) ? { wasThere: true } : {};
    return { outs: { ...news, ...wasThere, ...theirsOf(this.kind, existing, want, olds) } };
  }

  /** Sends the merged object, unless the server has all of it already. */
  private async send(call: Call, id: string, existing: Fields, want: Fields, before: Fields): Promise<void> {
    const { kind } = this;
    const { told, secret } = splitOff(want, kind.writeOnly ?? []);
    const hasGone = hasDropped(before, want, kind);
    if (equalOn("", existing, told, kind) && equalOn("", before, secret, kind) && !hasGone) return;
    await kind.update(call, id, mergeInto(existing, want, before, kind), { want, before, existing });
  }

  private async refuse(server: NexusServer, want: Fields): Promise<void> {
    if (!this.kind.refusal) return;
    const refusal = this.kind.refusal(await factsOf(server), want);
    if (refusal) throw new Error(refusal);
  }

  async delete(id: string, props: Fields): Promise<void> {
    const server = serverOf(props);
    // Another resource took it over in this run (one was renamed in the program): it is no longer ours to delete.
    if (this.claimed.has(`${server.url} ${id}`)) return;
    if (await this.isNeedless(server)) return;
    if (props.wasThere === true) return; // somebody else's, taken over: it stays as it is by now
    const call = caller(server);
    if (this.kind.content && props.allowDataLoss !== true) await this.guard(call, id);
    await this.kind.remove(call, id, oursOf(this.kind, wanted(props), props));
  }

  private async guard(call: Call, id: string): Promise<void> {
    const { kind } = this;
    if (!(await kind.read(call, id))) return;
    const content = await kind.content!(call, id);
    if (content.components === 0) return;
    throw new Error(
      `The ${kind.noun} "${id}" holds ${describeContent(content)} and is not deleted. ` +
        "To lose them, set allowDataLoss: true for it and run `up` once with it still in the program.",
    );
  }
}

/** `3 components, 1.2 MB`. */
export function describeContent({ components, counted = "component", bytes, more }: Content): string {
  return `${more ? "more than " : ""}${components} ${counted}${components === 1 ? "" : "s"}, ${bytesText(bytes)}`;
}

function at(fields: Fields, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Fields | undefined)?.[key], fields);
}
