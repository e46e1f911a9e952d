// Drives the tests' KMS server with AWS's own JavaScript SDK and verifies its signatures with Node's crypto.
// node kms.mjs ENDPOINT REGION ACCESS_KEY SECRET HAS_ML_DSA
// The server shows at most three items a page. Prints "ok NAME" or "FAIL NAME why" for each check; ends with 1 when any failed.
import assert from 'node:assert/strict';
import { createHash, createPublicKey, constants, randomBytes, verify } from 'node:crypto';
import {
  CancelKeyDeletionCommand, CreateAliasCommand, CreateKeyCommand, DeleteAliasCommand, DescribeKeyCommand, DisableKeyCommand, EnableKeyCommand,
  GetPublicKeyCommand, KMSClient, ListResourceTagsCommand, ScheduleKeyDeletionCommand, SignCommand, TagResourceCommand, UntagResourceCommand,
  VerifyCommand, paginateListAliases, paginateListKeys,
} from '@aws-sdk/client-kms';

const [endpoint, region, accessKeyId, secretAccessKey, hasMlDsa] = process.argv.slice(2);
const client = (secret) => new KMSClient({ endpoint, region, credentials: { accessKeyId, secretAccessKey: secret }, maxAttempts: 1 });
const kms = client(secretAccessKey);
const send = (command) => kms.send(command);
const refuses = (name, command, status = 400) => assert.rejects(
  send(command), (error) => { assert.equal(error.name, name, `${error.name}: ${error.message}`); assert.equal(error.$metadata.httpStatusCode, status); return true; });
const create = async (KeySpec, more = {}) => (await send(new CreateKeyCommand({ KeySpec, KeyUsage: 'SIGN_VERIFY', ...more }))).KeyMetadata;
const publicKey = async (KeyId) => createPublicKey({ key: Buffer.from((await send(new GetPublicKeyCommand({ KeyId }))).PublicKey), format: 'der', type: 'spki' });

const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };
const kinds = [
  ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_256', 'sha256', {}], ['RSA_2048', 'RSASSA_PKCS1_V1_5_SHA_512', 'sha512', {}],
  ['RSA_2048', 'RSASSA_PSS_SHA_256', 'sha256', pss], ['RSA_3072', 'RSASSA_PSS_SHA_384', 'sha384', pss],
  ['ECC_NIST_P256', 'ECDSA_SHA_256', 'sha256', {}], ['ECC_NIST_P384', 'ECDSA_SHA_384', 'sha384', {}],
  ['ECC_NIST_P521', 'ECDSA_SHA_512', 'sha512', {}], ['ECC_SECG_P256K1', 'ECDSA_SHA_256', 'sha256', {}],
];

const checks = {
  async digests_and_messages_are_signed() {
    for (const [spec, SigningAlgorithm, hash, padding] of kinds) {
      const { KeyId, Arn } = await create(spec);
      const key = { key: await publicKey(KeyId), ...padding };
      const message = randomBytes(4096);
      for (const [MessageType, Message] of [['RAW', message], [undefined, message], ['DIGEST', createHash(hash).update(message).digest()]]) {
        const reply = await send(new SignCommand({ KeyId, Message, MessageType, SigningAlgorithm }));
        assert.equal(reply.KeyId, Arn);
        assert.ok(verify(hash, message, key, reply.Signature), `${SigningAlgorithm} ${MessageType}`);
        assert.ok((await send(new VerifyCommand({ KeyId, Message, MessageType, SigningAlgorithm, Signature: reply.Signature }))).SignatureValid);
      }
      await refuses('KMSInvalidSignatureException', new VerifyCommand({ KeyId, Message: message, SigningAlgorithm, Signature: randomBytes(64) }));
    }
  },
  async ed25519_takes_messages_only() {
    const { KeyId } = await create('ECC_NIST_EDWARDS25519');
    const message = randomBytes(100);
    const sign = (more) => new SignCommand({ KeyId, Message: message, MessageType: 'RAW', SigningAlgorithm: 'ED25519_SHA_512', ...more });
    assert.ok(verify(null, message, await publicKey(KeyId), (await send(sign())).Signature));
    await refuses('ValidationException', sign({ MessageType: 'DIGEST', Message: randomBytes(64) }));
    await refuses('ValidationException', sign({ SigningAlgorithm: 'ED25519_PH_SHA_512' }));
    await refuses('InvalidKeyUsageException', sign({ SigningAlgorithm: 'ECDSA_SHA_256' }));
  },
  async ml_dsa_is_there_or_not_supported() {
    if (hasMlDsa !== 'true') return refuses('UnsupportedOperationException', new CreateKeyCommand({ KeySpec: 'ML_DSA_65', KeyUsage: 'SIGN_VERIFY' }));
    const { KeyId } = await create('ML_DSA_65');
    const { Signature } = await send(new SignCommand({ KeyId, Message: randomBytes(100), MessageType: 'RAW', SigningAlgorithm: 'ML_DSA_SHAKE_256' }));
    assert.equal(Signature.length, 3309);
  },
  async lengths_types_and_enums_are_checked() {
    const { KeyId } = await create('ECC_NIST_P256');
    const sign = (more) => new SignCommand({ KeyId, Message: randomBytes(32), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256', ...more });
    await refuses('ValidationException', sign({ Message: randomBytes(31) }));
    await refuses('ValidationException', sign({ Message: randomBytes(4097), MessageType: 'RAW' }));
    await refuses('ValidationException', sign({ Message: new Uint8Array(), MessageType: 'RAW' }));
    await refuses('ValidationException', sign({ MessageType: 'FOO' }));
    await refuses('ValidationException', sign({ SigningAlgorithm: 'HS256' }));
    await refuses('ValidationException', sign({ SigningAlgorithm: undefined }));
    await refuses('ValidationException', sign({ MessageType: 'EXTERNAL_MU', Message: randomBytes(64) }));
    await refuses('InvalidKeyUsageException', sign({ SigningAlgorithm: 'ECDSA_SHA_384', Message: randomBytes(48) }));
    await refuses('DryRunOperationException', sign({ DryRun: true }));
    await refuses('ValidationException', new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256' }));
    await refuses('ValidationException', new CreateKeyCommand({ KeySpec: 'ECC_NIST_P256', KeyUsage: 'ENCRYPT_DECRYPT' }));
    await refuses('ValidationException', new CreateKeyCommand({ KeySpec: 'RSA_1024', KeyUsage: 'SIGN_VERIFY' }));
    const { KeyMetadata: symmetric } = await send(new CreateKeyCommand({}));
    await refuses('InvalidKeyUsageException', sign({ KeyId: symmetric.KeyId }));
    await refuses('UnsupportedOperationException', new GetPublicKeyCommand({ KeyId: symmetric.KeyId }));
  },
  async keys_are_named_by_id_arn_and_alias() {
    const { KeyId, Arn, AWSAccountId } = await create('ECC_NIST_P256');
    await send(new CreateAliasCommand({ AliasName: 'alias/peer/name', TargetKeyId: KeyId }));
    for (const name of [KeyId, Arn, 'alias/peer/name', `arn:aws:kms:${region}:${AWSAccountId}:alias/peer/name`])
      assert.equal((await send(new DescribeKeyCommand({ KeyId: name }))).KeyMetadata.Arn, Arn);
    for (const name of ['nothing', 'alias/peer/other', Arn.replace(region, 'us-east-1'), Arn.replace(AWSAccountId, '999999999999'), KeyId.replace(/.$/, (last) => (last === '0' ? '1' : '0'))])
      await refuses('NotFoundException', new SignCommand({ KeyId: name, Message: randomBytes(32), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' }));
    await refuses('NotFoundException', new DisableKeyCommand({ KeyId: 'alias/peer/name' }));
  },
  async aliases_are_unique_and_well_formed() {
    const one = await create('ECC_NIST_P256');
    const two = await create('ECC_NIST_P256');
    await send(new CreateAliasCommand({ AliasName: 'alias/peer/unique', TargetKeyId: one.KeyId }));
    await refuses('AlreadyExistsException', new CreateAliasCommand({ AliasName: 'alias/peer/unique', TargetKeyId: two.KeyId }));
    await refuses('ValidationException', new CreateAliasCommand({ AliasName: 'alias/with.dot', TargetKeyId: one.KeyId }));
    await refuses('ValidationException', new CreateAliasCommand({ AliasName: 'peer', TargetKeyId: one.KeyId }));
    await refuses('NotAuthorizedException', new CreateAliasCommand({ AliasName: 'alias/aws/peer', TargetKeyId: one.KeyId }));
    await send(new DeleteAliasCommand({ AliasName: 'alias/peer/unique' }));
    await refuses('NotFoundException', new DeleteAliasCommand({ AliasName: 'alias/peer/unique' }));
  },
  async lists_come_in_pages() {
    const made = [];
    for (let i = 0; i < 8; i++) made.push((await create('ECC_NIST_P256')).KeyId);
    const pages = [];
    for await (const page of paginateListKeys({ client: kms, pageSize: 1000 }, {})) pages.push(page.Keys);
    assert.ok(pages.length >= 3 && pages.every((page) => page.length <= 3));
    const seen = pages.flat().map((key) => key.KeyId);
    assert.equal(new Set(seen).size, seen.length);
    assert.ok(made.every((id) => seen.includes(id)));
    for (let i = 0; i < 4; i++) await send(new CreateAliasCommand({ AliasName: `alias/peer/page${i}`, TargetKeyId: made[0] }));
    const aliases = [];
    for await (const page of paginateListAliases({ client: kms }, { KeyId: made[0] })) aliases.push(...page.Aliases.map((alias) => alias.AliasName));
    assert.deepEqual(aliases, [0, 1, 2, 3].map((i) => `alias/peer/page${i}`));
  },
  async tags_are_kept_and_checked() {
    const { KeyId } = await create('ECC_NIST_P256', { Tags: [{ TagKey: 'a', TagValue: '1' }] });
    await send(new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'b', TagValue: '' }, { TagKey: 'a', TagValue: '2' }] }));
    assert.deepEqual((await send(new ListResourceTagsCommand({ KeyId }))).Tags, [{ TagKey: 'a', TagValue: '2' }, { TagKey: 'b', TagValue: '' }]);
    await send(new UntagResourceCommand({ KeyId, TagKeys: ['a'] }));
    assert.equal((await send(new ListResourceTagsCommand({ KeyId }))).Tags.length, 1);
    await refuses('TagException', new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'aws:x', TagValue: '' }] }));
    await refuses('ValidationException', new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'x'.repeat(129), TagValue: '' }] }));
    await refuses('LimitExceededException', new TagResourceCommand({ KeyId, Tags: [...Array(50).keys()].map((i) => ({ TagKey: `t${i}`, TagValue: '' })) }));
  },
  async states_are_kept() {
    const { KeyId, Arn } = await create('ECC_NIST_P256');
    const sign = new SignCommand({ KeyId, Message: randomBytes(32), MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' });
    await send(new DisableKeyCommand({ KeyId }));
    await refuses('DisabledException', sign);
    await refuses('DisabledException', new GetPublicKeyCommand({ KeyId }));
    await send(new EnableKeyCommand({ KeyId }));
    await send(sign);
    await refuses('ValidationException', new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 6 }));
    await refuses('ValidationException', new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 31 }));
    const { KeyId: scheduled, KeyState, DeletionDate } = await send(new ScheduleKeyDeletionCommand({ KeyId, PendingWindowInDays: 7 }));
    assert.deepEqual([scheduled, KeyState], [Arn, 'PendingDeletion']);
    assert.equal(Math.round((DeletionDate - Date.now()) / 86_400_000), 7);
    for (const command of [sign, new GetPublicKeyCommand({ KeyId }), new EnableKeyCommand({ KeyId }), new DisableKeyCommand({ KeyId }), new ScheduleKeyDeletionCommand({ KeyId }),
      new CreateAliasCommand({ AliasName: 'alias/peer/dead', TargetKeyId: KeyId }), new TagResourceCommand({ KeyId, Tags: [{ TagKey: 'x', TagValue: '' }] })])
      await refuses('KMSInvalidStateException', command);
    assert.equal((await send(new CancelKeyDeletionCommand({ KeyId }))).KeyId, Arn);
    assert.equal((await send(new DescribeKeyCommand({ KeyId }))).KeyMetadata.KeyState, 'Disabled');
    await refuses('KMSInvalidStateException', new CancelKeyDeletionCommand({ KeyId }));
  },
  async multi_region_keys_have_their_ids() {
    const { KeyId, MultiRegion, MultiRegionConfiguration } = await create('ECC_NIST_P256', { MultiRegion: true });
    assert.match(KeyId, /^mrk-[0-9a-f]{32}$/);
    assert.ok(MultiRegion);
    assert.equal(MultiRegionConfiguration.MultiRegionKeyType, 'PRIMARY');
  },
  async requests_must_be_signed() {
    await assert.rejects(client('wrong').send(new DescribeKeyCommand({ KeyId: 'x' })), { name: 'InvalidSignatureException' });
    const post = async (headers) => (await fetch(endpoint, { method: 'POST', body: '{}', headers: { 'content-type': 'application/x-amz-json-1.1', ...headers } })).json();
    assert.equal((await post({ 'x-amz-target': 'TrentService.ListKeys' })).__type, 'MissingAuthenticationTokenException');
    assert.equal((await post({ 'x-amz-target': 'TrentService.ListKeys', authorization: 'AWS4-HMAC-SHA256 Credential=x' })).__type, 'IncompleteSignatureException');
    assert.equal((await post({ 'x-amz-target': 'Other.ListKeys' })).__type, 'UnknownOperationException');
  },
};

for (const [name, check] of Object.entries(checks)) {
  try {
    await check();
    console.log(`ok ${name}`);
  } catch (error) {
    console.log(`FAIL ${name} ${error.stack}`);
    process.exitCode = 1;
  }
}
