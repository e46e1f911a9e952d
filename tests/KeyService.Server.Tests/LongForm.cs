using System.Globalization;

namespace KeyService.Server.Tests;

/// <summary>How much of something a test does: little in <c>make test</c>, and what a variable says in <c>make soak</c>.</summary>
internal static class LongForm
{
    public static int Of(string variable, int otherwise) => Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
        ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
        : otherwise;
}
