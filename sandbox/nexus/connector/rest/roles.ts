import type { CoreAnswer, CoreClient } from "../core-client";
import { isObject, parseObject, sendAnswer } from "../http-tools";
import { fromCore, messageFromCore, toCore, worthRemembering } from "../privilege-names";
import type { ConnectorRecord } from "../record";
import { askAs, type Exchange, isDockerIn, sendRewritten } from "./exchange";

/** Roles: docker privileges in them are raw ones in the real Nexus. */
export class Roles {
  private readonly isDocker: (name: string) => boolean;

  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
  ) {
    this.isDocker = isDockerIn(record);
  }

  /** GET /v1/security/roles and /v1/security/roles/{id} */
  async read(exchange: Exchange): Promise<void> {
    this.send(exchange, await askAs(this.core, exchange));
  }

  /** POST /v1/security/roles, PUT and DELETE /v1/security/roles/{id} */
  async write(exchange: Exchange): Promise<void> {
    const role = parseObject(exchange.body);
    const names = role && Array.isArray(role.privileges) ? role.privileges.map(String) : undefined;
    if (!role || !names) return this.forward(exchange);
    const mapped = [...new Set(names.map((name) => toCore(name, this.isDocker)))];
    const answer = await askAs(this.core, exchange, {
      body: JSON.stringify({ ...role, privileges: mapped }),
    });
    if (answer.status < 300) this.remember(String(role.id), worthRemembering(names, this.isDocker));
    this.send(exchange, answer);
  }

  private async forward(exchange: Exchange): Promise<void> {
    const answer = await askAs(this.core, exchange);
    const id = decodeURIComponent(exchange.path.split("/").at(-1) ?? "");
    if (exchange.request.method === "DELETE" && answer.status < 300) this.remember(id, []);
    this.send(exchange, answer);
  }

  private remember(id: string, names: string[]): void {
    this.record.change((draft) => {
      if (names.length > 0) draft.roleWildcards[id] = names;
      else delete draft.roleWildcards[id];
    });
  }

  private send(exchange: Exchange, answer: CoreAnswer): void {
    const text =
      answer.status < 400 ? undefined : messageFromCore(answer.body.toString("utf8"), this.isDocker);
    if (text !== undefined) sendAnswer(exchange.response, answer, Buffer.from(text));
    else this.sendViews(exchange, answer);
  }

  private sendViews(exchange: Exchange, answer: CoreAnswer): void {
    sendRewritten(exchange.response, answer, (value) =>
      Array.isArray(value) ? value.map((role) => this.view(role)) : this.view(value),
    );
  }

  private view(role: unknown): unknown {
    if (!isObject(role) || !Array.isArray(role.privileges)) return role;
    const remembered = this.record.current.roleWildcards[String(role.id)] ?? [];
    return { ...role, privileges: fromCore(role.privileges.map(String), this.isDocker, remembered) };
  }
}
