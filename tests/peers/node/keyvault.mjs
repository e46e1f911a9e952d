// The official Azure client against the Key Vault protocol server: what it understands, the server speaks.
// Usage: keyvault.mjs <vault URL> <token>; NODE_EXTRA_CA_CERTS names the server's certificate.
import assert from "node:assert/strict";
import { createHash, createPublicKey, randomBytes, verify, constants } from "node:crypto";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const [url, token] = process.argv.slice(2);
const credential = { getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) };
// The server's host is an address, not one of Azure's domains.
const options = { disableChallengeResourceVerification: true, retryOptions: { maxRetries: 0 } };
const client = new KeyClient(url, credential, options);
const older = new KeyClient(url, credential, { ...options, serviceVersion: "7.4" });

const publicKeyOf = ({ key }) => {
  const text = (bytes) => bytes && Buffer.from(bytes).toString("base64url");
  const isRsa = key.kty.startsWith("RSA");
  const jwk = isRsa
    ? { kty: "RSA", n: text(key.n), e: text(key.e) }
    : { kty: "EC", crv: key.crv === "P-256K" ? "secp256k1" : key.crv, x: text(key.x), y: text(key.y) };
  return createPublicKey({ key: jwk, format: "jwk" });
};
const hashes = { 256: "sha256", 384: "sha384", 512: "sha512" };
const refused = (promise, statusCode, code) =>
  assert.rejects(promise, (error) => error.statusCode === statusCode && (code === undefined || error.code === code));
const drain = async (pages) => {
  const all = [];
  for await (const item of pages) all.push(item);
  return all;
};
const soon = { intervalInMs: 20 };

const checks = {
  async create_and_sign() {
    const kinds = [
      ["ec-p256", (name) => older.createEcKey(name, { curve: "P-256" }), ["ES256"]],
      ["ec-p384", (name) => client.createEcKey(name, { curve: "P-384" }), ["ES384"]],
      ["ec-p521", (name) => client.createEcKey(name, { curve: "P-521" }), ["ES512"]],
      ["ec-p256k", (name) => client.createEcKey(name, { curve: "P-256K" }), ["ES256K"]],
      ["rsa-2048", (name) => client.createRsaKey(name, { keySize: 2048 }), ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"]],
      ["rsa-3072", (name) => client.createRsaKey(name, { keySize: 3072 }), ["PS256"]],
    ];
    for (const [name, create, algorithms] of kinds) {
      const key = await create(name);
      assert.match(key.properties.version, /^[0-9a-f]{32}$/);
      assert.equal(key.key.d, undefined);
      const crypto = new CryptographyClient(key.id, credential, options);
      for (const algorithm of algorithms) {
        const message = randomBytes(100);
        const hash = hashes[algorithm.slice(2, 5)];
        const digest = createHash(hash).update(message).digest();
        const { result, keyID } = await crypto.sign(algorithm, digest);
        assert.equal(keyID, key.id);
        const how = algorithm.startsWith("PS")
          ? { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
          : { dsaEncoding: "ieee-p1363" };
        assert.ok(verify(hash, message, { key: publicKeyOf(key), ...how }, Buffer.from(result)), algorithm);
        assert.equal((await crypto.verify(algorithm, digest, result)).result, true);
        digest[0] ^= 1;
        assert.equal((await crypto.verify(algorithm, digest, result)).result, false);
      }
    }
  },
  async wrong_algorithm_and_digest() {
    const crypto = new CryptographyClient((await client.getKey("ec-p256")).id, credential, options);
    await refused(crypto.sign("RS256", randomBytes(32)), 400, "BadParameter");
    await refused(crypto.sign("ES256", randomBytes(31)), 400, "BadParameter");
  },
  async versions_and_tags() {
    const tags = { owner: "node" };
    const first = await client.createEcKey("versions", { tags });
    const second = await client.createEcKey("versions", { tags });
    assert.notEqual(first.properties.version, second.properties.version);
    assert.equal((await client.getKey("versions")).id, second.id);
    const listed = await drain(client.listPropertiesOfKeyVersions("versions"));
    assert.deepEqual(listed.map(({ version }) => version).sort(), [first.properties.version, second.properties.version].sort());
    assert.deepEqual(listed[0].tags, tags);
    assert.equal(second.properties.exportable, false);
    assert.equal((await drain(client.listPropertiesOfKeyVersions("nothing-here"))).length, 0);
  },
  async paging() {
    for (let i = 0; i < 30; i++) await client.createEcKey(`page-${i}`);
    const pages = [];
    for await (const page of client.listPropertiesOfKeys().byPage({ maxPageSize: 10 })) pages.push(page.map(({ name }) => name));
    const names = pages.flat();
    assert.ok(pages.length >= 3 && pages.every((page) => page.length <= 10));
    assert.equal(new Set(names).size, names.length);
    assert.equal(names.filter((name) => name.startsWith("page-")).length, 30);
  },
  async disable_and_dates() {
    const key = await client.createEcKey("disabled");
    const crypto = new CryptographyClient(key.id, credential, options);
    await client.updateKeyProperties("disabled", key.properties.version, { enabled: false });
    await refused(crypto.sign("ES256", randomBytes(32)), 403, "Forbidden");
    await client.updateKeyProperties("disabled", key.properties.version, { enabled: true, expiresOn: new Date(Date.now() - 60_000) });
    await refused(crypto.sign("ES256", randomBytes(32)), 403, "Forbidden");
  },
  async delete_recover_purge() {
    const key = await client.createEcKey("gone");
    const deleted = (await client.beginDeleteKey("gone", soon)).getResult() ?? (await client.getDeletedKey("gone"));
    assert.equal(deleted.name, "gone");
    await refused(client.getKey("gone"), 404, "KeyNotFound");
    await refused(client.createEcKey("gone"), 409, "Conflict");
    assert.deepEqual((await drain(client.listDeletedKeys())).map(({ name }) => name), ["gone"]);
    await (await client.beginRecoverDeletedKey("gone", soon)).pollUntilDone();
    assert.equal((await client.getKey("gone")).id, key.id);
    await (await client.beginDeleteKey("gone", soon)).pollUntilDone();
    await client.purgeDeletedKey("gone");
    await refused(client.getDeletedKey("gone"), 404, "KeyNotFound");
    await client.createEcKey("gone");
  },
  async hardware() {
    await refused(client.createEcKey("hsm", { hsm: true }), 400, "BadParameter");
  },
};

for (const [name, check] of Object.entries(checks)) {
  await check();
  console.log(`ok ${name}`);
}
