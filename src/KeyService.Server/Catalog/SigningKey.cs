using KeyService.Core.Keys;
using KeyService.Core.Signing;
using KeyService.Server.Guard;

namespace KeyService.Server.Catalog;

/// <summary>A key as the signing path needs it: its span of activity in ticks, its provider and its JWS header ready made.</summary>
/// <param name="published">Its algorithm as the set names it.</param>
/// <param name="expiries">Outlives this version of the set.</param>
internal sealed class SigningKey(Key key, SigningAlgorithm published, GuardedKeyProvider? provider, LargestExpiry expiries)
{
    private readonly long _activates = key.Dates.Activates.UtcTicks;
    private readonly long _deactivates = key.Dates.Deactivates?.UtcTicks ?? long.MaxValue;

    public Key Key => key;

    /// <summary>Null where this server's settings do not name the provider.</summary>
    public GuardedKeyProvider? Provider => provider;

    public GuardedKey Guarded { get; } = new(key.Provider, key.Handle, key.Algorithm, key.PublicKey);

    public SigningAlgorithm Published => published;

    /// <summary>The header of a JWT with the usual <c>typ</c>.</summary>
    public JwsHeader JwtHeader { get; } = new(published, key.Kid);

    /// <summary>Tell it of each token before its signature is asked for.</summary>
    public LargestExpiry Expiries => expiries;

    public bool IsActiveAt(long utcTicks) => utcTicks >= _activates && utcTicks < _deactivates;
}
