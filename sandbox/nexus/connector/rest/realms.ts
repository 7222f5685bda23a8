import type { CoreClient } from "../core-client";
import { sendAnswer } from "../http-tools";
import type { ConnectorRecord } from "../record";
import { askAs, type Exchange, sendRewritten } from "./exchange";

export const TOKEN_REALM = { id: "DockerToken", name: "Docker Bearer Token Realm" };

/** The realm DockerToken, which the real Nexus does not have, in its lists of realms. */
export class Realms {
  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
  ) {}

  /** GET /v1/security/realms/available: sorted by name, as the real server sorts. */
  async available(exchange: Exchange): Promise<void> {
    sendRewritten(exchange.response, await askAs(this.core, exchange), (value) =>
      Array.isArray(value)
        ? [...value, TOKEN_REALM].sort((a: Realm, b: Realm) => (a.name < b.name ? -1 : 1))
        : value,
    );
  }

  /** GET or PUT /v1/security/realms/active */
  async active(exchange: Exchange): Promise<void> {
    if (exchange.request.method === "PUT") return this.activate(exchange);
    sendRewritten(exchange.response, await askAs(this.core, exchange), (value) =>
      Array.isArray(value) ? withTokenRealm(value.map(String), this.record.current.tokenRealm) : value,
    );
  }

  private async activate(exchange: Exchange): Promise<void> {
    const wanted = stringList(exchange.body);
    if (!wanted) return sendAnswer(exchange.response, await askAs(this.core, exchange));
    const rest = wanted.filter((id) => id !== TOKEN_REALM.id);
    const answer = await askAs(this.core, exchange, { body: JSON.stringify(rest) });
    if (answer.status === 204) {
      const place = wanted.indexOf(TOKEN_REALM.id);
      this.record.change((draft) => {
        draft.tokenRealm = place < 0 ? null : place;
      });
    }
    sendAnswer(exchange.response, answer);
  }
}

interface Realm {
  id: string;
  name: string;
}

/** Pure: the active realms in the order their owner sent. */
export function withTokenRealm(active: string[], place: number | null): string[] {
  if (place === null) return active;
  return [...active.slice(0, place), TOKEN_REALM.id, ...active.slice(place)];
}

function stringList(body: Buffer): string[] | undefined {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return Array.isArray(value) && value.every((id) => typeof id === "string") ? value : undefined;
  } catch {
    return undefined;
  }
}
