// Two resource servers, made with jose, that follow a key set across replicas which come and go.
// node follow.mjs COOLDOWN PATH REPLICA...
// One keeps the JWKS as long as max-age allows, then asks with its ETag. The other is jose's own remote set: it comes back for an unknown
// kid, and no sooner than COOLDOWN milliseconds after its last fetch. Each fetch goes to a replica chosen by chance.
// Tokens come on stdin, one a line. Both verify each at once and shortly before it expires, or at the end of the input where that is far off.
// Prints what it saw as JSON.
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { createLocalJWKSet, createRemoteJWKSet, customFetch, decodeJwt, jwtVerify } from 'jose';

const LAST_MOMENT = 500;
const WORTH_WAITING = 15_000;
const [cooldown, path, ...replicas] = process.argv.slice(2);
const report = { tokens: 0, verified: 0, late: 0, fetches: 0, notModified: 0, diverted: 0, failed: 0, failures: [] };
const fail = (what) => {
  report.failed++;
  if (report.failures.length < 20) report.failures.push(`${new Date().toISOString()} ${what}`);
};

// A tag stands for the same bytes on every replica, a kid for the same key for ever.
const seen = { tag: new Map(), kid: new Map() };
const same = (kind, name, content) => {
  if (content !== (seen[kind].get(name) ?? content)) fail(`${kind} ${name} stands for ${seen[kind].get(name)} and for ${content}`);
  seen[kind].set(name, content);
};

// As a load balancer does: a replica that cannot be reached, or breaks off, is passed over. What a replica answers, counts.
const fetchAnywhere = async (headers = {}) => {
  const order = replicas.map((replica) => [Math.random(), replica]).sort(([a], [b]) => a - b);
  for (const [i, [, replica]] of order.entries()) {
    try {
      const response = await fetch(new URL(path, replica), { headers, signal: AbortSignal.timeout(5_000) });
      const body = await response.text();
      report.fetches++;
      if (response.status === 304) report.notModified++;
      if (response.status === 200) {
        same('tag', response.headers.get('etag'), body);
        for (const key of JSON.parse(body).keys) same('kid', key.kid, JSON.stringify(key));
      } else if (response.status !== 304) {
        fail(`${replica} answered ${response.status} ${body}`);
      }
      return new Response(response.status === 304 ? null : body, { status: response.status, headers: response.headers });
    } catch (error) {
      if (i === order.length - 1) throw error;
      report.diverted++;
    }
  }
};

const byMaxAge = () => {
  let [keys, tag, until, refreshing] = [undefined, undefined, 0, undefined];
  const refresh = async () => {
    const asked = Date.now(); // age counts from the question
    const response = await fetchAnywhere(tag ? { 'if-none-match': tag } : {});
    if (response.status === 200) {
      keys = createLocalJWKSet(await response.json());
      tag = response.headers.get('etag');
    } else if (response.status !== 304) {
      throw new Error(`status ${response.status}`);
    }
    until = asked + 1000 * Number(/max-age=(\d+)/.exec(response.headers.get('cache-control'))?.[1] ?? 0);
  };
  return async (header, token) => {
    if (Date.now() >= until) await (refreshing ??= refresh().finally(() => (refreshing = undefined)));
    return keys(header, token);
  };
};
const byUnknownKid = createRemoteJWKSet(new URL(path, replicas[0]), { cooldownDuration: Number(cooldown), [customFetch]: () => fetchAnywhere() });
const rules = { 'by max-age': byMaxAge(), 'by unknown kid': byUnknownKid };

const check = (token, expires, when) =>
  Promise.all(
    Object.entries(rules).map(async ([rule, keys]) => {
      try {
        await jwtVerify(token, keys, { algorithms: ['ES256'] });
        report.verified++;
      } catch (error) {
        if (Date.now() >= expires) report.late++; // this process was too slow: that tells nothing of the key
        else fail(`${rule}, ${when}: ${error.code ?? error.message} ${token}`);
      }
    }),
  );

const running = new Set();
const run = (work) => {
  const done = work.finally(() => running.delete(done));
  running.add(done);
};
const waiting = new Map(); // tokens whose last check is to come
for await (const token of createInterface({ input: process.stdin })) {
  report.tokens++;
  const expires = decodeJwt(token).exp * 1000;
  run(check(token, expires, 'at once'));
  const last = () => {
    waiting.delete(last);
    run(check(token, expires, 'at the end'));
  };
  const timer = setTimeout(last, Math.max(0, expires - LAST_MOMENT - Date.now()));
  waiting.set(last, { timer, expires });
}

for (const [last, { timer, expires }] of waiting) {
  if (expires - Date.now() < WORTH_WAITING) continue;
  clearTimeout(timer);
  last();
}
while (waiting.size > 0 || running.size > 0) await Promise.all([...running, pause(20)]);
console.log(JSON.stringify(report));
