import type { CoreClient } from "../core-client";
import type { RunningRepositories } from "../docker/repositories";
import { isObject, parseObject, sendAnswer, sendJson } from "../http-tools";
import type { ConnectorRecord, RepositoryType } from "../record";
import { coreType, dockerView } from "./bodies";
import { askAs, type Exchange, sendRewritten } from "./exchange";
import { missingName } from "./repository-writes";
import { memberMismatch } from "./validation";

type Json = Record<string, unknown>;

/** Everything that lists or shows repositories. Permissions are the real server's: what it hides stays hidden. */
export class RepositoryReads {
  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
    private readonly running: RunningRepositories,
  ) {}

  /** GET /v1/repositories/docker/{type}/{name} */
  async get(type: RepositoryType, name: string, exchange: Exchange): Promise<void> {
    const repository = this.record.repository(name);
    const asked = repository?.type === type ? name : missingName();
    const path = `/service/rest/v1/repositories/raw/${coreType(type)}/${encodeURIComponent(asked)}`;
    const answer = await askAs(this.core, exchange, { path });
    sendRewritten(exchange.response, answer, (value) =>
      answer.status === 200 && repository && isObject(value) ? dockerView(value, repository) : value,
    );
  }

  /** GET /v1/repositories and /v1/repositories/{name}: name, format, type, url. */
  async summaries(exchange: Exchange): Promise<void> {
    sendRewritten(exchange.response, await askAs(this.core, exchange), (value) =>
      this.each(value, (item, { type }) => ({ ...item, format: "docker", type })),
    );
  }

  /** GET /v1/repositorySettings */
  async settings(exchange: Exchange): Promise<void> {
    sendRewritten(exchange.response, await askAs(this.core, exchange), (value) =>
      this.each(value, (item, repository) => dockerView(item, repository)),
    );
  }

  /** The raw endpoints do not know docker repositories, neither by name nor as members. */
  async raw(name: string | undefined, exchange: Exchange): Promise<void> {
    const { path } = exchange;
    if (name !== undefined && this.record.repository(name)) {
      const hidden = `${path.slice(0, path.lastIndexOf("/"))}/${missingName()}`;
      return sendAnswer(exchange.response, await askAs(this.core, exchange, { path: hidden }));
    }
    const body = parseObject(exchange.body);
    const members =
      isObject(body?.group) && Array.isArray(body.group.memberNames) ? body.group.memberNames : [];
    const foreign = members.map(String).filter((member) => this.record.repository(member));
    if (foreign.length === 0) return sendAnswer(exchange.response, await askAs(this.core, exchange));
    sendJson(exchange.response, 400, foreign.map(memberMismatch), {
      "content-type": "application/vnd.siesta-validation-errors-v1+json",
    });
  }

  /** POST /v1/repositories/{name}/invalidate-cache */
  async invalidate(name: string, exchange: Exchange): Promise<void> {
    const answer = await askAs(this.core, exchange);
    const hosted = this.record.repository(name)?.type === "hosted";
    if (answer.status === 204) this.running.invalidate(name);
    if (answer.status !== 204 || !hosted) return sendAnswer(exchange.response, answer);
    sendJson(exchange.response, 400, {
      id: "*",
      message: '"You can invalidate cache of proxy or group repository only"',
    });
  }

  private each(
    value: unknown,
    rewrite: (item: Json, repository: NonNullable<ReturnType<ConnectorRecord["repository"]>>) => Json,
  ) {
    const one = (item: unknown) => {
      const repository = isObject(item) ? this.record.repository(String(item.name)) : undefined;
      return repository && isObject(item) ? rewrite(item, repository) : item;
    };
    return Array.isArray(value) ? value.map(one) : one(value);
  }
}
