// Verifies tokens with jose, which fetches the keys itself.
// node verify.mjs CASES
// CASES is a JSON file: a list of {name, url, token, alg, issuer, genuine}. Prints "ok NAME" or "FAIL NAME why" for each;
// ends with 1 when any failed. A forged token must fail by its signature, not for another reason.
import { readFile } from 'node:fs/promises';
import { createRemoteJWKSet, jwtVerify } from 'jose';

const keySets = new Map();
const keysAt = (url) => {
  if (!keySets.has(url)) keySets.set(url, createRemoteJWKSet(new URL(url)));
  return keySets.get(url);
};

const verify = async ({ url, token, alg, issuer, genuine }) => {
  try {
    const { payload, protectedHeader } = await jwtVerify(token, keysAt(url), { algorithms: [alg], issuer, typ: 'JWT' });
    if (!genuine) return 'a forged token verified';
    if (protectedHeader.alg !== alg) return `alg ${protectedHeader.alg}`;
    return payload.sub === alg ? null : `sub ${payload.sub}`;
  } catch (error) {
    return !genuine && error.code === 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' ? null : `${error.code} ${error.message}`;
  }
};

for (const one of JSON.parse(await readFile(process.argv[2], 'utf8'))) {
  const why = await verify(one);
  console.log(why === null ? `ok ${one.name}` : `FAIL ${one.name} ${why}`);
  if (why !== null) process.exitCode = 1;
}
