using System.Buffers.Text;
using Azure.Core;
using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Providers.Azure.Keys;

namespace KeyService.Providers.Azure.Protocol;

/// <summary>The operations on keys, each named as in the REST reference.</summary>
internal sealed class VaultKeys(VaultClient client) : IDisposable
{
    private const int LargestPage = 25;

    /// <summary>Beyond any vault: an endless chain of pages is a fault.</summary>
    private const int MostPages = 10_000;

    /// <summary>Create Key. Without attributes that limit it in time: the dates of a key are ours.</summary>
    public async Task<VaultKeyAnswer> CreateAsync(string name, string label, KeyKind kind, bool inHardware, CancellationToken cancellationToken) => Read(await client.SendAsync(
        RequestMethod.Post,
        $"keys/{name}/create",
        new CreateKeyBody(
            kind.Name(inHardware), kind.Curve, kind.KeySize, ["sign", "verify"], new KeyAttributes { Enabled = true, Exportable = false },
            new Dictionary<string, string> { [KeyLabel.Tag] = label }),
        makesKey: true,
        VaultJson.Default.CreateKeyBody,
        VaultJson.Default.KeyBundle,
        cancellationToken));

    /// <summary>Get Key, of one version.</summary>
    public async Task<VaultKeyAnswer> GetAsync(KeyUrl key, CancellationToken cancellationToken) =>
        Read(await client.GetAsync($"keys/{key.Name}/{key.Version}", VaultJson.Default.KeyBundle, cancellationToken));

    /// <summary>Update Key: takes one version out of use.</summary>
    public Task DisableAsync(KeyUrl key, CancellationToken cancellationToken) => client.SendAsync(
        RequestMethod.Patch, $"keys/{key.Name}/{key.Version}", new UpdateKeyBody(new KeyAttributes { Enabled = false }), makesKey: false,
        VaultJson.Default.UpdateKeyBody, VaultJson.Default.KeyBundle, cancellationToken);

    /// <summary>Delete Key: every version under the name. False where there was none.</summary>
    public Task<bool> DeleteAsync(string name, CancellationToken cancellationToken) => ExistedAsync($"keys/{name}", cancellationToken);

    /// <summary>Purge Deleted Key. False where there was none, or none yet: deleting takes a while.</summary>
    public Task<bool> PurgeAsync(string name, CancellationToken cancellationToken) => ExistedAsync($"deletedkeys/{name}", cancellationToken);

    /// <summary>Sign. The answer must name the version that was asked, and be as long as the algorithm says.</summary>
    public async Task<byte[]> SignAsync(KeyUrl key, SigningAlgorithm algorithm, ReadOnlyMemory<byte> digest, CancellationToken cancellationToken)
    {
        var answer = await client.SendAsync(
            RequestMethod.Post, $"keys/{key.Name}/{key.Version}/sign", new SignBody(algorithm.Name, Base64Url.EncodeToString(digest.Span)), makesKey: false,
            VaultJson.Default.SignBody, VaultJson.Default.SignAnswer, cancellationToken);
        if (!KeyUrl.TryParseKid(answer.KeyId, out var signer) || !signer.Value.Matches(key))
            throw Failures.Malformed("another key has signed");
        if (answer.Signature is null || !Base64Url.IsValid(answer.Signature))
            throw Failures.Malformed("the signature is not base64url");
        var signature = Base64Url.DecodeFromChars(answer.Signature);
        var isRightLength = algorithm.KeyType == "RSA" ? signature.Length is 256 or 384 or 512 : signature.Length == algorithm.SignatureLength(0);
        return isRightLength ? signature : throw Failures.Malformed("the signature has the wrong length");
    }

    /// <summary>Get Key Versions, the oldest first. Of the versions made in one second, the vault's whole count of time, the id decides.</summary>
    public async Task<List<(KeyUrl Key, KeyItem Item)>> VersionsAsync(string name, CancellationToken cancellationToken)
    {
        var versions = new List<(KeyUrl Key, KeyItem Item)>();
        try
        {
            await foreach (var item in PagesAsync($"keys/{name}/versions", cancellationToken))
            {
                if (!KeyUrl.TryParseKid(item.KeyId, out var key) || item.Attributes?.Created is null)
                    throw Failures.Malformed("a version of a key has no id or date");
                versions.Add((key.Value, item));
            }
        }
        catch (KeyServiceException missing) when (missing.Error == KeyServiceError.KeyNotFound)
        {
            return []; // the vault answers an unknown name with an empty list, a Managed HSM may not
        }

        versions.Sort(static (a, b) => (a.Item.Attributes!.Created!.Value, a.Key.Version).CompareTo((b.Item.Attributes!.Created!.Value, b.Key.Version))); // checked above
        return versions;
    }

    /// <summary>Get Keys: names and tags, of all applications.</summary>
    public IAsyncEnumerable<KeyItem> ListAsync(CancellationToken cancellationToken) => PagesAsync("keys", cancellationToken);

    /// <summary>The cheapest request that needs a token and a permission.</summary>
    public Task<VaultAnswer> ProbeAsync(CancellationToken cancellationToken) => client.AskAsync("keys?maxresults=1", cancellationToken);

    public void Dispose() => client.Dispose();

    private static VaultKeyAnswer Read(KeyBundle bundle) => KeyUrl.TryParseKid(bundle.Key?.KeyId, out var url)
        ? new VaultKeyAnswer(url.Value, bundle)
        : throw Failures.Malformed("the key has no id");

    private async Task<bool> ExistedAsync(string path, CancellationToken cancellationToken)
    {
        try
        {
            await client.DeleteAsync(path, cancellationToken);
            return true;
        }
        catch (KeyServiceException missing) when (missing.Error == KeyServiceError.KeyNotFound)
        {
            return false;
        }
    }

    private async IAsyncEnumerable<KeyItem> PagesAsync(
        string path, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var page = await client.GetAsync($"{path}?maxresults={LargestPage}", VaultJson.Default.KeyPage, cancellationToken);
        for (var count = 1; ; count++)
        {
            foreach (var item in page.Items ?? [])
                yield return item ?? throw Failures.Malformed("an item of a list is null"); // the serializer checks members only
            if (string.IsNullOrEmpty(page.NextLink))
                yield break;
            if (count == MostPages)
                throw Failures.Malformed("its pages do not end");
            page = await client.GetNextAsync(page.NextLink, VaultJson.Default.KeyPage, cancellationToken);
        }
    }
}
