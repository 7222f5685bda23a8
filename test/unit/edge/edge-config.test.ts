import assert from "node:assert/strict";
import { caddy } from "../../../components/edge/software/caddy";
import type { EdgeTls } from "../../../components/edge/software/edge-software";
import { nginx } from "../../../components/edge/software/nginx";

const registry = { host: "nexus.test", publish: 8082, container: "nexus", port: 8082 };
const ui = { host: "nexus.test", publish: 8443, container: "nexus", port: 8081 };
const tls: EdgeTls = {
  certificates: { from: "own" },
  host: "nexus.test",
  port: 8443,
  redirectFrom: 8080,
  redirects: { "docker.test": 8443 },
  routes: [ui, registry],
  hosts: [],
};

const text = (...lines: string[]) => `${lines.join("\n")}\n`;

/** The part of a Caddyfile that says where certificates come from. */
const certificateOf = (config: string) => /^\(certificate\) \{\n([\s\S]*?)^\}/m.exec(config)![1];

describe("Caddy's configuration", () => {
  it("has no part but the apps' without TLS, and bears the site of an edge that had it", () => {
    assert.equal(
      caddy.main(undefined, "older"),
      text(
        "{",
        "\tauto_https off",
        "\tservers {",
        "\t\tprotocols h1 h2",
        "\t}",
        "}",
        "(certificate) {",
        "}",
        "import /config/sites/*.caddy",
      ),
    );
  });

  it("serves every route by https and sends plain http there", () => {
    const proxied = (address: string, upstream: string, port: number) => [
      `${address} {`,
      "\timport certificate",
      `\treverse_proxy ${upstream} {`,
      `\t\theader_up X-Forwarded-Port ${port}`,
      "\t\tlb_try_duration 5s",
      "\t\tlb_try_interval 100ms",
      "\t}",
      "}",
    ];
    assert.equal(
      caddy.main(tls, "older"),
      text(
        "{",
        "\tauto_https disable_redirects",
        "\thttps_port 8443",
        "\thttp_port 8080",
        "\tdefault_sni nexus.test",
        "\tskip_install_trust",
        "\tservers {",
        "\t\tprotocols h1 h2",
        "\t}",
        "}",
        "(certificate) {",
        "\ttls {",
        "\t\tissuer internal",
        "\t}",
        "}",
        ...proxied("https://nexus.test:8443", "nexus:8081", 8443),
        ...proxied("https://nexus.test:8082", "nexus:8082", 8082),
        "http://docker.test:8080 {",
        "\tredir https://docker.test:8443{uri} 308",
        "}",
        "http://:8080 {",
        "\tredir https://nexus.test:8443{uri} 308",
        "}",
        "import /config/sites/*.caddy",
      ),
    );
  });

  it("gets certificates by ACME from whom settings say, or takes given files", () => {
    const by = (certificates: EdgeTls["certificates"]) => certificateOf(caddy.main({ ...tls, certificates }));
    assert.equal(by({ from: "acme" }), "\ttls {\n\t\tissuer acme\n\t}\n");
    const directory = "https://ca.test/acme/directory";
    assert.equal(
      by({ from: "acme", email: "ops@example.com", directory, directoryCa: true }),
      text(
        "\ttls {",
        "\t\tissuer acme {",
        `\t\t\tdir ${directory}`,
        "\t\t\temail ops@example.com",
        "\t\t\ttrusted_roots /config/tls/directory-ca.pem",
        "\t\t}",
        "\t}",
      ),
    );
    assert.equal(by({ from: "files" }), "\ttls /config/tls/certificate.pem /config/tls/key.pem\n");
  });

  it("believes doors whose request it is, ends connections when asked to, and keeps websockets over a load", () => {
    const config = caddy.main(tls);
    const allowed = "10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 fc00::/7";
    assert.ok(
      config.includes(
        `\t\tlistener_wrappers {\n\t\t\tproxy_protocol {\n\t\t\t\tallow ${allowed}\n\t\t\t}\n\t\t\ttls\n`,
      ),
    );
    assert.equal(
      config.match(/^\theader @ending Connection close$/gm)!.length,
      4,
      "two routes, two redirects",
    );
    assert.equal(config.match(/^\t\tstream_close_delay 86400s$/gm)!.length, 2);
    assert.ok(config.endsWith("import /config/apps/*.caddy\n"));
    const alone = caddy.site({ app: "blog", container: "", port: 0, publish: 8080 }, "alone");
    assert.match(alone, /@ending/);
    assert.doesNotMatch(alone, /stream_close_delay/, "an edge of before may be too old for it");
  });

  it("redirects nothing where it isn't to, and writes IPv6 addresses in brackets", () => {
    const config = caddy.main({ ...tls, redirectFrom: false, routes: [{ ...ui, host: "fd00::1" }] });
    assert.doesNotMatch(config, /\tredir |http_port/);
    assert.match(config, /^https:\/\/\[fd00::1\]:8443 \{$/m);
  });

  it("gives an app its host name, and has its certificate made before the app is there", () => {
    const site = { app: "blog", container: "blog-1", port: 8000, publish: 443, host: "blog.test" };
    assert.match(caddy.site(site), /^https:\/\/blog\.test:443 \{\n\timport certificate\n/);
    assert.match(caddy.site(site), /^\t\t\theader_up X-Forwarded-Port 443$/m);
    assert.match(
      caddy.main({ ...tls, hosts: ["blog.test"] }),
      /^https:\/\/blog\.test:1 \{\n\timport certificate\n\}$/m,
    );
  });
});

describe("an edge", () => {
  it("names the host without its port, and the port apart, also in plain http: Nexus would double it", () => {
    const site = { app: "blog", container: "blog-1", port: 8000, publish: 8080 };
    assert.match(
      caddy.site(site),
      /^\t+header_up X-Forwarded-Host \{host\}\n\t+header_up X-Forwarded-Port 8080$/m,
    );
    assert.doesNotMatch(nginx.main(), /X-Forwarded-Host \$http_host/);
  });
});

describe("Caddy's configuration with trusted proxies in front", () => {
  const trustedProxies = ["10.0.0.0/8", "fd00::1"];
  const blog = { app: "blog", container: "blog-1", port: 8000, publish: 8443, host: "blog.test" };

  it("believes them alone, and gives everybody else its own port", () => {
    const site = caddy.site({ ...blog, trustedProxies });
    assert.match(site, /^\t\t\ttrusted_proxies 10\.0\.0\.0\/8 fd00::1$/m);
    for (const [what, Name, own] of [
      ["host", "Host", "\\{host\\}"],
      ["port", "Port", "8443"],
    ]) {
      const told = `\tvars forwarded_${what} ${own}\n\t@told_${what} \\{\n\t\tremote_ip 10\\.0\\.0\\.0/8 fd00::1\n\t\theader X-Forwarded-${Name} \\*\n\t\\}\n\tvars @told_${what} forwarded_${what} \\{header\\.X-Forwarded-${Name}\\}\n`;
      assert.match(site, new RegExp(`^${told}`, "m"));
      assert.match(
        site,
        new RegExp(`^\t+header_up X-Forwarded-${Name} \\{vars\\.forwarded_${what}\\}$`, "m"),
      );
    }
    assert.equal(caddy.site({ ...blog, trustedProxies: [] }), caddy.site(blog), "none are as before");
  });

  it("serves what they send by plain http where their client spoke https, by the app of each host", () => {
    const apps = { "": "blog", "docker.test": "shop" };
    const main = caddy.main({ ...tls, trustedProxies, apps });
    for (const [host, app] of [
      ["docker.test", "shop"],
      ["", "blog"],
    ]) {
      const [, block] = new RegExp(`^http://${host}:8080 \\{\\n([\\s\\S]*?)^\\}`, "m").exec(main)!;
      assert.match(
        block!,
        /^\t@ended \{\n\t\tremote_ip 10\.0\.0\.0\/8 fd00::1\n\t\theader X-Forwarded-Proto https\n\t\}$/m,
      );
      assert.ok(block!.includes(`root /config/targets/${app}\n`));
      assert.match(block!, /^\thandle \{\n\t\tredir https:\/\/\S+\{uri\} 308\n\t\}$/m);
      assert.match(
        block!,
        /^\theader @ending Connection close$/m,
        "its connections end, too, when the edge is to change",
      );
    }
    const without = caddy.main({ ...tls, trustedProxies, apps: {} });
    assert.equal(without, caddy.main(tls), "where no app is known everything is sent on");
    assert.equal(caddy.main({ ...tls, trustedProxies: [], apps }), caddy.main(tls));
  });
});

describe("nginx's configuration", () => {
  it("serves every route by https and sends plain http there", () => {
    const config = nginx.main({ ...tls, certificates: { from: "files" } }, "older");
    const server = (publish: number, port: number) => [
      "\tserver {",
      `\t\tlisten ${publish} ssl http2;`,
      "\t\tserver_name nexus.test;",
      "\t\tset $upstream nexus;",
      "\t\tlocation / {",
      `\t\t\tproxy_pass http://$upstream:${port};`,
      "\t\t}",
      "\t}",
    ];
    const redirect = (listen: string, name: string[], to: string) => [
      "\tserver {",
      `\t\tlisten ${listen};`,
      ...name.map((line) => `\t\t${line}`),
      `\t\treturn 308 https://${to}$request_uri;`,
      "\t}",
    ];
    const end = text(
      "\tssl_certificate /config/tls/certificate.pem;",
      "\tssl_certificate_key /config/tls/key.pem;",
      "\tssl_protocols TLSv1.2 TLSv1.3;",
      "\tssl_session_cache shared:tls:10m;",
      ...server(8443, 8081),
      ...server(8082, 8082),
      ...redirect("8080 default_server", [], "nexus.test:8443"),
      ...redirect("8080", ["server_name docker.test;"], "docker.test:8443"),
      "\tinclude /config/sites/*.conf;",
      "}",
    );
    assert.equal(config.slice(-end.length), end);
  });

  it("believes doors whose request it is, and ends connections when asked to", () => {
    const config = nginx.main(tls);
    for (const line of [
      "set_real_ip_from 172.16.0.0/12;",
      "real_ip_header proxy_protocol;",
      "include /config/apps/*.conf;",
    ])
      assert.ok(config.includes(`\t${line}\n`), line);
    assert.match(config, /^\t\tlisten 8443 ssl http2 proxy_protocol;$/m);
    assert.match(config, /^\t\tlisten 8080 default_server proxy_protocol;$/m);
    assert.match(
      nginx.site({ app: "blog", container: "blog-1", port: 8000, publish: 8080 }),
      /if \(-f \/tmp\/berth-ending\) \{\n\t\t\treturn 418;[\s\S]*location @ending \{\n\t\tkeepalive_timeout 0;/,
    );
  });

  it("limits no body, passes it on as it comes, and believes no header that a client sends", () => {
    for (const line of [
      "client_max_body_size 0;",
      "proxy_request_buffering off;",
      "proxy_buffering off;",
      "proxy_read_timeout 900s;",
      "proxy_set_header X-Forwarded-For $remote_addr;",
      "proxy_set_header X-Forwarded-Host $host;",
      "proxy_set_header X-Forwarded-Port $server_port;",
    ])
      assert.ok(nginx.main().includes(`\t${line}\n`), line);
  });

  it("believes trusted proxies alone, and serves what they send by plain http where their client spoke https", () => {
    const trustedProxies = ["10.0.0.0/8", "fd00::1"];
    const own = { ...tls, certificates: { from: "files" } } as const;
    const config = nginx.main({ ...own, trustedProxies, apps: { "": "blog" } });
    assert.match(
      config,
      /^\tgeo \$remote_addr \$trusted \{\n\t\tdefault 0;\n\t\t10\.0\.0\.0\/8 1;\n\t\tfd00::1 1;\n/m,
    );
    assert.match(config, /^\tproxy_set_header X-Forwarded-Proto \$forwarded_proto;$/m);
    assert.equal(config.split("location @ended {").length, 2, "one host has an app");
    assert.match(config, /return 418;[\s\S]*?return 308 https:\/\/nexus\.test:8443\$request_uri;/);
    assert.equal(nginx.main({ ...own, trustedProxies: [], apps: { "": "blog" } }), nginx.main(own));
  });

  it("takes what it sends to itself without the PROXY protocol, which doors alone speak", () => {
    const site = { app: "blog", container: "blog-2", port: 8000, publish: 8443, host: "blog.test" };
    assert.match(
      nginx.site(site),
      /^\tlisten 8443 ssl http2 proxy_protocol;\n\tlisten 127\.0\.0\.1:8443 ssl;$/m,
    );
    for (const form of ["alone", "older"] as const)
      assert.doesNotMatch(nginx.site(site, form), /127\.0\.0\.1/);
    assert.doesNotMatch(
      nginx.site({ ...site, host: undefined }),
      /127\.0\.0\.1/,
      "nobody sends plain http on",
    );
    assert.equal(nginx.parse(nginx.site(site))?.publish, 8443);
  });

  it("takes the PROXY protocol where it sends on, also with trusted proxies", () => {
    const front = { trustedProxies: ["10.0.0.0/8"], apps: { "": "blog" } };
    const own = { ...tls, certificates: { from: "files" }, ...front } as const;
    assert.match(nginx.main(own), /^\t\tlisten 8080 default_server proxy_protocol;$/m);
    assert.doesNotMatch(nginx.main(own, "older"), /proxy_protocol/);
    assert.match(nginx.main(own, "older"), /location @ended \{/);
  });

  it("knows from a site's file who serves it", () => {
    const site = { app: "blog", container: "blog-2", port: 8000, publish: 8080 };
    assert.deepEqual(nginx.parse(nginx.site(site, "older")), {
      container: "blog-2",
      port: 8000,
      publish: 8080,
    });
    assert.match(nginx.site(site), /^\tlisten 8080 proxy_protocol;$/m);
  });
});
