// biome-ignore-all lint/suspicious/noTemplateCurlyInString: as Dockerfiles and compose files have them

/** A repository of a team that doesn't have Berth yet, with an app that runs. */
export interface TeamApp {
  readonly files: Readonly<Record<string, string>>;
  /** Whether it has a git remote, as a clone of GitLab has. */
  readonly hasRemote: boolean;
  /** Where `npm install` puts Berth: the top of a repository with Node, else a folder of its own. */
  readonly folder: "." | "deploy";
  readonly manager: "npm" | "pnpm";
  /** App → what its page says, by a word of it. */
  readonly pages: Readonly<Record<string, string>>;
}

/** What a page says, so that no other one is taken for it. */
const page = (name: string) => `<!doctype html><title>${name}</title><p>Here is ${name}.\n`;

const PYTHON = "ARG BASE_IMAGE=python:3.11-slim\nFROM ${BASE_IMAGE}\nWORKDIR /app\n";

/** In place of the language's own server, whose image isn't to be had: Python's, of a folder. */
const serves = (folder: string, port: number) =>
  `EXPOSE ${port}\nCMD ["python", "-m", "http.server", "${port}", "--directory", "${folder}"]\n`;

const WSGI = `from wsgiref.simple_server import make_server

def application(environ, start_response):
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<p>Here is Django."]

def run(port):
    make_server("0.0.0.0", port, application).serve_forever()
`;
const MANAGE = `import sys
from shop.wsgi import run

if __name__ == "__main__" and sys.argv[1] == "runserver":
    run(int(sys.argv[2].rpartition(":")[2]))
`;
const HEALTHY =
  "HEALTHCHECK --interval=1s --timeout=5s CMD python -c \"import urllib.request as r; r.urlopen('http://127.0.0.1:8000/')\"\n";

const LOCK = '{ "name": "shop", "lockfileVersion": 3, "requires": true, "packages": {} }\n';

/** As `berth init` advises. */
const IGNORED = { ".dockerignore": "deploy\nnode_modules\n.git\n" };

const deploy = { hasRemote: true, folder: "deploy", manager: "npm" } as const;
const top = { hasRemote: true, folder: ".", manager: "npm" } as const;

/** Ten of them, on images that stand in for theirs where the sandbox hasn't those. */
export const TEN_APPS: Readonly<Record<string, TeamApp>> = {
  Django: {
    ...deploy,
    files: {
      ...IGNORED,
      "manage.py": MANAGE,
      "shop/__init__.py": "",
      "shop/wsgi.py": WSGI,
      "requirements.txt": "",
      ".gitignore": "*.pyc\n__pycache__/\n",
      Dockerfile: `${PYTHON}COPY requirements.txt .\nRUN pip install --no-index -r requirements.txt\nCOPY . .\nEXPOSE 8000\n${HEALTHY}CMD ["python", "manage.py", "runserver", "0.0.0.0:8000"]\n`,
    },
    pages: { shop: "Django" },
  },
  Rails: {
    ...deploy,
    files: {
      ...IGNORED,
      "config/application.rb": "module Shop\n  class Application < Rails::Application\n  end\nend\n",
      Gemfile: 'source "https://gems.example.com"\ngem "rails"\n',
      "Gemfile.lock": "GEM\n",
      "public/index.html": page("Rails"),
      Dockerfile: `${PYTHON}COPY Gemfile Gemfile.lock ./\nCOPY public public\n${serves("public", 3000)}`,
    },
    pages: { shop: "Rails" },
  },
  "Node with pnpm": {
    ...top,
    manager: "pnpm",
    files: {
      ...IGNORED,
      "package.json":
        '{\n  "name": "shop",\n  "private": true,\n  "scripts": {\n    "test": "node --test",\n    "lint": "node --check server.js"\n  }\n}\n',
      "pnpm-lock.yaml":
        "lockfileVersion: '9.0'\n\nsettings:\n  autoInstallPeers: true\n  excludeLinksFromLockfile: false\n\nimporters:\n\n  .: {}\n",
      "server.js": "",
      "public/index.html": page("pnpm"),
      ".gitignore": "node_modules\n",
      Dockerfile: `ARG NODE=python:3.11-slim\nFROM $NODE\nENV PORT=4000\nWORKDIR /app\nCOPY package.json pnpm-lock.yaml ./\nCOPY public public\nEXPOSE $PORT\nCMD ["sh", "-c", "exec python -m http.server $PORT --directory public"]\n`,
    },
    pages: { shop: "pnpm" },
  },
  "Go in several stages": {
    ...deploy,
    files: {
      ...IGNORED,
      "go.mod": "module shop\n",
      "main.go": "package main\n",
      "generate.py": 'print("<p>Here is Go.")\n',
      Dockerfile:
        "ARG BUILDER=python:3.11-slim\nARG BASE_IMAGE=caddy:2\nFROM ${BUILDER} AS build\nWORKDIR /src\nCOPY go.mod main.go generate.py ./\n" +
        'RUN python generate.py > /index.html\nFROM ${BASE_IMAGE}\nCOPY --from=build /index.html /srv/\nEXPOSE 9000/tcp\nCMD ["caddy", "file-server", "--root", "/srv", "--listen", ":9000"]\n',
    },
    pages: { shop: "Go" },
  },
  "Java with Maven": {
    ...deploy,
    files: {
      ...IGNORED,
      "pom.xml": "<project/>\n",
      "src/main/resources/index.html": page("Java"),
      "docker/Dockerfile": `${PYTHON}COPY pom.xml ./\nCOPY src src\n${serves("src/main/resources", 8080)}`,
    },
    pages: { shop: "Java" },
  },
  "PHP with nginx": {
    ...deploy,
    files: {
      ...IGNORED,
      "public/index.html": page("PHP"),
      "composer.json": "{}\n",
      "nginx.conf": "server {\n  listen 80;\n  root /srv/public;\n}\n",
      Dockerfile:
        "ARG BASE_IMAGE=nginx:1\nFROM ${BASE_IMAGE}\nRUN mkdir -p /var/log/nginx && ln -sf /dev/stderr /var/log/nginx/error.log\nCOPY nginx.conf /etc/nginx/conf.d/default.conf\nCOPY public /srv/public\nEXPOSE 80 443\n",
    },
    pages: { shop: "PHP" },
  },
  "a monorepo with two apps": {
    ...top,
    files: {
      ...IGNORED,
      "package.json": '{ "name": "shop", "private": true, "workspaces": ["apps/*"] }\n',
      "package-lock.json": LOCK,
      ".gitignore": "node_modules/\n.ci-cache/\nberth.env\n",
      "apps/web shop/package.json": '{ "name": "web", "private": true }\n',
      "apps/web shop/index.html": page("web"),
      "apps/web shop/Dockerfile": `${PYTHON}COPY package.json ./\nCOPY apps apps\n${serves("apps/web shop", 3000)}`,
      "apps/api/index.html": page("API"),
      "apps/api/Dockerfile": `${PYTHON}COPY index.html ./\n${serves(".", 5000)}`,
    },
    pages: { "web-shop": "web", api: "API" },
  },
  "one with a compose file": {
    ...deploy,
    files: {
      ...IGNORED,
      "index.html": page("compose"),
      "healthy.py": "import urllib.request\nurllib.request.urlopen('http://127.0.0.1:8000/')\n",
      Dockerfile: `${PYTHON}COPY index.html healthy.py ./\nCMD ["python", "-m", "http.server", "8000"]\n`,
      "docker-compose.yml": [
        "services:",
        "  web:",
        "    build: { context: . }",
        '    ports: ["127.0.0.1:${WEB_PORT:-8088}:8000"]',
        "    volumes: [media_files:/app/media]",
        "    environment: [DEBUG=1, SECRET_KEY=hidden-value]",
        '    healthcheck: { test: ["CMD", "python", "healthy.py"] }',
        "  db: { image: postgres:16, environment: { POSTGRES_PASSWORD: hidden-value } }",
        "volumes: { media_files: {} }",
        "",
      ].join("\r\n"),
    },
    pages: { shop: "compose" },
  },
  "one with an existing .gitlab-ci.yml": {
    ...deploy,
    files: {
      ...IGNORED,
      "index.html": page("a pipeline"),
      Dockerfile: `${PYTHON}COPY index.html ./\n${serves(".", 8000)}`,
      ".gitlab-ci.yml":
        "# ours\nstages: [build, verify, ship] # in this order\ninclude:\n  - template: Jobs/SAST.gitlab-ci.yml # scans\n\nunit:\n  stage: verify\n  script: [ python -m unittest ]   # fast\n",
    },
    pages: { shop: "a pipeline" },
  },
  "one without a git remote": {
    ...top,
    hasRemote: false,
    files: {
      ...IGNORED,
      "index.html": page("a loner"),
      Dockerfile: `${PYTHON}COPY index.html ./\n${serves(".", 3000)}`,
      "package.json": '{ "name": "shop", "private": true }\n',
      "package-lock.json": LOCK,
      ".gitignore": "/node_modules\n",
    },
    pages: { shop: "a loner" },
  },
};
