// @octokit/oauth-methods as its README shows it: `node caller.js URL CALLS CONCURRENCY`, as the others.

import { resetToken } from "@octokit/oauth-methods";
import { request } from "@octokit/request";

const [baseUrl, calls, concurrency] = process.argv.slice(2);
const options = {
  clientType: "oauth-app",
  clientId: "abcde12345fghij67890",
  clientSecret: "bench-client-secret",
  token: "e72e16c7e42f292c6912e7710c838347ae178b4a",
  request: request.defaults({ baseUrl }),
};

async function repeat(calls) {
  let left = calls;
  const lane = async () => {
    while (left-- > 0) {
      const { data } = await resetToken(options);
      if (!data.token) throw new Error("there is no token");
    }
  };
  await Promise.all(Array.from({ length: Number(concurrency) }, lane));
}

// Opens the connections, and lets the compiler do its work.
await repeat(500);
const begun = [performance.now(), process.cpuUsage()];
await repeat(Number(calls));
const cpu = process.cpuUsage(begun[1]);
console.log((performance.now() - begun[0]) / 1e3, (cpu.user + cpu.system) / 1e6);
