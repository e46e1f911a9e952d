using System.Runtime.ExceptionServices;
using KeyService.Core;
using KeyService.Server.Catalog;
using KeyService.Server.Guard;

namespace KeyService.Server.Signing;

/// <summary>One call's way from home to home: the time that is left, and what the homes before said.</summary>
internal struct HomeSearch(GuardMetrics metrics, TimeProvider time, TimeSpan timeLeft)
{
    private readonly long _began = time.GetTimestamp();
    private ExceptionDispatchInfo? _failure;

    public readonly SignAttempt Attempt(string keySet, SigningKey key, SignerInput input, bool hasOtherHome) =>
        new(keySet, key.Guarded, input, timeLeft - time.GetElapsedTime(_began), hasOtherHome);

    /// <summary>True where the provider does not take so long an input and another home is left, which may.</summary>
    /// <param name="field">Where the input came from, should no home take it.</param>
    /// <exception cref="KeyServiceException">InvalidArgument where this was the last home; or what a home before said, which could have taken it.</exception>
    public readonly bool Refuses(SigningKey key, SignerInput input, string field, bool hasOtherHome)
    {
        var algorithm = key.Key.Algorithm;
        var largest = key.Provider!.LargestInput(algorithm); // SigningChoice offers only keys whose provider is there
        var length = algorithm.TakesDigest ? algorithm.DigestLength : input.Bytes.Length;
        if (length <= largest)
            return false;
        if (hasOtherHome)
            return true;
        _failure?.Throw();
        throw KeyServiceException.Invalid(field, $"{algorithm} in provider '{key.Provider.Name}' signs at most {largest} bytes, not {length}.");
    }

    /// <summary>True where the next home is to be tried: for every failure but the caller's own.</summary>
    public bool GoOn(SigningKey key, KeyServiceException failure, bool hasOtherHome)
    {
        if (!hasOtherHome || failure.Error == KeyServiceError.InvalidArgument)
            return false;
        _failure = ExceptionDispatchInfo.Capture(failure);
        metrics.FailedOver(key.Guarded, failure.Error);
        return true;
    }
}
