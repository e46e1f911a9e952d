using System.Globalization;

namespace KeyService.Server.Http;

/// <summary>The Cache-Control of what everyone may read and keep for a while.</summary>
internal static class PublicCache
{
    public static string For(TimeSpan maxAge) => (long)maxAge.TotalSeconds is > 0 and var seconds
        ? $"public, max-age={seconds.ToString(CultureInfo.InvariantCulture)}"
        : "public, no-cache";
}
