// The README's quick start over gRPC. Needs `make run` in another terminal. usage: node quickstart.mjs sign|jwks|rotate
import grpc from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';

const protos = new URL('../../../protos', import.meta.url).pathname;
const files = ['signing', 'jwks', 'key_set'].map((name) => `keyservice/v1/${name}_service.proto`);
const { keyservice } = grpc.loadPackageDefinition(loadSync(files, { includeDirs: [protos], enums: String }));
const client = (name) => new keyservice.v1[name](process.env.KEYSERVICE_GRPC ?? '127.0.0.1:8081', grpc.credentials.createInsecure());
const call = (service, method, request) => new Promise((resolve, reject) =>
  client(service)[method](request, (error, answer) => (error ? reject(error) : resolve(answer))));

const commands = {
  async sign() {
    const claims = { sub: 'alice', exp: Math.floor(Date.now() / 1000) + 600 };
    return (await call('SigningService', 'SignJwt', { keySet: 'default', claimsJson: JSON.stringify(claims) })).jwt;
  },
  async jwks() {
    return JSON.stringify((await call('JwksService', 'GetJwks', { keySet: 'default' })).jwks);
  },
  async rotate() {
    const { keySet } = await call('KeySetService', 'Rotate', { keySet: 'default', reason: 'quick start' });
    return keySet.keys.map((key) => `${key.kid} ${key.state}`).join('\n');
  },
};
console.log(await commands[process.argv[2]]());
