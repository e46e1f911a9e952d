using System.Diagnostics.CodeAnalysis;

namespace KeyService.Fuzz;

/// <summary>What must hold for an input that was taken.</summary>
internal static class Rule
{
    /// <exception cref="BrokenRuleException">It does not hold.</exception>
    public static void Holds([DoesNotReturnIf(false)] bool condition, string rule)
    {
        if (!condition)
            throw new BrokenRuleException(rule);
    }

    public static void Same(ReadOnlySpan<byte> expected, ReadOnlySpan<byte> actual, string rule) => Holds(expected.SequenceEqual(actual), rule);
}
