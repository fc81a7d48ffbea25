// @octokit/auth-oauth-user as its README shows it: `node token.js CALLS`. It is asked for a token that it has,
// and that lives; it saves none.

import { createOAuthUserAuth } from "@octokit/auth-oauth-user";

const calls = Number(process.argv[2]);
const inEightHours = new Date(Date.now() + 8 * 3600 * 1000).toISOString();
const auth = createOAuthUserAuth({
  clientType: "github-app",
  clientId: "abcde12345fghij67890",
  clientSecret: "bench-client-secret",
  token: "ghu_e72e16c7e42f292c6912e7710c838347ae17",
  expiresAt: inEightHours,
  refreshToken: "ghr_e72e16c7e42f292c6912e7710c838347ae17",
  refreshTokenExpiresAt: inEightHours,
});

async function repeat(calls) {
  for (let left = calls; left > 0; left--) {
    const { token } = await auth();
    if (!token) throw new Error("there is no token");
  }
}

// Lets the compiler do its work.
await repeat(calls);
const begun = performance.now();
await repeat(calls);
console.log(((performance.now() - begun) * 1e3) / calls);
