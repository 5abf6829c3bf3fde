// An authorization server and an API behind a guard: KIND PORT SERVICE ISSUER_PORT
const express = require("express");
const [kind, port, service, issuerPort] = process.argv.slice(2);
const app = express();
const api = require("http-proxy").createProxyServer({ target: `http://127.0.0.1:${service}` });
const pass = (request, response) => {
  request.headers.authorization = "Bearer a-token"; // what the service behind knows
  api.web(request, response);
};
const issuer = `http://127.0.0.1:${issuerPort}`;

// Tokens that are remembered, by oauth2-server and its successor.
function remembered(name) {
  const { Request, Response, ...rest } = require(name);
  const OAuth2Server = rest.default || require(name);
  const tokens = new Map();
  const server = new OAuth2Server({
    model: {
      getClient: async (id, secret) =>
        id === "chat" && secret === "a-password" ? { id, grants: ["client_credentials"] } : null,
      getUserFromClient: async (client) => ({ id: client.id }),
      saveToken: async (token, client, user) => {
        tokens.set(token.accessToken, { ...token, client, user });
        return { ...token, client, user };
      },
      getAccessToken: async (token) => tokens.get(token),
      verifyScope: async () => true,
    },
  });
  const answer = (response, made, error) => {
    const status = error ? error.code || 500 : made.status;
    response.status(status).set(made.headers).json(error ? { error: error.name } : made.body);
  };
  app.post("/forget", (request, response) => response.json(tokens.clear() || {}));
  app.post("/token", express.urlencoded(), (request, response) => {
    const made = new Response(response);
    server.token(new Request(request), made).then(() => answer(response, made), (error) => answer(response, made, error));
  });
  app.use("/api", (request, response) => {
    const made = new Response(response);
    server.authenticate(new Request(request), made).then(
      () => pass(Object.assign(request, { url: request.originalUrl }), response),
      (error) => answer(response, made, error),
    );
  });
}

// Tokens that are signed by oauth2-mock-server, and read by a guard of Express.
async function signed(guard) {
  const { OAuth2Server } = await import(require("url").pathToFileURL(require.resolve("oauth2-mock-server")).href);
  const server = new OAuth2Server();
  await server.issuer.keys.generate("RS256");
  server.service.on("beforeTokenSigning", (token) => (token.payload.aud = "chat"));
  await server.start(Number(issuerPort), "127.0.0.1");
  server.issuer.url = issuer;
  app.use("/api", guard, (request, response) => pass(Object.assign(request, { url: request.originalUrl }), response));
}

async function main() {
  if (kind === "oauth2-server" || kind === "@node-oauth/oauth2-server") remembered(kind);
  if (kind === "express-jwt") {
    const { expressjwt } = require("express-jwt");
    const secret = async (_, token) => {
      const { createPublicKey } = require("crypto");
      const keys = (await (await fetch(`${issuer}/jwks`)).json()).keys;
      return createPublicKey({ key: keys.find((key) => key.kid === token.header.kid), format: "jwk" });
    };
    await signed(expressjwt({ secret, algorithms: ["RS256"] }));
  }
  if (kind === "express-oauth2-jwt-bearer") {
    const { auth } = require("express-oauth2-jwt-bearer");
    await signed(auth({ issuerBaseURL: issuer, audience: "chat" }));
  }
  app.use((error, request, response, next) => {
    response.status(error.status || 500).set(error.headers || {}).json({ error: error.code || error.name });
  });
  app.listen(Number(port), "127.0.0.1");
}
main();
