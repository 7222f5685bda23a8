import { createHash } from "node:crypto";
import type { GoProgram } from "../lib/go-program";
import { suite } from "./debian-mirror";
import { rootfsRecipe } from "./debian-rootfs";

export interface Recipe {
  /** Repository and tag in the upstream registry, as on the hub. */
  repository: string;
  tag: string;
  script: string;
  changes: string[];
  /** What a person should know of the stand-in. */
  description: string;
  /** A program that is built on this machine; the script finds it in /run/berth-build by the last part of its package. */
  program?: GoProgram;
}

/**
 * Debian's Python where the official image's is: `python`, `pip` and their versioned names in /usr/local/bin, and
 * pip installs into the system as there (Debian's guard against that is for systems, not for images).
 */
const python: Recipe = {
  repository: "library/python",
  tag: "3.11-slim",
  script: `apt-get update -qq
apt-get install -y -qq ca-certificates netbase tzdata python3 python3-pip python3-venv
rm -f /usr/lib/python3.11/EXTERNALLY-MANAGED
for name in python python3 python3.11; do ln -sf /usr/bin/python3.11 /usr/local/bin/$name; done
for name in pip pip3 pip3.11; do ln -sf /usr/bin/pip3 /usr/local/bin/$name; done
rm -rf /root/.cache
python --version
pip --version
`,
  changes: [
    "ENV PATH=/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV LANG=C.UTF-8",
    'CMD ["python3"]',
  ],
  description: "Python 3.11 of Debian in place of the official image",
};

/** Debian's own is 2.6, which has no PROXY protocol. */
const caddyProgram: GoProgram = { package: "github.com/caddyserver/caddy/v2/cmd/caddy", version: "v2.11.9" };

/** Caddy as it is built from the Go module proxy, with the official image's paths, volumes' places and command. */
const caddy: Recipe = {
  repository: "library/caddy",
  tag: "2",
  script: `apt-get update -qq
apt-get install -y -qq ca-certificates media-types
mkdir -p /config/caddy /data/caddy /etc/caddy /usr/share/caddy /srv
install -m 755 /run/berth-build/caddy /usr/bin/caddy # ${caddyProgram.version}
caddy version
`,
  program: caddyProgram,
  changes: [
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "ENV XDG_CONFIG_HOME=/config",
    "ENV XDG_DATA_HOME=/data",
    "EXPOSE 80",
    "EXPOSE 443",
    "EXPOSE 443/udp",
    "EXPOSE 2019",
    "WORKDIR /srv",
    'CMD ["caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]',
  ],
  description: `Caddy ${caddyProgram.version} built from its source in place of the official image`,
};

/** Debian's nginx with the official image's paths and command; its stream is a module, which doors need. */
const nginx: Recipe = {
  repository: "library/nginx",
  tag: "1",
  script: `apt-get update -qq
apt-get install -y -qq ca-certificates nginx-light libnginx-mod-stream
rm -f /etc/nginx/sites-enabled/default
ln -sf /dev/stdout /var/log/nginx/access.log
ln -sf /dev/stderr /var/log/nginx/error.log
nginx -v
`,
  changes: [
    "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "EXPOSE 80",
    `CMD ["nginx", "-g", "daemon off;"]`,
  ],
  description: "nginx of Debian in place of the official image",
};

export const recipes: Recipe[] = [python, caddy, nginx];

/** Changes with everything that decides what is in the image, but for the versions of the packages. */
export function recipeId(recipe: Recipe): string {
  const parts = [suite, rootfsRecipe, recipe.script, ...recipe.changes];
  return createHash("sha256").update(parts.join("\0")).digest("hex").slice(0, 12);
}
