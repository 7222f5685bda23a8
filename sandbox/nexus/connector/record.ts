import {
  chmodSync,
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from "node:fs";
import { dirname } from "node:path";

export type RepositoryType = "hosted" | "proxy" | "group";

/** `docker` of a repository's settings, as GET returns it. */
export interface DockerAttributes {
  v1Enabled: boolean;
  forceBasicAuth: boolean;
  httpPort: number | null;
  httpsPort: number | null;
  subdomain: string | null;
}

/** `dockerProxy` of a proxy repository's settings. */
export interface DockerProxyAttributes {
  indexType: "HUB" | "REGISTRY" | "CUSTOM";
  indexUrl: string | null;
  cacheForeignLayers: boolean;
  foreignLayerUrlWhitelist: string[];
}

/** What pulling from the remote needs; the rest of the proxy's settings stays in the real Nexus alone. */
export interface Remote {
  url: string;
  /** minutes; -1 means for ever */
  metadataMaxAge: number;
  negativeCacheEnabled: boolean;
  /** minutes */
  negativeCacheTtl: number;
  blocked: boolean;
  username?: string;
  password?: string;
}

/** What the connector adds to one repository of the real Nexus. */
export interface DockerRepository {
  name: string;
  type: RepositoryType;
  online: boolean;
  docker: DockerAttributes;
  /** hosted: in the case the caller sent */
  writePolicy?: string;
  /** hosted */
  proprietaryComponents?: boolean;
  /** hosted: only where the caller sent it */
  latestPolicy?: boolean;
  dockerProxy?: DockerProxyAttributes;
  remote?: Remote;
  members?: string[];
}

export interface RecordData {
  version: 1;
  repositories: Record<string, DockerRepository>;
  /** Repositories that the real server was asked to make, and has not answered yet; what a crash leaves here is unknown. */
  begun: Record<string, RepositoryType>;
  /** Place of DockerToken among the active realms, or null where it is not active. */
  tokenRealm: number | null;
  /** Role id → privileges that its owner wrote with the format docker for all repositories ("*"). */
  roleWildcards: Record<string, string[]>;
  /** Own privileges whose owner gave them the format docker for all repositories. */
  dockerPrivileges: string[];
}

const EMPTY: RecordData = {
  version: 1,
  repositories: {},
  begun: {},
  tokenRealm: null,
  roleWildcards: {},
  dockerPrivileges: [],
};

/** The connector's own memory on the volume. It holds the remotes' passwords: 0600, like the real server's keystores. */
export class ConnectorRecord {
  private data: RecordData;

  constructor(private readonly file: string) {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    this.data = read(file);
  }

  get current(): Readonly<RecordData> {
    return this.data;
  }

  repository(name: string): DockerRepository | undefined {
    return Object.hasOwn(this.data.repositories, name) ? this.data.repositories[name] : undefined;
  }

  repositories(): DockerRepository[] {
    return Object.values(this.data.repositories);
  }

  /** Changes a copy, writes it whole, and only then lets it count: a crash leaves the old record or the new one. */
  change(edit: (draft: RecordData) => void): void {
    const draft = structuredClone(this.data);
    edit(draft);
    if (JSON.stringify(draft) === JSON.stringify(this.data)) return;
    writeWhole(this.file, JSON.stringify(draft, null, 1));
    this.data = draft;
  }
}

function read(file: string): RecordData {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return structuredClone(EMPTY);
    throw error;
  }
  const data = JSON.parse(text) as Partial<RecordData>;
  if (data.version !== 1)
    throw new Error(`${file}: version ${data.version} is not one this connector knows (1)`);
  return { ...structuredClone(EMPTY), ...data } as RecordData;
}

function writeWhole(file: string, text: string): void {
  const next = `${file}.next`;
  const handle = openSync(next, "w", 0o600);
  try {
    writeSync(handle, text);
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
  chmodSync(next, 0o600);
  renameSync(next, file);
}
