/** Where a Nexus answers and who is asking. The password is a secret. */
export interface NexusServer {
  /** Base address without a trailing slash: `http://127.0.0.1:8081`. */
  readonly url: string;
  readonly username: string;
  readonly password: string;
  /** PEM of the authority of its certificate, where that isn't one that Node trusts anyway. */
  readonly ca?: string | undefined;
}
