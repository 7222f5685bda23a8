import { caddy } from "./caddy";
import type { EdgeSoftware } from "./edge-software";
import { nginx } from "./nginx";
/** By the name that settings and state know them under. */
export const edgeSoftware: { readonly caddy: EdgeSoftware; readonly nginx: EdgeSoftware } = { caddy, nginx };

export type EdgeSoftwareName = keyof typeof edgeSoftware;
