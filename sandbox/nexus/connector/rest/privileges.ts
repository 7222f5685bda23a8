import type { CoreAnswer, CoreClient } from "../core-client";
import { isObject, parseObject, sendAnswer } from "../http-tools";
import {
  isDockerWildcard,
  messageFromCore,
  patternFromCore,
  patternToCore,
  swap,
  toCore,
} from "../privilege-names";
import type { ConnectorRecord } from "../record";
import { askAs, type Exchange, isDockerIn, sendRewritten } from "./exchange";

type Json = Record<string, unknown>;

/** Privileges: those with the format docker are raw ones in the real Nexus. */
export class Privileges {
  private readonly isDocker: (name: string) => boolean;

  constructor(
    private readonly core: CoreClient,
    private readonly record: ConnectorRecord,
  ) {
    this.isDocker = isDockerIn(record);
  }

  /** GET /v1/security/privileges: the built-in ones for all docker repositories stand beside their raw originals. */
  async list(exchange: Exchange): Promise<void> {
    const answer = await askAs(this.core, exchange);
    sendRewritten(exchange.response, answer, (value) => {
      if (!Array.isArray(value)) return value;
      return value.flatMap((item: unknown) =>
        isObject(item) ? [this.view(item), ...dockerTwin(item)] : [item],
      );
    });
  }

  /** GET or DELETE /v1/security/privileges/{name} */
  async one(name: string, exchange: Exchange): Promise<void> {
    const real = toCore(name, this.isDocker);
    const path = `/service/rest/v1/security/privileges/${encodeURIComponent(real)}`;
    const answer = await askAs(this.core, exchange, { path });
    if (exchange.request.method === "DELETE" && answer.status < 300) this.remember(name, false);
    if (answer.status >= 300) return this.sendError(exchange, answer);
    sendRewritten(exchange.response, answer, (value) => {
      if (!isObject(value)) return value;
      return isDockerWildcard(name) ? dockerTwin(value)[0] : this.view(value);
    });
  }

  /** POST /v1/security/privileges/{type}, PUT …/{type}/{name} */
  async write(exchange: Exchange): Promise<void> {
    const privilege = parseObject(exchange.body);
    if (!privilege) return this.sendError(exchange, await askAs(this.core, exchange));
    const { mapped, remember } = mapPrivilege(privilege, this.isDocker);
    const answer = await askAs(this.core, exchange, { body: JSON.stringify(mapped) });
    if (answer.status < 300) this.remember(String(privilege.name), remember);
    this.sendError(exchange, answer, mapped.format !== privilege.format);
  }

  private remember(name: string, docker: boolean): void {
    this.record.change((draft) => {
      const others = draft.dockerPrivileges.filter((known) => known !== name);
      draft.dockerPrivileges = docker ? [...others, name] : others;
    });
  }

  private sendError(exchange: Exchange, answer: CoreAnswer, mappedFormat = false): void {
    let text = messageFromCore(answer.body.toString("utf8"), this.isDocker);
    if (mappedFormat)
      text = text.replace(
        /Invalid format '(raw|docker)'/,
        (_all, format: string) => `Invalid format '${format === "raw" ? "docker" : "raw"}'`,
      );
    sendAnswer(exchange.response, answer, Buffer.from(text));
  }

  private view(item: Json): Json {
    const name = String(item.name);
    const shown = { ...item, name: swap(name, this.isDocker) };
    if (item.format === "raw" && this.isDocker(String(item.repository)))
      return { ...shown, format: "docker" };
    if (!this.record.current.dockerPrivileges.includes(name)) return shown;
    if (item.format === "raw") return { ...shown, format: "docker" };
    return typeof item.pattern === "string" ? { ...shown, pattern: patternFromCore(item.pattern) } : shown;
  }
}

/** nx-repository-view-raw-*-read gives the docker one of all repositories; everything else gives nothing. */
function dockerTwin(item: Json): Json[] {
  const name = String(item.name);
  if (!/^nx-repository-(view|admin)-raw-\*-/.test(name)) return [];
  const docker = (text: unknown) => String(text).replace(/\braw\b/g, "docker");
  return [{ ...item, name: docker(name), description: docker(item.description), format: "docker" }];
}

/** Pure: a privilege as the real Nexus can store it, and whether to remember that docker was meant. */
export function mapPrivilege(
  privilege: Json,
  isDocker: (name: string) => boolean,
): { mapped: Json; remember: boolean } {
  const { format, repository, pattern } = privilege;
  if (typeof pattern === "string") {
    const mapped = patternToCore(pattern);
    return { mapped: mapped ? { ...privilege, pattern: mapped } : privilege, remember: mapped !== undefined };
  }
  const all = repository === "*";
  if (format === "docker" && (all || isDocker(String(repository))))
    return { mapped: { ...privilege, format: "raw" }, remember: all };
  // A raw privilege for a docker repository: the real server refuses the format docker, and the answer says raw.
  if (format === "raw" && isDocker(String(repository)))
    return { mapped: { ...privilege, format: "docker" }, remember: false };
  return { mapped: privilege, remember: false };
}
