// oidc-provider and a guard that asks it of each token, over HTTP and TLS: PORT TLS_PORT SERVICE SERVER_PEM CA KEY CLIENT
const fs = require("fs");
const https = require("https");
const { createPublicKey, X509Certificate } = require("crypto");
const { pathToFileURL } = require("url");
const [port, tlsPort, service, server, authority, key, shown] = process.argv.slice(2);
const api = require("http-proxy").createProxyServer({ target: `http://127.0.0.1:${service}` });
const app = require("express")();

const jwk = (pem) => createPublicKey(pem).export({ format: "jwk" });
const certificate = new X509Certificate(fs.readFileSync(shown)).raw.toString("base64");
const own = { redirect_uris: [], response_types: [], grant_types: ["client_credentials"], scope: "api" };
const clients = [
  { ...own, client_id: "chat", client_secret: "a-password" },
  { ...own, client_id: "my:chat", client_secret: "a+b/c=d%20e:f&g" },
  { ...own, client_id: "signed", token_endpoint_auth_method: "private_key_jwt",
    jwks: { keys: [jwk(fs.readFileSync(key, "utf8"))] } },
  { ...own, client_id: "certified", token_endpoint_auth_method: "self_signed_tls_client_auth",
    jwks: { keys: [{ ...jwk(fs.readFileSync(shown, "utf8")), x5c: [certificate] }] },
    tls_client_certificate_bound_access_tokens: true },
  { client_id: "desk", client_secret: "a-password", redirect_uris: ["https://desk.example.com/"],
    grant_types: ["authorization_code", "refresh_token"], response_types: ["code"], scope: "openid offline_access" },
];

async function main() {
  const { default: Provider } = await import(pathToFileURL(require.resolve("oidc-provider")).href);
  const provider = new Provider(`http://127.0.0.1:${port}`, {
    clients,
    scopes: ["openid", "offline_access", "api"],
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "private_key_jwt", "self_signed_tls_client_auth"],
    features: {
      clientCredentials: { enabled: true },
      devInteractions: { enabled: false },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        selfSignedTlsClientAuth: true,
        getCertificate: (context) => context.socket.getPeerX509Certificate?.()?.toString(),
      },
    },
    rotateRefreshToken: true,
    findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  });
  const seen = new Set();
  const find = async (token) =>
    (await provider.ClientCredentials.find(token)) || (await provider.AccessToken.find(token));
  app.post("/forget", async (_, response) => {
    for (const token of seen) await (await find(token))?.destroy();
    response.json({});
  });
  // A refresh token, as its owner would be given one in a browser.
  app.post("/consent", async (_, response) => {
    const grant = new provider.Grant({ clientId: "desk", accountId: "somebody" });
    grant.addOIDCScope("openid offline_access");
    const given = { accountId: "somebody", grantId: await grant.save(), scope: "openid offline_access" };
    const client = await provider.Client.find("desk");
    const now = Math.floor(Date.now() / 1000);
    const token = new provider.RefreshToken({ ...given, client, gty: "authorization_code", rotations: 0, iiat: now });
    response.send(await token.save());
  });
  app.use("/api", async (request, response) => {
    const token = (request.headers.authorization || "").slice("Bearer ".length);
    seen.add(token);
    if (!(await find(token))) return response.status(401).set("WWW-Authenticate", "Bearer").json({});
    request.headers.authorization = "Bearer a-token"; // what the service behind knows
    api.web(Object.assign(request, { url: request.originalUrl }), response);
  });
  app.use(provider.callback());
  const pem = fs.readFileSync(server);
  const tls = { key: pem, cert: pem, ca: fs.readFileSync(authority), requestCert: true, rejectUnauthorized: false };
  https.createServer(tls, app).listen(Number(tlsPort), "127.0.0.1", () => app.listen(Number(port), "127.0.0.1"));
}
main();
