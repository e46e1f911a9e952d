using KeyService.Core.Keys;

namespace KeyService.Server.Catalog;

/// <summary>The keys of one signer that sign now or will.</summary>
internal sealed class SigningLine(Signer signer, SigningKey[] keys)
{
    public Signer Signer => signer;

    /// <summary>The key that signs at <paramref name="now"/>; null after a revocation without successor.</summary>
    public SigningKey? ActiveAt(DateTimeOffset now)
    {
        var ticks = now.UtcTicks;
        foreach (var key in keys)
        {
            if (key.IsActiveAt(ticks))
                return key;
        }

        return null;
    }
}
