namespace KeyService.Fuzz.Mutation;

/// <summary>Gives a changed copy of an input, or the input itself where it cannot be changed in that way.</summary>
/// <param name="other">Another example of the same target, to take parts from.</param>
internal delegate byte[] Mutator(Random random, byte[] input, byte[] other);
