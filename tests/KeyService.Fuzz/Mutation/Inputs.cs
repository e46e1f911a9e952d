namespace KeyService.Fuzz.Mutation;

/// <summary>Inputs from their seeds: the same seed gives the same target and the same bytes, on every machine.</summary>
internal static class Inputs
{
    private const int MostSteps = 6;
    private const int Longest = 64 << 10;

    public static Target TargetOf(int seed, IReadOnlyList<Target> targets) => targets[(int)((uint)seed % (uint)targets.Count)];

    public static byte[] Make(Target target, int seed)
    {
        // Seeds that follow each other must not give random numbers that resemble each other; an odd factor keeps them apart.
        var random = new Random(unchecked(seed * (int)2654435761));
        var input = Example(random, target);
        var steps = 1;
        while (steps < MostSteps && random.Next(3) == 0)
            steps++;
        for (; steps > 0; steps--)
        {
            Mutator mutate = random.Next(3) == 0 ? ByteMutations.Mutate : target.Shape;
            input = mutate(random, input, Example(random, target));
            if (input.Length > Longest)
                input = input[..Longest];
        }

        return target.Repair is { } repair && random.Next(4) != 0 ? repair(random, input) : input;
    }

    private static byte[] Example(Random random, Target target) => target.Examples[random.Next(target.Examples.Count)];
}
