using KeyService.Fuzz.Mutation;

namespace KeyService.Fuzz;

/// <summary>A parser, and what is thrown at it.</summary>
/// <param name="Shape">Changes an input as one who knows its format.</param>
/// <param name="Examples">Valid inputs, the same in every process.</param>
/// <param name="Take">True where the input was accepted, and everything held that must then hold.</param>
/// <param name="MayThrow">The exceptions with which it may refuse an input. All others are findings.</param>
internal sealed record Target(string Name, Mutator Shape, IReadOnlyList<byte[]> Examples, Func<byte[], bool> Take, Func<Exception, bool> MayThrow)
{
    /// <summary>Makes lengths and hashes right again, so that an input gets past the first check.</summary>
    public Func<Random, byte[], byte[]>? Repair { get; init; }
}
