import { randomUUID } from "node:crypto";
import type { CoreAnswer, CoreClient } from "../core-client";
import type { RunningRepositories } from "../docker/repositories";
import { isObject, parseObject, sendAnswer, sendJson } from "../http-tools";
import { Mutex } from "../mutex";
import type { ConnectorRecord, RepositoryType } from "../record";
import { coreBody, coreType, recordOf } from "./bodies";
import { askAs, type Exchange } from "./exchange";
import { type Checked, checkDocker, type FieldError, memberMismatch, portError } from "./validation";

const SIESTA = "application/vnd.siesta-validation-errors-v1+json";

/** No repository has this name: asking for it gives the real server's own "not found", permissions checked first. */
export const missingName = () => `berth-missing-${randomUUID()}`;

/** POST, PUT and DELETE of docker repositories. The real Nexus decides first; then the connector follows. */
export class RepositoryWrites {
  private readonly mutex = new Mutex();

  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
    private readonly running: RunningRepositories,
  ) {}

  create(type: RepositoryType, exchange: Exchange): Promise<void> {
    return this.mutex.run("", () => this.write(type, exchange, undefined));
  }

  update(type: RepositoryType, name: string, exchange: Exchange): Promise<void> {
    return this.mutex.run("", () => this.write(type, exchange, name));
  }

  /** DELETE /v1/repositories/{name}, docker or not: the real server drops it from its groups, and so do we. */
  remove(name: string, exchange: Exchange): Promise<void> {
    return this.mutex.run("", async () => {
      const answer = await askAs(this.core, exchange);
      if (answer.status === 204 && this.record.repository(name)) {
        this.record.change((draft) => {
          delete draft.repositories[name];
          for (const group of Object.values(draft.repositories))
            if (group.members) group.members = group.members.filter((member) => member !== name);
        });
        await this.running.remove(name);
      }
      sendAnswer(exchange.response, answer);
    });
  }

  private async write(type: RepositoryType, exchange: Exchange, name: string | undefined): Promise<void> {
    const body = parseObject(exchange.body);
    const path = `/service/rest/v1/repositories/raw/${coreType(type)}`;
    // Not an object at all: the real server words that error.
    if (!body)
      return sendAnswer(exchange.response, await askAs(this.core, exchange, { path: withName(path, name) }));
    const known = name === undefined || this.record.repository(name)?.type === type;
    const checked = checkDocker(type, body);
    if (checked.typeErrors.length > 0) return sendJson(exchange.response, 400, checked.typeErrors);
    if (checked.errors.length > 0) return this.invalid(exchange, withName(path, name), body, checked, type);
    if (!known) return this.unknown(type, exchange, path, body, name);
    const conflicts = this.conflicts(type, body, checked, name);
    if (conflicts.length > 0)
      return this.refuseConflicts(exchange, withName(path, name), body, conflicts, type);
    await this.accept(type, exchange, withName(path, name), body, checked, name);
  }

  /** The real server's validation errors and ours in one list; it always has one, as `online` is left out. */
  private async invalid(
    exchange: Exchange,
    path: string,
    body: Json,
    checked: Checked,
    type: RepositoryType,
  ) {
    const { online, ...rest } = coreBody(type, body);
    const answer = await askAs(this.core, exchange, { path, body: JSON.stringify(rest) });
    // Its type is Siesta's own, or plain JSON where the caller asked for that.
    const isJson = /json/.test(String(answer.headers["content-type"]));
    const said: unknown =
      answer.status === 400 && isJson ? JSON.parse(answer.body.toString("utf8")) : undefined;
    if (!Array.isArray(said)) return sendAnswer(exchange.response, answer);
    const theirs = said as FieldError[];
    const added = online !== undefined && online !== null;
    const kept = theirs.filter((error) => !(added && error.id === "PARAMETER online"));
    sendAnswer(exchange.response, answer, Buffer.from(JSON.stringify([...kept, ...checked.errors])));
  }

  /** PUT of a repository that isn't a docker one of this type: 404, also where a raw one has the name. */
  private async unknown(
    type: RepositoryType,
    exchange: Exchange,
    path: string,
    body: Json,
    name: string,
  ): Promise<void> {
    const missing = missingName();
    const renamed = coreBody(type, { ...body, name: body.name === name ? missing : body.name });
    const answer = await askAs(this.core, exchange, {
      path: withName(path, missing),
      body: JSON.stringify(renamed),
    });
    sendAnswer(exchange.response, answer);
  }

  /** What only the connector can see: ports in use, and members of another format. */
  private conflicts(
    type: RepositoryType,
    body: Json,
    checked: Checked,
    name: string | undefined,
  ): FieldError[] {
    const { httpPort } = checked.settings.docker;
    const owner = httpPort === null ? undefined : this.running.portOwner(httpPort);
    const errors: FieldError[] = [];
    if (owner !== undefined && owner !== name)
      errors.push(portError("httpPort", `Port ${httpPort} is already in use by repository ${owner}`));
    const members = type === "group" && isObject(body.group) ? body.group.memberNames : [];
    for (const member of Array.isArray(members) ? members.map(String) : [])
      if (!this.record.repository(member)) errors.push(memberMismatch(member));
    return errors;
  }

  /** Who may not create repositories must learn that first, so the real server is asked for something impossible. */
  private async refuseConflicts(
    exchange: Exchange,
    path: string,
    body: Json,
    errors: FieldError[],
    type: RepositoryType,
  ): Promise<void> {
    const mapped = coreBody(type, body);
    const storage = isObject(mapped.storage)
      ? { ...mapped.storage, blobStoreName: missingName() }
      : mapped.storage;
    const answer = await askAs(this.core, exchange, { path, body: JSON.stringify({ ...mapped, storage }) });
    const theirs = namedErrors(answer);
    if (!theirs) return sendAnswer(exchange.response, answer);
    // A member that exists nowhere is the real server's to report.
    const told = new Set(theirs.map((error) => error.message.split(": ").at(-1)));
    const ours = errors.filter((error) => !told.has(error.message.split(": ").at(-1)));
    const all = [...theirs.filter((error) => error.id !== "*"), ...ours];
    sendJson(exchange.response, 400, all, { "content-type": SIESTA });
  }

  private async accept(
    type: RepositoryType,
    exchange: Exchange,
    path: string,
    body: Json,
    checked: Checked,
    name: string | undefined,
  ): Promise<void> {
    const own = name ?? String(body.name);
    // A second one of a name: the real server refuses it, and the first keeps its port.
    if (name === undefined && this.record.repository(own))
      return sendAnswer(
        exchange.response,
        await askAs(this.core, exchange, { path, body: JSON.stringify(coreBody(type, body)) }),
      );
    const port = checked.settings.docker.httpPort;
    const before = name === undefined ? null : (this.record.repository(name)?.docker.httpPort ?? null);
    try {
      // First, as it may fail: the port is taken before anything is created.
      await this.running.listen(own, port);
    } catch (error) {
      const clash = [portError("httpPort", (error as Error).message)];
      return this.refuseConflicts(exchange, path, body, clash, type);
    }
    const answer =
      name === undefined
        ? await this.make(type, exchange, path, body)
        : await askAs(this.core, exchange, { path, body: JSON.stringify(coreBody(type, body)) });
    if (answer.status >= 300) await this.running.listen(own, before);
    else await this.follow(recordOf(type, body, checked.settings), name === undefined);
    sendAnswer(exchange.response, answer);
  }

  /**
   * Has the real server make it. A request that it took just before both went down is in the record as begun: what it
   * made of that is taken over, as if it were made now.
   */
  private async make(
    type: RepositoryType,
    exchange: Exchange,
    path: string,
    body: Json,
  ): Promise<CoreAnswer> {
    const name = String(body.name);
    const mapped = JSON.stringify(coreBody(type, body));
    const mayBeThere = this.record.current.begun[name] === type;
    this.record.change((draft) => {
      draft.begun[name] = type;
    });
    const first = await askAs(this.core, exchange, { path, body: mapped });
    const isThere = mayBeThere && first.status === 400;
    const again = { method: "PUT", path: withName(path, name), body: mapped };
    const second = isThere ? await askAs(this.core, exchange, again) : undefined;
    const answer = second?.status === 204 ? { ...second, status: 201 } : first;
    // One that stops answers 503, and has made it all the same (measured on 3.71).
    const isUnknown = answer.status >= 500 || (isThere && second?.status !== 404);
    if (answer.status >= 300 && !isUnknown) this.record.change((draft) => void delete draft.begun[name]);
    return answer;
  }

  private async follow(repository: ReturnType<typeof recordOf>, isNew: boolean): Promise<void> {
    if (isNew) this.running.erase(repository.name);
    this.record.change((draft) => {
      draft.repositories[repository.name] = repository;
      delete draft.begun[repository.name];
    });
    if (isNew) await this.running.open(repository);
    else this.running.invalidate(repository.name);
  }
}

type Json = Record<string, unknown>;

const withName = (path: string, name: string | undefined) =>
  name === undefined ? path : `${path}/${encodeURIComponent(name)}`;

/** The errors of a 400 in either shape (E1 list, E3 object); undefined for anything else. */
function namedErrors(answer: CoreAnswer): FieldError[] | undefined {
  if (answer.status !== 400) return undefined;
  const value: unknown = JSON.parse(answer.body.toString("utf8"));
  return (Array.isArray(value) ? value : [value]) as FieldError[];
}
