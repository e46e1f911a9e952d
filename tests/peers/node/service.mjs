// Drives the real server with grpc-js and proto-loader, a gRPC that is not ours.
// node service.mjs HOST:PORT REPOSITORY HOST:PORT_OF_A_SERVER_THAT_IS_NOT_READY
// Expects a key set "node" with one ES256 key. Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
import { createPublicKey, verify } from 'node:crypto';
import path from 'node:path';
import assert from 'node:assert/strict';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';
import protobuf from 'protobufjs';

const [address, repository, crippled] = process.argv.slice(2);
const folders = ['protos', 'src/Standins/Google.Rpc', 'src/Standins/Grpc.AspNetCore/Protos'].map((folder) => path.join(repository, folder));
const load = (file) => grpc.loadPackageDefinition(loader.loadSync(file, { includeDirs: folders, defaults: true, oneofs: true, keepCase: true, enums: String, longs: String }));
const { SigningService } = load('keyservice/v1/signing_service.proto').keyservice.v1;
const { KeySetService } = load('keyservice/v1/key_set_service.proto').keyservice.v1;
const { JwksService } = load('keyservice/v1/jwks_service.proto').keyservice.v1;
const { Health } = load('grpc/health/v1/health.proto').grpc.health.v1;
const { ServerReflection } = load('grpc/reflection/v1/reflection.proto').grpc.reflection.v1;
const insecure = grpc.credentials.createInsecure();
const [signing, keySets, jwks] = [SigningService, KeySetService, JwksService].map((Service) => new Service(address, insecure));

const rpc = new protobuf.Root();
rpc.resolvePath = (_, target) => path.join(folders[target.includes('error_details') ? 1 : 0], target);
const types = rpc.loadSync(['google/rpc/status.proto', 'google/rpc/error_details.proto']);

const deadline = () => ({ deadline: Date.now() + 20_000 });
const call = (client, method, request) =>
  new Promise((resolve, reject) => client[method](request, deadline(), (error, answer) => (error ? reject(error) : resolve(answer))));

const keyOf = async (kid) => {
  const answer = await call(jwks, 'GetJwks', { key_set: 'node' });
  const { kty, crv, x, y } = answer.jwks.keys.find((key) => key.kid === kid);
  return createPublicKey({ key: { kty, crv, x, y }, format: 'jwk' });
};
const verifies = async (kid, input, signature) => verify('sha256', input, { key: await keyOf(kid), dsaEncoding: 'ieee-p1363' }, signature);

const checks = {
  async sign() {
    const message = Buffer.from('some bytes');
    const { signature, kid, algorithm } = await call(signing, 'Sign', { key_set: 'node', message });
    assert.equal(algorithm, 'ES256');
    assert.ok(await verifies(kid, message, signature));
    assert.ok(!(await verifies(kid, Buffer.from('some other bytes'), signature)));
  },

  async sign_jwt() {
    const claims = `{"b":1,"a":9007199254740993,"exp":${Math.floor(Date.now() / 1000) + 60}}`;
    const { jwt, kid } = await call(signing, 'SignJwt', { key_set: 'node', claims_json: claims, typ: 'at+jwt' });
    const [header, payload, signature] = jwt.split('.');
    assert.deepEqual(JSON.parse(Buffer.from(header, 'base64url')), { alg: 'ES256', kid, typ: 'at+jwt' });
    assert.equal(Buffer.from(payload, 'base64url').toString(), claims);
    assert.ok(await verifies(kid, Buffer.from(`${header}.${payload}`), Buffer.from(signature, 'base64url')));
  },

  async sign_batch() {
    const items = Array.from({ length: 20 }, (_, i) => ({ message: Buffer.from(`item ${i}`) }));
    items[7] = { digest: Buffer.alloc(3) };
    const { results } = await call(signing, 'SignBatch', { key_set: 'node', items });
    assert.equal(results.length, 20);
    for (const [i, { outcome, signed, error }] of results.entries()) {
      assert.equal(outcome, i === 7 ? 'error' : 'signed');
      if (i === 7) assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
      else assert.ok(await verifies(signed.kid, items[i].message, signed.signature));
    }
  },

  async watch_and_rotate() {
    const stream = jwks.WatchJwks({ key_set: 'node' }, deadline());
    const messages = stream[Symbol.asyncIterator]();
    const first = (await messages.next()).value;
    const { key_set: rotated } = await call(keySets, 'Rotate', { key_set: 'node', request_id: 'from-node' });
    const second = (await messages.next()).value;
    stream.on('error', () => {}); // being cancelled is what it is for
    stream.cancel();
    assert.equal(second.jwks.keys.length, first.jwks.keys.length + 1);
    assert.notEqual(second.etag, first.etag);
    assert.equal(second.revision, rotated.revision);
    const { key_set: again } = await call(keySets, 'Rotate', { key_set: 'node', request_id: 'from-node' });
    assert.equal(again.keys.length, rotated.keys.length);
  },

  async get_key_set() {
    const { key_set: keySet } = await call(keySets, 'GetKeySet', { key_set: 'node' });
    assert.equal(keySet.name, 'node');
    assert.equal(keySet.spec.signers[0].algorithm, 'ES256');
    assert.equal(keySet.keys[0].state, 'KEY_STATE_ACTIVE');
  },

  async error_details() {
    const error = await call(signing, 'SignJwt', { key_set: 'node', claims_json: '{"exp":1}' }).then(() => assert.fail('signed'), (thrown) => thrown);
    assert.equal(error.code, grpc.status.INVALID_ARGUMENT);
    const status = types.lookupType('google.rpc.Status').decode(error.metadata.get('grpc-status-details-bin')[0]);
    assert.equal(status.code, error.code);
    assert.equal(status.message, error.details);
    const detail = (name) => {
      const any = status.details.find((found) => found.type_url === `type.googleapis.com/google.rpc.${name}`);
      return types.lookupType(`google.rpc.${name}`).decode(any.value);
    };
    assert.equal(detail('ErrorInfo').reason, 'CLAIMS_REJECTED');
    assert.equal(detail('ErrorInfo').domain, 'keyservice');
    assert.equal(detail('BadRequest').fieldViolations[0].field, 'claims_json.exp');
  },

  async health() {
    const statusOf = async (target, service) => (await call(new Health(target, insecure), 'Check', { service })).status;
    assert.equal(await statusOf(address, ''), 'SERVING');
    assert.equal(await statusOf(crippled, ''), 'NOT_SERVING');
    const error = await statusOf(address, 'no.such.Service').then(() => assert.fail('known'), (thrown) => thrown);
    assert.equal(error.code, grpc.status.NOT_FOUND);
  },

  async reflection() {
    const stream = new ServerReflection(address, insecure).ServerReflectionInfo(deadline());
    stream.write({ list_services: '' });
    stream.write({ file_containing_symbol: 'keyservice.v1.SigningService.SignJwt' });
    stream.end();
    const answers = [];
    for await (const answer of stream) answers.push(answer);
    const names = answers[0].list_services_response.service.map((service) => service.name);
    for (const name of ['SigningService', 'JwksService', 'KeySetService']) assert.ok(names.includes(`keyservice.v1.${name}`), names.join());
    const files = answers[1].file_descriptor_response.file_descriptor_proto.map((file) => file.toString('latin1'));
    assert.ok(files.some((file) => file.includes('keyservice/v1/signing_service.proto')));
  },
};

for (const [name, body] of Object.entries(checks)) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    process.exitCode = 1;
    console.log(`FAIL ${name} ${error.stack}`);
  }
}

process.exit(); // channels that stay open would keep it alive
