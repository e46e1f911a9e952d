using System.Text;

namespace KeyService.Providers.Pkcs11;

/// <summary>The rules of <see cref="Pkcs11Options"/>, told in sentences that name the setting.</summary>
public static class Pkcs11OptionsRules
{
    /// <summary>Every mistake in <paramref name="options"/>; empty where there is none. Looks at no file.</summary>
    public static IEnumerable<string> Problems(Pkcs11Options options)
    {
        if (!Path.IsPathFullyQualified(options.Module))
            yield return $"{nameof(options.Module)} must be the absolute path of a PKCS#11 module.";
        if (Encoding.UTF8.GetByteCount(options.TokenLabel) is < 1 or > 32)
            yield return $"{nameof(options.TokenLabel)} must have 1 to 32 bytes.";
        if (options.TokenSerial is { Length: < 1 or > 16 })
            yield return $"{nameof(options.TokenSerial)} must have 1 to 16 characters, or be left out.";
        if (options.PinFile.Length == 0)
            yield return $"{nameof(options.PinFile)} must name the file that holds the user PIN.";
        if (options.MaxSessions is < 1 or > 256)
            yield return $"{nameof(options.MaxSessions)} must be between 1 and 256.";
        if (Outside(options.SessionWait, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)))
            yield return $"{nameof(options.SessionWait)} must be between 10 ms and 1 min.";
        if (Outside(options.CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromMinutes(5)))
            yield return $"{nameof(options.CallTimeout)} must be between 100 ms and 5 min.";
        if (Outside(options.KeyCallTimeout, TimeSpan.FromSeconds(1), TimeSpan.FromMinutes(30)))
            yield return $"{nameof(options.KeyCallTimeout)} must be between 1 s and 30 min.";
        if (options.InitArgs is { Length: > 1024 })
            yield return $"{nameof(options.InitArgs)} must have at most 1024 characters.";
    }

    private static bool Outside(TimeSpan value, TimeSpan least, TimeSpan most) => value < least || value > most;
}
