import { z } from "zod";
import { addressRange, dockerAddress, hostName, listOf, name } from "./fields";
import { tlsSchema } from "./tls-settings";

/** `berth:servers.<name>` */
export const serverSchema = z.strictObject({
  was: name().optional().describe("Its name before: what runs and lies there is this one's."),
  docker: dockerAddress().meta({
    description: "Its Docker.",
    examples: ["ssh://deploy@web1.example.com", "unix:///var/run/docker.sock"],
  }),
  address: hostName().meta({
    description: "Name or address under which people reach what runs on it.",
    examples: ["web1.example.com"],
  }),
  tls: tlsSchema.optional().describe("https in front of its apps; without it they are served in plain http."),
  trustedProxies: listOf(addressRange(), "a list of addresses and CIDRs")
    .optional()
    .meta({
      description:
        "Load balancers in front of it: what they say of the client (X-Forwarded-Proto, -For, -Host, -Port) is believed and passed on.",
      examples: [["10.0.0.0/8"]],
    }),
});

export type ServerFields = z.infer<typeof serverSchema>;
export type ServerSettings = ServerFields & { readonly name: string };
