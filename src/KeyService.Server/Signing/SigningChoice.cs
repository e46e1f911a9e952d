using KeyService.Core;
using KeyService.Core.Signing;
using KeyService.Server.Catalog;

namespace KeyService.Server.Signing;

/// <summary>
/// Which keys may sign a call, the first choice first: one algorithm, the active key of each signer that has it, in the order of
/// the signers. Usually there is one; the others are the same algorithm's other homes.
/// </summary>
internal struct SigningChoice
{
    private readonly SigningKey _first;
    private readonly List<SigningKey>? _homes;
    private int _taken; // one bit for each home: a set has few signers

    private SigningChoice(SigningKey first, List<SigningKey>? homes)
    {
        _first = first;
        _homes = homes;
    }

    public readonly SigningAlgorithm Algorithm => _first.Key.Algorithm;

    /// <summary>True where <see cref="Next"/> has another key.</summary>
    public readonly bool HasMore => int.PopCount(_taken) < (_homes?.Count ?? 1);

    /// <summary>
    /// The first key in order whose provider is not to be avoided at this moment; failing that, the first one that is left: when
    /// all homes are away, the caller is told what they say.
    /// </summary>
    public SigningKey Next()
    {
        var next = 0;
        if (_homes is not null)
        {
            var left = ~_taken;
            next = int.TrailingZeroCount(left);
            for (var home = next; home < _homes.Count; home++)
            {
                if ((left & (1 << home)) == 0 || _homes[home].Provider!.IsAvoided) // only keys whose provider is there are offered
                    continue;
                next = home;
                break;
            }
        }

        _taken |= 1 << next;
        return _homes is null ? _first : _homes[next];
    }

    /// <exception cref="KeyServiceException">AlgorithmNotOffered, InvalidArgument, KidNotActive, NoActiveKey.</exception>
    public static SigningChoice Make(KeySetSnapshot set, SigningAlgorithm? algorithm, string? kid, DateTimeOffset now)
    {
        if (set.KeySet.Deleted is not null)
            throw new KeyServiceException(KeyServiceError.KeySetNotFound, $"Key set '{set.KeySet.Name}' was deleted.") { Field = "key_set" };
        if (kid is not null)
            return new SigningChoice(Pinned(set, algorithm, kid, now), homes: null);

        algorithm ??= OnlyAlgorithm(set);
        var choice = default(SigningChoice);
        var offered = false;
        foreach (var line in set.Lines)
        {
            if (line.Signer.Algorithm != algorithm)
                continue;
            offered = true;
            if (line.ActiveAt(now) is { Provider: not null } key)
                choice = choice._first is null ? new SigningChoice(key, homes: null) : choice.Or(key);
        }

        if (choice._first is not null)
            return choice;
        throw offered ? NoActiveKey(set, algorithm) : NotOffered(set, algorithm);
    }

    private readonly SigningChoice Or(SigningKey other)
    {
        var homes = _homes ?? [_first];
        homes.Add(other);
        return new(_first, homes);
    }

    private static SigningKey Pinned(KeySetSnapshot set, SigningAlgorithm? algorithm, string kid, DateTimeOffset now)
    {
        var present = new List<string>();
        var offered = false;
        foreach (var line in set.Lines)
        {
            if (algorithm is not null && line.Signer.Algorithm != algorithm)
                continue;
            offered = true;
            if (line.ActiveAt(now) is not { Provider: not null } key)
                continue;
            if (key.Key.Kid == kid)
                return key;
            present.Add($"{key.Key.Kid} ({key.Key.Algorithm})");
        }

        if (!offered)
            throw NotOffered(set, algorithm!);
        throw new KeyServiceException(KeyServiceError.KidNotActive, $"Key '{kid}' does not sign for key set '{set.KeySet.Name}' now. Signing: {string.Join(", ", present)}.") { Field = "kid" };
    }

    private static SigningAlgorithm OnlyAlgorithm(KeySetSnapshot set)
    {
        var only = set.Lines[0].Signer.Algorithm;
        foreach (var line in set.Lines)
        {
            if (line.Signer.Algorithm != only)
                throw KeyServiceException.Invalid("algorithm", $"Key set '{set.KeySet.Name}' offers several algorithms; name one of {Offered(set)}.");
        }

        return only;
    }

    private static KeyServiceException NotOffered(KeySetSnapshot set, SigningAlgorithm algorithm) =>
        new(KeyServiceError.AlgorithmNotOffered, $"Key set '{set.KeySet.Name}' does not offer {algorithm}; it offers {Offered(set)}.") { Field = "algorithm" };

    private static KeyServiceException NoActiveKey(KeySetSnapshot set, SigningAlgorithm algorithm) =>
        new(KeyServiceError.NoActiveKey, $"Key set '{set.KeySet.Name}' has no {algorithm} key to sign with at this moment; one is being made.");

    private static string Offered(KeySetSnapshot set) =>
        string.Join(", ", set.KeySet.Signers.Select(signer => signer.Algorithm.Name).Distinct());
}
