// In front of an S3 server, in a container of Nexus's network (s3-server.ts): has what the server lacks, a bucket's lifecycle, and is as
// slow as it is told to be. Everything else passes as it is, signatures and all.
"use strict";
const http = require("node:http");

const [, , behind, port] = process.argv;
const policies = new Map();
const lifecycles = new Map();
let delay = 0;

http
  .createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, "http://s3");
    const bucket = pathname.split("/")[1];
    if (pathname === "/-/delay") {
      delay = Number(searchParams.get("ms"));
      return response.end();
    }
    const what = ["policy", "lifecycle"].find((name) => searchParams.has(name));
    setTimeout(() => {
      if (what === undefined) return pass(request, response, (onward) => request.pipe(onward));
      const chunks = [];
      request.on("data", (chunk) => chunks.push(chunk));
      request.on("end", () => {
        const body = Buffer.concat(chunks);
        const answered = what === "lifecycle" ? lifecycle : keepPolicy;
        pass(request, response, (onward) => onward.end(body), answered(request, bucket, body.toString()));
      });
    }, delay);
  })
  .listen(Number(port));

/** @param answered gives an answer of our own, or undefined */
function pass(request, response, send, answered = () => undefined) {
  const { method, url: path, headers } = request;
  const onward = http.request({ host: behind, port: 7070, method, path, headers }, (answer) => {
    const own = answered(answer.statusCode);
    if (own === undefined) {
      response.writeHead(answer.statusCode, answer.headers);
      return answer.pipe(response);
    }
    answer.resume();
    response.writeHead(own.status, { "content-type": "application/xml" }).end(own.text);
  });
  onward.on("error", () => response.destroy());
  request.on("error", () => onward.destroy());
  send(onward);
}

function keepPolicy({ method }, bucket, text) {
  return () => {
    if (method === "PUT") policies.set(bucket, text);
  };
}

/** As S3's: by the bucket's policy, but for its owner. The server behind has judged the signature, and says that it has no such thing. */
function lifecycle({ method, headers }, bucket, text) {
  return (status) => {
    if (status !== 501) return undefined;
    const right = method === "GET" ? "s3:GetLifecycleConfiguration" : "s3:PutLifecycleConfiguration";
    const isOwner = headers.authorization.includes("Credential=root/");
    if (!isOwner && !policies.get(bucket)?.includes(`"${right}"`)) return error(403, "AccessDenied");
    if (method === "PUT") lifecycles.set(bucket, text);
    if (method === "DELETE") lifecycles.delete(bucket);
    if (method !== "GET") return { status: method === "PUT" ? 200 : 204 };
    const rules = lifecycles.get(bucket);
    return rules ? { status: 200, text: rules } : error(404, "NoSuchLifecycleConfiguration");
  };
}

const error = (status, code) => ({
  status,
  text: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${code}</Message></Error>`,
});
