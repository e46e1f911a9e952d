using KeyService.Core;
using KeyService.Core.Signing;

namespace KeyService.Server.Guard;

/// <summary>Verifies what a provider signed before anyone gets to see it: a bad signature would be a caller's outage, hours later and far away.</summary>
internal sealed class LocalVerification(string provider, SignatureCheck check, GuardMetrics metrics, ILogger logger)
{
    public const int SampleOneIn = 64;

    /// <summary>Whoever made one bad signature makes more: so many are then verified without exception.</summary>
    private const int Suspicion = 4096;

    private uint _seen;
    private int _suspicion;
    private int _toldUnverifiable;

    /// <summary>True where the next signature is to be verified.</summary>
    public bool IsDue => check switch
    {
        SignatureCheck.Always => true,
        SignatureCheck.Sampled => Interlocked.Increment(ref _seen) % SampleOneIn == 1 || Volatile.Read(ref _suspicion) > 0,
        _ => false,
    };

    /// <param name="input">What was signed: the digest where the provider was handed one.</param>
    /// <exception cref="KeyServiceException">ProviderUnavailable: the signature does not verify.</exception>
    public void Verify(GuardedKey key, ReadOnlySpan<byte> input, bool isMessage, byte[] signature)
    {
        if (key.Verifier is not { } verifier)
            return;
        switch (isMessage ? verifier.VerifyMessage(input, signature) : verifier.Verify(input, signature))
        {
            case SignatureVerdict.Valid:
                if (Volatile.Read(ref _suspicion) > 0)
                    Interlocked.Decrement(ref _suspicion);
                break;
            case SignatureVerdict.CannotVerifyHere:
                metrics.Unverifiable(key);
                if (Interlocked.Exchange(ref _toldUnverifiable, 1) == 0)
                    Log.CannotVerifyHere(logger, provider, key.Algorithm);
                break;
            default:
                Volatile.Write(ref _suspicion, Suspicion);
                metrics.VerificationFailed(key);
                Log.BadSignature(logger, provider, key.Handle.Value, key.Algorithm);
                throw new KeyServiceException(KeyServiceError.ProviderUnavailable, $"Provider '{provider}' made a signature that does not verify.");
        }
    }
}
