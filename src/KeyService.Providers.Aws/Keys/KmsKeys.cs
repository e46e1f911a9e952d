using Amazon.KeyManagementService.Model;
using KeyService.Core;
using KeyService.Core.Providers;
using KeyService.Providers.Aws.Connection;

namespace KeyService.Providers.Aws.Keys;

/// <summary>
/// Makes, finds, disables and destroys keys. A key carries its label as a tag from its first instant on, and then claims the
/// label by an alias. Whatever was cut off between the two is found by the tag; where two were made, the alias decides.
/// </summary>
internal sealed class KmsKeys(string provider, AwsKmsOptions options, KmsConnection connection, NewKeys newKeys, ILogger logger, TimeProvider time)
{
    private const int Claims = 5;
    private readonly KmsKeyDirectory _directory = new(provider, connection, options.KeyTags, logger, time);

    public async Task<ProviderKey> CreateAsync(string label, KeySpec spec, CancellationToken cancellationToken)
    {
        var wanted = KmsKeySpecs.Of(spec);
        var held = await _directory.FindAsync(other => other == label, cancellationToken);
        var winner = await ClaimedAsync(label, cancellationToken);
        if (winner is null)
        {
            var candidate = held.OrderBy(static key => key.Key.CreationDate).ThenBy(static key => key.Arn, StringComparer.Ordinal).FirstOrDefault();
            if (candidate is null)
            {
                held = [candidate = await MakeAsync(label, spec, wanted, cancellationToken)];
            }
            else
            {
                Log.KeyTakenOver(logger, provider, candidate.Arn, label);
                newKeys.AddIfYoung(candidate.Key);
            }

            winner = await ClaimAsync(label, candidate, cancellationToken);
        }
        else
        {
            newKeys.AddIfYoung(winner);
        }

        foreach (var surplus in held.Where(key => key.Arn != winner.Arn))
        {
            Log.SurplusRemoved(logger, provider, surplus.Arn, label, winner.Arn);
            await ScheduleDeletionAsync(surplus.Arn, cancellationToken);
        }

        if (winner.KeySpec != wanted)
            throw Failures.OtherKind(winner.KeySpec, spec.Algorithm);
        return new ProviderKey(label, new KeyHandle(winner.Arn), await PublicKeyAsync(winner.Arn, cancellationToken));
    }

    public async Task<IReadOnlyList<ProviderKey>> FindAsync(string labelPrefix, CancellationToken cancellationToken)
    {
        var found = await _directory.FindAsync(label => label.StartsWith(labelPrefix, StringComparison.Ordinal), cancellationToken);
        var keys = new List<ProviderKey>();
        foreach (var label in found.GroupBy(static key => key.Label, StringComparer.Ordinal).OrderBy(static label => label.Key, StringComparer.Ordinal))
        {
            // Where a crash left more than one, that with the alias is the key and the others are remains.
            var claimed = label.Count() == 1 ? label.First().Arn : (await _directory.DescribeAsync(KeyLabel.Alias(label.Key), cancellationToken))?.Arn;
            foreach (var key in label.OrderBy(key => key.Arn != claimed).ThenBy(static key => key.Arn, StringComparer.Ordinal))
            {
                var publicKey = key.Arn == claimed ? await ReadablePublicKeyAsync(key, cancellationToken) : [];
                if (publicKey is not null)
                    keys.Add(new ProviderKey(key.Label, new KeyHandle(key.Arn), publicKey) { IsForeign = key.IsForeign });
            }
        }

        return keys;
    }

    public async Task DisableAsync(string arn, CancellationToken cancellationToken)
    {
        try
        {
            await newKeys.WithAsync(arn, Disable, cancellationToken);
            newKeys.Forget(arn);
            Log.KeyDisabled(logger, provider, arn);
        }
        catch (KeyServiceException failure) when (failure.InnerException is KMSInvalidStateException)
        {
            newKeys.Forget(arn); // pending deletion: it signs no more already
        }

        Task<DisableKeyResponse> Disable() =>
            connection.RunAsync((kms, token) => kms.DisableKeyAsync(new DisableKeyRequest { KeyId = KmsKeyId.Of(arn) }, token), cancellationToken);
    }

    /// <summary>The deletion first, then the alias: cut off in between, the alias leads to a key that no longer counts, and is replaced.</summary>
    public async Task DestroyAsync(string arn, CancellationToken cancellationToken)
    {
        var label = await _directory.LabelOfAsync(arn, cancellationToken);
        if (await ScheduleDeletionAsync(arn, cancellationToken))
            Log.KeyDestroyed(logger, provider, arn, options.DeletionWindowDays);
        if (label.Length > 0 && await _directory.DescribeAnyAsync(KeyLabel.Alias(label), cancellationToken) is { } claimed && claimed.Arn == arn)
            await DeleteAliasAsync(KeyLabel.Alias(label), cancellationToken);
    }

    public async Task<byte[]> PublicKeyAsync(string arn, CancellationToken cancellationToken)
    {
        var answer = await newKeys.WithAsync(
            arn,
            () => connection.RunAsync((kms, token) => kms.GetPublicKeyAsync(new GetPublicKeyRequest { KeyId = arn }, token), cancellationToken),
            cancellationToken);
        if (!KmsKeyId.IsSame(arn, answer.KeyId))
            throw Failures.Malformed("the public half of another key");
        return answer.PublicKey?.ToArray() ?? throw Failures.Malformed("no public half");
    }

    private async Task<LabelledKey> MakeAsync(string label, KeySpec spec, Amazon.KeyManagementService.KeySpec wanted, CancellationToken cancellationToken)
    {
        var since = time.GetTimestamp();
        var request = new CreateKeyRequest
        {
            KeySpec = wanted,
            KeyUsage = Amazon.KeyManagementService.KeyUsageType.SIGN_VERIFY,
            Description = KeyLabel.Description(label),
            MultiRegion = options.MultiRegion,
            Tags = [new Tag { TagKey = KeyLabel.Tag, TagValue = label }, .. options.KeyTags.Select(static tag => new Tag { TagKey = tag.Key, TagValue = tag.Value })],
        };
        var made = (await connection.RunAsync((kms, token) => kms.CreateKeyAsync(request, token), cancellationToken)).KeyMetadata;
        newKeys.Add(made.Arn);
        _directory.Add(made.Arn, label);
        var elapsed = time.GetElapsedTime(since);
        Log.KeyMade(logger, provider, made.Arn, label, spec.Algorithm.Name, elapsed);
        return new LabelledKey(label, made);
    }

    /// <summary>The key that holds the label; null where it is free. A claim of a key that is pending deletion does not count and is removed.</summary>
    private async Task<KeyMetadata?> ClaimedAsync(string label, CancellationToken cancellationToken)
    {
        var alias = KeyLabel.Alias(label);
        if (await _directory.DescribeAnyAsync(alias, cancellationToken) is not { } key)
            return null;
        if (await newKeys.WithAsync(key.Arn, () => _directory.LabelOfAsync(key.Arn, cancellationToken), cancellationToken) != label)
            throw Failures.ForeignAlias(alias);
        if (!KmsKeyDirectory.IsPendingDeletion(key))
            return key;

        await DeleteAliasAsync(alias, cancellationToken);
        return null;
    }

    private async Task<KeyMetadata> ClaimAsync(string label, LabelledKey candidate, CancellationToken cancellationToken)
    {
        var request = new CreateAliasRequest { AliasName = KeyLabel.Alias(label), TargetKeyId = candidate.Key.KeyId };
        for (var claim = 0; claim < Claims; claim++)
        {
            try
            {
                await newKeys.WithAsync(
                    candidate.Arn, () => connection.RunAsync((kms, token) => kms.CreateAliasAsync(request, token), cancellationToken), cancellationToken);
                return candidate.Key;
            }
            catch (KeyServiceException failure) when (failure.InnerException is AlreadyExistsException)
            {
                // Someone was faster, or this very claim arrived before and its answer was lost. The alias may not be seen everywhere yet.
                var winner = await newKeys.UntilSeenAsync(
                    async () => await _directory.DescribeAnyAsync(request.AliasName, cancellationToken) ?? throw Failures.KeyNotFound(), cancellationToken);
                if (await ClaimedAsync(label, cancellationToken) is { } claimed && claimed.Arn == winner.Arn)
                    return claimed;
            }
        }

        throw Failures.RaceLost();
    }

    /// <returns>False where it is gone or pending deletion already.</returns>
    private async Task<bool> ScheduleDeletionAsync(string arn, CancellationToken cancellationToken)
    {
        var request = new ScheduleKeyDeletionRequest { KeyId = KmsKeyId.Of(arn), PendingWindowInDays = options.DeletionWindowDays };
        try
        {
            await newKeys.WithAsync(arn, () => connection.RunAsync((kms, token) => kms.ScheduleKeyDeletionAsync(request, token), cancellationToken), cancellationToken);
            return true;
        }
        catch (KeyServiceException failure) when (failure.Error == KeyServiceError.KeyNotFound || failure.InnerException is KMSInvalidStateException)
        {
            return false;
        }
        finally
        {
            newKeys.Forget(arn);
        }
    }

    private async Task DeleteAliasAsync(string alias, CancellationToken cancellationToken)
    {
        try
        {
            await connection.RunAsync((kms, token) => kms.DeleteAliasAsync(new DeleteAliasRequest { AliasName = alias }, token), cancellationToken);
        }
        catch (KeyServiceException failure) when (failure.Error == KeyServiceError.KeyNotFound)
        {
            // Someone else removed it: what was wanted.
        }
    }

    /// <summary>Null where the key was destroyed in between; empty where it is disabled, for KMS then gives no public half.</summary>
    private async Task<byte[]?> ReadablePublicKeyAsync(LabelledKey key, CancellationToken cancellationToken)
    {
        try
        {
            return await PublicKeyAsync(key.Arn, cancellationToken);
        }
        catch (KeyServiceException failure) when (failure.Error == KeyServiceError.KeyNotFound || failure.InnerException is KMSInvalidStateException)
        {
            return null;
        }
        catch (KeyServiceException failure) when (failure.InnerException is DisabledException)
        {
            Log.KeyUnreadable(logger, provider, key.Arn, key.Label, failure.Message);
            return [];
        }
    }
}
