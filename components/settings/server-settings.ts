import { z } from "zod";
import { addressRange, dockerAddress, hostName, listOf, name } from "./fields";
import { tlsSchema } from "./tls-settings";

/** `berth:servers.<name>` */
export const serverSchema = z.strictObject({
  /** Its name before: what runs and lies there is this one's. */
  was: name().optional(),
  docker: dockerAddress(),
  /** Name or address under which people reach what runs on it. */
  address: hostName(),
  /** https in front of its apps; without it they are served in plain http. */
  tls: tlsSchema.optional(),
  /** Load balancers in front of it: what they say of the client (X-Forwarded-Proto, -For, -Host, -Port) is believed and passed on. */
  trustedProxies: listOf(addressRange(), "a list of addresses and CIDRs").optional(),
});

export type ServerFields = z.infer<typeof serverSchema>;
export type ServerSettings = ServerFields & { readonly name: string };
