using System.Globalization;

namespace KeyService.Standins.Wire;

/// <summary>The header <c>grpc-timeout</c>: at most eight digits and a unit.</summary>
internal static class GrpcTimeout
{
    private const int MaxDigits = 8;

    public static bool TryParse(ReadOnlySpan<char> text, out TimeSpan timeout)
    {
        timeout = default;
        if (text.Length is < 2 or > MaxDigits + 1
            || !long.TryParse(text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var amount)
            || TicksPer(text[^1]) is not { } ticks)
        {
            return false;
        }

        // A nanosecond is less than a tick: round up, so that a deadline is never early.
        timeout = text[^1] == 'n'
            ? new TimeSpan((amount + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick)
            : new TimeSpan(amount * ticks);
        return true;
    }

    /// <summary>The finest unit that eight digits can hold.</summary>
    public static string Format(TimeSpan timeout)
    {
        const long Limit = 100_000_000;
        var ticks = Math.Max(timeout.Ticks, 0);
        foreach (var unit in "umSMH")
        {
            var perUnit = TicksPer(unit)!.Value; // all five are units
            var amount = (ticks + perUnit - 1) / perUnit;
            if (amount < Limit)
                return string.Create(CultureInfo.InvariantCulture, $"{amount}{unit}");
        }

        return "99999999H";
    }

    private static long? TicksPer(char unit) => unit switch
    {
        'H' => TimeSpan.TicksPerHour,
        'M' => TimeSpan.TicksPerMinute,
        'S' => TimeSpan.TicksPerSecond,
        'm' => TimeSpan.TicksPerMillisecond,
        'u' => TimeSpan.TicksPerMicrosecond,
        'n' => 0, // less than a tick
        _ => null,
    };
}
