import { type Fields, pageIn } from "../rest/answer-shape";
import type { Call } from "../rest/call";
import type { Content } from "./kind";

/** About 0.1 s each, so that counting does not take minutes: this is enough to say that a lot would be lost. */
const MAX_PAGES = 100;

/**
 * What a repository holds: its components, and the bytes of its assets (the layers of docker images are assets of no
 * component). A page holds ten; a group's lists are those of its members.
 */
export async function repositoryContent(call: Call, name: string): Promise<Content> {
  const [components, assets] = await Promise.all([
    everything(call, "components", name),
    everything(call, "assets", name),
  ]);
  return {
    components: components.items.length,
    bytes: assets.items.reduce((sum, { fileSize }) => sum + (typeof fileSize === "number" ? fileSize : 0), 0),
    more: components.more || assets.more,
  };
}

async function everything(call: Call, list: "components" | "assets", repository: string) {
  const items: Fields[] = [];
  const path = `/v1/${list}?repository=${encodeURIComponent(repository)}`;
  for (let pages = 0, token: string | undefined; pages < MAX_PAGES; pages++) {
    const from = token ? `&continuationToken=${encodeURIComponent(token)}` : "";
    const page = pageIn(await call("GET", path + from, [200]));
    items.push(...page.items);
    token = page.continuationToken;
    if (!token) return { items, more: false };
  }
  return { items, more: true };
}
