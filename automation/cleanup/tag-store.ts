/** An image's tags in one registry. */
export interface TagStore {
  /** `GitLab`, `Nexus`. */
  readonly where: string;
  /** `registry/repository`, without a tag. */
  readonly repository: string;
  names(): Promise<string[]>;
  /** Undefined where there is no such tag any more. */
  look(tag: string): Promise<LookedAt | undefined>;
  remove(tag: string): Promise<void>;
  /** Ends its connections. */
  close(): void;
}

export interface LookedAt {
  readonly digest: string;
  /** Of its layers, also of those that it shares with other images; undefined where the registry doesn't tell. */
  readonly bytes?: number | undefined;
}
