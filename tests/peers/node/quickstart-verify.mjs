// Verifies a JWT against the JWKS URL with jose: the README's quick start. usage: node quickstart-verify.mjs JWT
import { createRemoteJWKSet, jwtVerify } from 'jose';

const http = process.env.KEYSERVICE_HTTP ?? 'http://127.0.0.1:8080';
const jwks = createRemoteJWKSet(new URL('/.well-known/jwks.json', http));
const { payload, protectedHeader } = await jwtVerify(process.argv[2], jwks);
console.log('valid', protectedHeader, payload);
