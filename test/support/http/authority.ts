import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { isIP } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

export interface Issued {
  /** PEM files. */
  readonly certificate: string;
  readonly key: string;
}

/** A certificate authority of a test's own, made by openssl. */
export class Authority {
  private readonly folder = mkdtempSync(join(tmpdir(), "berth-ca-"));
  /** PEM file of its root. */
  readonly root = join(this.folder, "root.pem");
  private issued = 0;

  constructor() {
    const key = join(this.folder, "root.key");
    const make = ["req", "-x509", ...EC, "-days", "30", "-subj", "/CN=Berth test authority"];
    openssl([...make, "-keyout", key, "-out", this.root]);
  }

  get ca(): string {
    return readFileSync(this.root, "utf8");
  }

  /** @param days from now; a negative number: it ran out so many days ago */
  issue(names: readonly string[], days = 10): Issued {
    const at = (suffix: string) => join(this.folder, `${this.issued}.${suffix}`);
    this.issued++;
    const alternatives = names.map((name) => `${isIP(name) ? "IP" : "DNS"}:${name}`).join(",");
    writeFileSync(at("ext"), `subjectAltName=${alternatives}\n`);
    openssl(["req", ...EC, "-subj", "/CN=test", "-keyout", at("key"), "-out", at("csr")]);
    const by = ["-CA", this.root, "-CAkey", join(this.folder, "root.key"), "-CAcreateserial"];
    const how = ["-in", at("csr"), "-extfile", at("ext"), "-out", at("pem")];
    if (days > 0) openssl(["x509", "-req", ...how, ...by, "-days", String(days)]);
    else this.issueOutdated(at, how, by, days);
    return { certificate: at("pem"), key: at("key") };
  }

  remove(): void {
    rmSync(this.folder, { recursive: true });
  }

  /** `openssl x509` only takes a span from now on. */
  private issueOutdated(at: (suffix: string) => string, how: string[], by: string[], days: number): void {
    const day = (offset: number) => {
      const date = new Date(Date.now() + offset * 86_400_000).toISOString();
      return `${date.slice(0, 10).replaceAll("-", "")}000000Z`;
    };
    const settings = [
      ...["[ca]", "default_ca=a", "[a]", `database=${at("db")}`, `new_certs_dir=${this.folder}`],
      ...["default_md=sha256", "policy=p", "rand_serial=yes", "[p]", "commonName=supplied"],
    ];
    writeFileSync(at("db"), "");
    writeFileSync(at("cnf"), `${settings.join("\n")}\n`);
    const authority = ["-cert", by[1]!, "-keyfile", by[3]!];
    const span = ["-startdate", day(days - 10), "-enddate", day(days)];
    openssl(["ca", "-batch", "-notext", "-config", at("cnf"), ...authority, ...how, ...span]);
  }
}

const EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"];

function openssl(args: string[]): void {
  execFileSync("openssl", args, { stdio: "pipe" });
}
