using System.Globalization;

namespace KeyService.Server.Configuration;

/// <summary>
/// Durations as people write them in settings: <c>500ms</c>, <c>90s</c>, <c>5m</c>, <c>1h</c>, <c>30d</c>, or .NET's
/// <c>[d.]hh:mm:ss[.fffffff]</c>. Never negative.
/// </summary>
internal static class DurationText
{
    private static readonly (string Suffix, TimeSpan Unit)[] Units =
    [
        ("ms", TimeSpan.FromMilliseconds(1)), // before "s", which it ends in as well
        ("s", TimeSpan.FromSeconds(1)),
        ("m", TimeSpan.FromMinutes(1)),
        ("h", TimeSpan.FromHours(1)),
        ("d", TimeSpan.FromDays(1)),
    ];

    public static bool TryParse(string text, out TimeSpan value)
    {
        if (TimeSpan.TryParseExact(text, "c", CultureInfo.InvariantCulture, out value) && text.Contains(':', StringComparison.Ordinal))
            return value >= TimeSpan.Zero;
        value = default;
        var (suffix, unit) = Array.Find(Units, candidate => text.EndsWith(candidate.Suffix, StringComparison.Ordinal));
        if (suffix is null || !int.TryParse(text.AsSpan(0, text.Length - suffix.Length), NumberStyles.None, CultureInfo.InvariantCulture, out var count))
            return false;
        if (count > TimeSpan.MaxValue.Ticks / unit.Ticks)
            return false;
        value = count * unit;
        return true;
    }

    public static string Format(TimeSpan value)
    {
        var (suffix, unit) = Array.FindLast(Units, candidate => value.Ticks % candidate.Unit.Ticks == 0 && value.Ticks != 0);
        return suffix is null ? value == TimeSpan.Zero ? "0s" : value.ToString("c", CultureInfo.InvariantCulture) : $"{value.Ticks / unit.Ticks}{suffix}";
    }
}
