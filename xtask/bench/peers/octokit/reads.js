// @octokit/oauth-methods as its README shows it: `node reads.js URL CALL`, as those in `../reads`.

import { exchangeWebFlowCode, resetToken } from "@octokit/oauth-methods";
import { request } from "@octokit/request";

const [baseUrl, call] = process.argv.slice(2);
const options = {
  clientType: call === "exchange" ? "github-app" : "oauth-app",
  clientId: "abcde12345fghij67890",
  clientSecret: "compare-client-secret",
  request: request.defaults({ baseUrl }),
};

function run() {
  switch (call) {
    case "reset":
      return resetToken({ ...options, token: "ghu_old0old0old0old0old0old0old0old0old0" });
    default:
      return exchangeWebFlowCode({ ...options, code: "code0code0code0code0" });
  }
}

try {
  const { token, expiresAt, scopes } = (await run()).authentication;
  const seconds = expiresAt === undefined ? null : Math.max(0, (new Date(expiresAt) - Date.now()) / 1e3);
  console.log(JSON.stringify({ token: token ?? null, seconds, scopes: scopes ?? null }));
} catch (error) {
  const data = error.response?.data;
  const word = data?.error ?? (error.status >= 400 && data?.message);
  const held = data === undefined ? null : JSON.stringify(data);
  console.log(JSON.stringify({ none: word ? `refused: ${word}` : "error", held }));
}
