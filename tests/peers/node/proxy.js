// A reverse proxy of a few lines, as the manual of http-proxy begins: PORT, SERVICE
const { createProxyServer } = require("http-proxy");
const [port, service] = process.argv.slice(2);
const proxy = createProxyServer({ target: `http://127.0.0.1:${service}`, proxyTimeout: 1000 });
let arrivals = 0;
proxy.on("error", (error, request, response) => {
  if (response.headersSent) return response.destroy();
  response.writeHead(500, { "Content-Type": "text/plain" });
  response.end("Something went wrong.");
});
require("http")
  .createServer((request, response) => {
    request.headers["x-arrival"] = String(++arrivals);
    proxy.web(request, response);
  })
  .listen(Number(port), "127.0.0.1");
