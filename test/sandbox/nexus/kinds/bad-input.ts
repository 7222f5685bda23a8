import type { KindName } from "../../../../components/nexus/kinds";
import type { Json } from "./nexus-rest";

/** Something wrong with the fields of an object, and the whole message that refuses it. */
export interface BadInput {
  readonly kind: KindName;
  readonly variant?: string;
  /** Laid over what the object of the kind in the program has in the end. */
  readonly fields: Json;
  /** `{nexus}` for the server's address. */
  readonly says: string;
}

/** An object that isn't there. */
export const name = "life-other";

/** What Nexus itself has against what is sent. */
export const by = (call: string, said: string) => {
  const [method, path] = call.split(" ");
  return `${method} {nexus}/service/rest/v1/${path}: Nexus answered 400 (${said})`;
};
