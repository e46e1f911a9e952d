using System.Collections.Concurrent;
using Amazon.KeyManagementService.Model;
using KeyService.Core;
using KeyService.Providers.Aws.Connection;

namespace KeyService.Providers.Aws.Keys;

/// <summary>
/// Which keys of the account are ours, and under which label: read from their tags. A label is put on with the creation
/// and never changed, so the tags of our keys are read once, those of other keys once in a while.
/// </summary>
/// <param name="marks">The tags that are put on every new key beside its label.</param>
internal sealed class KmsKeyDirectory(string provider, KmsConnection connection, IReadOnlyDictionary<string, string> marks, ILogger logger, TimeProvider time)
{
    private const int LargestPage = 1000; // ListKeys, Limit
    private const int AtATime = 8;

    /// <summary>KMS is eventually consistent: a key that another replica made just now may show no tags yet.</summary>
    private static readonly TimeSpan ForeignFor = TimeSpan.FromMinutes(10);

    /// <summary>By key ARN; the label is empty for keys that are not ours.</summary>
    private readonly ConcurrentDictionary<string, (string Label, bool IsForeign, long ReadAt)> _labels = new(StringComparer.Ordinal);

    /// <summary>Keys that were told to be left out.</summary>
    private readonly ConcurrentDictionary<string, bool> _leftOut = new(StringComparer.Ordinal);

    public void Add(string arn, string label) => Add(arn, label, isForeign: false);

    /// <summary>
    /// Every key whose label fits, in no order, with its present state; without those that are pending deletion. A key at which we may
    /// not look is not ours. Where that holds for all keys, the right to look is missing: "none" would then be taken for "all are lost".
    /// </summary>
    public async Task<IReadOnlyList<LabelledKey>> FindAsync(Func<string, bool> fits, CancellationToken cancellationToken)
    {
        var found = new ConcurrentBag<LabelledKey>();
        var denials = new ConcurrentBag<KeyServiceException>();
        var parallel = new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellationToken };
        var arns = await ListAsync(cancellationToken);
        await Parallel.ForEachAsync(arns, parallel, async (arn, token) =>
        {
            try
            {
                if (await LabelOfAsync(arn, token) is { Length: > 0 } label && fits(label) && await DescribeAsync(arn, token) is { } key)
                    found.Add(new LabelledKey(label, key) { IsForeign = _labels.TryGetValue(arn, out var known) && known.IsForeign });
            }
            catch (KeyServiceException denied) when (Failures.IsDenied(denied))
            {
                if (await IsOursAsync(arn, token))
                    throw Failures.TagsUnreadable(denied);
                if (_leftOut.TryAdd(arn, true))
                    Log.KeyLeftOut(logger, provider, arn);
                denials.Add(denied);
            }
        });
        return denials.IsEmpty || denials.Count < arns.Count ? [.. found] : throw Failures.TagsUnreadable(denials.First());
    }

    /// <summary>The label in a key's tag; empty where it has none, or is gone.</summary>
    public async Task<string> LabelOfAsync(string arn, CancellationToken cancellationToken)
    {
        if (_labels.TryGetValue(arn, out var known) && (known.Label.Length > 0 || time.GetElapsedTime(known.ReadAt) < ForeignFor))
            return known.Label;

        var tags = new List<Tag>();
        string? marker = null;
        do
        {
            if (await OrNullAsync(ListTagsAsync(arn, marker, cancellationToken)) is not { } page)
                return ""; // not kept: it may be new and not yet seen
            tags.AddRange(page.Tags ?? []);
            marker = page.Truncated == true ? page.NextMarker : null;
        }
        while (marker is not null);

        var label = tags.Find(static tag => tag.TagKey == KeyLabel.Tag)?.TagValue ?? "";
        Add(arn, label, isForeign: !marks.All(mark => tags.Exists(tag => tag.TagKey == mark.Key && tag.TagValue == mark.Value)));
        return label;
    }

    /// <summary>Null where there is no such key or alias, or it is pending deletion.</summary>
    public async Task<KeyMetadata?> DescribeAsync(string keyOrAlias, CancellationToken cancellationToken)
    {
        var key = await DescribeAnyAsync(keyOrAlias, cancellationToken);
        return IsPendingDeletion(key) ? null : key;
    }

    /// <summary>Null where there is no such key or alias.</summary>
    public async Task<KeyMetadata?> DescribeAnyAsync(string keyOrAlias, CancellationToken cancellationToken)
    {
        var answer = await OrNullAsync(connection.RunAsync(
            (kms, token) => kms.DescribeKeyAsync(new DescribeKeyRequest { KeyId = keyOrAlias }, token), cancellationToken));
        return answer?.KeyMetadata;
    }

    public static bool IsPendingDeletion(KeyMetadata? key) => key?.KeyState?.Value is "PendingDeletion" or "PendingReplicaDeletion";

    /// <summary>True where a key at which we may not look has our label, or says in its description that it is ours.</summary>
    private async Task<bool> IsOursAsync(string arn, CancellationToken cancellationToken)
    {
        if (_labels.TryGetValue(arn, out var known) && known.Label.Length > 0)
            return true;
        try
        {
            return await DescribeAsync(arn, cancellationToken) is { } key && KeyLabel.IsDescription(key.Description);
        }
        catch (KeyServiceException denied) when (Failures.IsDenied(denied))
        {
            return false;
        }
    }

    private void Add(string arn, string label, bool isForeign) => _labels[arn] = (label, isForeign, time.GetTimestamp());

    private async Task<List<string>> ListAsync(CancellationToken cancellationToken)
    {
        var arns = new List<string>();
        string? marker = null;
        do
        {
            var request = new ListKeysRequest { Limit = LargestPage, Marker = marker };
            var page = await connection.RunAsync((kms, token) => kms.ListKeysAsync(request, token), cancellationToken);
            arns.AddRange(page.Keys?.Select(static key => key.KeyArn) ?? []);
            marker = page.Truncated == true ? page.NextMarker : null;
        }
        while (marker is not null);

        return arns;
    }

    private Task<ListResourceTagsResponse> ListTagsAsync(string arn, string? marker, CancellationToken cancellationToken) => connection.RunAsync(
        (kms, token) => kms.ListResourceTagsAsync(new ListResourceTagsRequest { KeyId = KmsKeyId.Of(arn), Marker = marker }, token), cancellationToken);

    private static async Task<TAnswer?> OrNullAsync<TAnswer>(Task<TAnswer> call)
        where TAnswer : class
    {
        try
        {
            return await call;
        }
        catch (KeyServiceException failure) when (failure.Error == KeyServiceError.KeyNotFound)
        {
            return null;
        }
    }
}
