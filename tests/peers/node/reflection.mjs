// Knows nothing of the server but its address: asks its reflection service what it offers, and calls that.
// Usage: node reflection.mjs HOST:PORT REPOSITORY
import grpc from '@grpc/grpc-js';
import protoLoader from '@grpc/proto-loader';
import assert from 'node:assert/strict';
import path from 'node:path';
import protobuf from 'protobufjs';
import 'protobufjs/ext/descriptor/index.js';

const [address, repository] = process.argv.slice(2);
const protos = path.join(repository, 'src/Standins/Grpc.AspNetCore/Protos');
const credentials = grpc.credentials.createInsecure();
const library = 'keyservice.standins.tests.library.Library';
let failed = false;

async function check(name, body) {
  try {
    await body();
    console.log(`ok ${name}`);
  } catch (error) {
    failed = true;
    console.log(`FAIL ${name} ${error.stack}`);
  }
}

// Sends all requests on one stream and collects the answers.
function ask(version, requests) {
  const file = path.join(protos, `grpc/reflection/${version}/reflection.proto`);
  const loaded = grpc.loadPackageDefinition(protoLoader.loadSync(file, { includeDirs: [protos], oneofs: true, enums: String }));
  const client = new loaded.grpc.reflection[version].ServerReflection(address, credentials);
  return new Promise((resolve, reject) => {
    const answers = [];
    const stream = client.ServerReflectionInfo({ deadline: Date.now() + 10_000 });
    stream.on('data', (answer) => answers.push(answer));
    stream.on('error', reject);
    stream.on('end', () => resolve(answers));
    requests.forEach((request) => stream.write(request));
    stream.end();
  }).finally(() => client.close());
}

for (const version of ['v1', 'v1alpha']) {
  await check(`${version}-lists-services`, async () => {
    const [answer] = await ask(version, [{ listServices: '', host: 'a' }]);
    const names = answer.listServicesResponse.service.map((service) => service.name);
    assert.ok(names.includes(library), names.join());
    assert.ok(names.includes('grpc.health.v1.Health'), names.join());
    assert.ok(names.includes(`grpc.reflection.${version}.ServerReflection`), names.join());
    assert.equal(answer.originalRequest.host, 'a');
  });
}

await check('errors-do-not-end-the-stream', async () => {
  const answers = await ask('v1', [
    { fileContainingSymbol: 'no.such.Symbol' },
    { fileByFilename: 'no/such.proto' },
    { allExtensionNumbersOfType: 'no.such.Message' },
    { fileContainingExtension: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 1 } },
    { host: 'nothing asked' },
    { fileByFilename: 'library.proto' },
  ]);
  assert.deepEqual(answers.slice(0, 5).map((answer) => answer.errorResponse.errorCode), [5, 5, 5, 5, 12]);
  assert.equal(answers[5].messageResponse, 'fileDescriptorResponse');
});

await check('extensions', async () => {
  const [numbers, file] = await ask('v1', [
    { allExtensionNumbersOfType: 'google.protobuf.MethodOptions' },
    { fileContainingExtension: { containingType: 'google.protobuf.MethodOptions', extensionNumber: 72295728 } },
  ]);
  assert.ok(numbers.allExtensionNumbersResponse.extensionNumber.includes(72295728));
  assert.equal(decode(file)[0].name, 'google/api/annotations.proto');
});

await check('service-can-be-called-by-its-descriptors-alone', async () => {
  const [answer] = await ask('v1', [{ fileContainingSymbol: `${library}.Lend` }]);
  const files = { file: decode(answer) };
  const set = protobuf.descriptor.FileDescriptorSet;
  const definition = protoLoader.loadFileDescriptorSetFromBuffer(Buffer.from(set.encode(set.fromObject(files)).finish()));
  const Library = grpc.loadPackageDefinition(definition).keyservice.standins.tests.library.Library;
  const client = new Library(address, credentials);
  const book = await new Promise((resolve, reject) =>
    client.Lend({ name: 'dune', page: 7 }, { deadline: Date.now() + 10_000 }, (error, result) => (error ? reject(error) : resolve(result))),
  );
  client.close();
  assert.equal(book.rpc, 'Lend');
  assert.equal(book.name, 'dune');
  assert.equal(book.page, 7);
});

function decode(answer) {
  const type = protobuf.descriptor.FileDescriptorProto;
  return answer.fileDescriptorResponse.fileDescriptorProto.map((bytes) => type.toObject(type.decode(bytes)));
}

process.exitCode = failed ? 1 : 0;
