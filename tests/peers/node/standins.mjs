// Drives the echo service of tests/KeyService.Standins.Tests with grpc-js, a gRPC that is not ours.
// node standins.mjs HOST:PORT HOST:PORT_OF_A_COMPRESSING_SERVER PROTO
// Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
import net from 'node:net';
import grpc from '@grpc/grpc-js';
import loader from '@grpc/proto-loader';

const [target, compressingTarget, proto] = process.argv.slice(2);
const { EchoService } = grpc.loadPackageDefinition(loader.loadSync(proto, { defaults: true, enums: String, keepCase: true })).standins.v1;
const insecure = grpc.credentials.createInsecure();
const client = new EchoService(target, insecure);

const expect = (condition, what) => {
  if (!condition) throw new Error(what);
};

const unary = (method, request, { metadata = new grpc.Metadata(), options = {}, using = client } = {}) =>
  new Promise((resolve) => {
    const seen = {};
    const call = using[method](request, metadata, options, (error, response) => Object.assign(seen, { error, response }));
    call.on('metadata', (headers) => { seen.headers = headers; });
    call.on('status', (status) => resolve({ ...seen, trailers: status.metadata })); // comes after the callback
  });

const messagesOf = async (stream) => {
  const messages = [];
  for await (const message of stream) messages.push(message);
  return messages;
};

const failure = async (promise, code, what) => {
  const { error } = await promise;
  expect(error?.code === code, `${what}: expected ${grpc.status[code]}, got ${error ? `${error.code} ${error.details}` : 'OK'}`);
  return error;
};

const streamFailure = (stream) =>
  messagesOf(stream).then(() => ({}), (error) => ({ error }));

const deadlineIn = (milliseconds) => new Date(Date.now() + milliseconds);

const cancelled = async (id) =>
  expect(!(await unary('AwaitCancelled', { id }, { options: { deadline: deadlineIn(10_000) } })).error, 'the handler did not see the cancellation');

// Passes bytes on until it is cut, and counts them.
const startProxy = async (to) => {
  const [host, port] = to.split(':');
  const sockets = [];
  const bytes = { sent: 0, received: 0 };
  const server = net.createServer((near) => {
    const far = net.connect(Number(port), host);
    sockets.push(near, far);
    for (const socket of [near, far]) socket.on('error', () => {}); // being cut is what they are for
    near.on('data', (data) => { bytes.sent += data.length; });
    far.on('data', (data) => { bytes.received += data.length; });
    near.pipe(far).pipe(near);
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    bytes,
    address: `127.0.0.1:${server.address().port}`,
    cut: () => sockets.forEach((socket) => socket.destroy()),
    close: () => server.close(),
  };
};

const checks = {
  async unary() {
    const { error, response } = await unary('Unary', { text: 'hello', payload: Buffer.alloc(100_000, 7) });
    expect(!error, error);
    expect(response.text === 'hello' && response.payload.equals(Buffer.alloc(100_000, 7)), 'another answer');
  },

  async server_streaming() {
    const messages = await messagesOf(client.ServerStream({ count: 2000, payload_size: 10_000 }));
    expect(messages.length === 2000, `${messages.length} messages`);
    expect(messages.every((message, i) => message.text === `${i}` && message.payload.length === 10_000), 'another order or size');
  },

  async duplex_streaming() {
    const stream = client.Duplex();
    for (const text of ['a', 'b', 'c']) stream.write({ text });
    stream.end();
    expect((await messagesOf(stream)).map((message) => message.text).join() === 'a,b,c', 'another answer');
  },

  async deadline() {
    await failure(unary('Unary', { behaviour: 'BEHAVIOUR_HANG', id: 'js-deadline' }, { options: { deadline: deadlineIn(200) } }),
      grpc.status.DEADLINE_EXCEEDED, 'a hanging call');
    await cancelled('js-deadline');
  },

  async deadline_told_by_server() {
    // grpc-js keeps no time for this one: only the header speaks of it.
    const metadata = new grpc.Metadata();
    metadata.set('grpc-timeout', '100m');
    await failure(unary('Unary', { behaviour: 'BEHAVIOUR_IGNORE_CANCELLATION' }, { metadata }),
      grpc.status.DEADLINE_EXCEEDED, 'a handler that ignores its token');
  },

  async cancellation() {
    const stream = client.ServerStream({ count: 1, hang: true, id: 'js-cancel' });
    const ending = streamFailure(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    stream.cancel();
    await failure(ending, grpc.status.CANCELLED, 'a cancelled stream');
    await cancelled('js-cancel');
  },

  async gzip() {
    const proxy = await startProxy(compressingTarget);
    const compressing = new EchoService(proxy.address, insecure, { 'grpc.default_compression_algorithm': 2 });
    const payload = Buffer.alloc(200_000, 'compressible ');
    const { error, response } = await unary('Unary', { payload }, { using: compressing });
    compressing.close();
    proxy.close();
    expect(!error, error);
    expect(response.payload.equals(payload), 'another payload');
    expect(proxy.bytes.sent < 20_000 && proxy.bytes.received < 20_000, `not compressed: ${JSON.stringify(proxy.bytes)}`);
  },

  async binary_metadata() {
    const metadata = new grpc.Metadata();
    const bytes = Buffer.from([0, 255, 1, 254]);
    metadata.add('x-bytes-bin', bytes);
    metadata.add('x-bytes-bin', Buffer.from([5]));
    metadata.add('x-text', 'value');
    const { error, headers, trailers } = await unary('Unary', { behaviour: 'BEHAVIOUR_REFLECT_METADATA' }, { metadata });
    expect(!error, error);
    for (const place of [headers, trailers]) {
      const values = place.get('x-bytes-bin');
      expect(values.length === 2 && values[0].equals(bytes) && values[1].equals(Buffer.from([5])), `x-bytes-bin is ${JSON.stringify(values)}`);
      expect(place.get('x-text')[0] === 'value', 'x-text is missing');
    }
  },

  async error_details() {
    const error = await failure(unary('Unary', { behaviour: 'BEHAVIOUR_FAIL_WITH_DETAILS' }), grpc.status.NOT_FOUND, 'a failing call');
    expect(error.details === 'no key set ‘ä’, 100%', `message is ${error.details}`);
    const details = error.metadata.get('grpc-status-details-bin');
    expect(details.length === 1 && details[0].includes('KEY_SET_NOT_FOUND'), 'no details');
  },

  async handler_exception() {
    const error = await failure(unary('Unary', { behaviour: 'BEHAVIOUR_THROW' }), grpc.status.UNKNOWN, 'a throwing handler');
    expect(error.details === 'Exception was thrown by handler.', `message is ${error.details}`);
  },

  async unknown_method() {
    const nothing = { ...EchoService.service.Unary, path: '/standins.v1.EchoService/Nothing' };
    const { error } = await new Promise((resolve) => client.makeUnaryRequest(
      nothing.path, nothing.requestSerialize, nothing.responseDeserialize, {}, (failed) => resolve({ error: failed })));
    expect(error?.code === grpc.status.UNIMPLEMENTED, `got ${error?.code}`);
  },

  async too_large() {
    await failure(unary('Unary', { payload: Buffer.alloc(4 * 1024 * 1024 + 1) }), grpc.status.RESOURCE_EXHAUSTED, 'a large request');
    const { error } = await unary('Unary', { text: 'after' });
    expect(!error, 'the connection did not survive');
  },

  async hundred_streams() {
    const streams = Array.from({ length: 100 }, (_, i) => messagesOf(client.ServerStream({ count: 50, payload_size: 100 * i })));
    const lengths = (await Promise.all(streams)).map((messages) => messages.length);
    expect(lengths.every((length) => length === 50), `lengths are ${lengths}`);
  },

  async connection_cut() {
    const proxy = await startProxy(target);
    const through = new EchoService(proxy.address, insecure);
    const stream = through.ServerStream({ count: 1, hang: true, id: 'js-cut' });
    const ending = streamFailure(stream);
    await new Promise((resolve) => stream.once('data', resolve));
    proxy.cut();
    await failure(ending, grpc.status.UNAVAILABLE, 'a cut stream');
    await cancelled('js-cut');
    const { error } = await unary('Unary', { text: 'again' }, { using: through, options: { deadline: deadlineIn(10_000) }, metadata: waitForReady() });
    expect(!error, `no new connection: ${error}`);
    through.close();
    proxy.close();
    proxy.cut();
  },
};

const waitForReady = () => {
  const metadata = new grpc.Metadata();
  metadata.setOptions({ waitForReady: true });
  return metadata;
};

let failed = false;
for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    failed = true;
    console.log(`FAIL ${name} ${error.message ?? error}`);
  }
}
client.close();
process.exitCode = failed ? 1 : 0;
